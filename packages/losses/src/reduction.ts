import { cast, divide, equal, mean, sum, type Tensor, ValueError, where } from '@cotangent/tensor';

/** How the losses of elements become one: their mean, their sum, or not at all. */
export type LossReduction = 'mean' | 'sum' | 'none';

/** An option that names one of a few choices; another name is a ValueError, where types don't see it. */
export const requireChoice = <T extends string>(op: string, option: string, value: T, choices: readonly T[]): T => {
  if (choices.includes(value)) return value;
  throw new ValueError(op, `${option} can not be '${value}'.`, {
    sides: { [option]: value, choices: choices.join(', ') },
  });
};

export const requireReduction = (op: string, reduction: LossReduction): LossReduction =>
  requireChoice(op, 'reduction', reduction, ['mean', 'sum', 'none']);

/** The mean or sum of all elements, or the elements. */
export const reduceLosses = (op: string, losses: Tensor, reduction: LossReduction = 'mean'): Tensor => {
  requireReduction(op, reduction);
  if (reduction === 'none') return losses;
  return reduction === 'sum' ? sum(losses) : mean(losses);
};

/**
 * The same where the mean is over elements by `weights`: bool, floating point, or 1 for all where it is not given. It is 0
 * where nothing has weight.
 */
export const reduceWeighted = (
  op: string,
  losses: Tensor,
  weights: Tensor | undefined,
  reduction: LossReduction = 'mean',
): Tensor => {
  if (reduction !== 'mean' || weights === undefined) return reduceLosses(op, losses, reduction);
  const total = sum(cast(weights, losses.dtype));
  return divide(sum(losses), where(equal(total, 0), 1, total));
};
