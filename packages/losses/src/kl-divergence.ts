import { divide, exp, multiply, subtract, sum, type Tensor, xlogy } from '@cotangent/tensor';
import { widenHalf } from './class-logits.js';
import { requireSameShape } from './elementwise-pair.js';
import { type LossReduction, reduceLosses, requireChoice } from './reduction.js';

/** How the divergence is taken. */
export interface KlDivergenceOptions {
  /** `'batchMean'` divides the sum by the first axis, which is the divergence itself; `'mean'` by all elements. */
  readonly reduction?: LossReduction | 'batchMean';
  /** The target holds log probabilities. */
  readonly logTarget?: boolean;
}

/**
 * Kullback–Leibler divergence `Σ t·(ln t − x)` of a target distribution `t` from log probabilities `x`, both floating
 * point of one shape. A target of 0 adds 0.
 */
export const klDivergenceLoss = (
  logProbabilities: Tensor,
  target: Tensor,
  { reduction = 'mean', logTarget = false }: KlDivergenceOptions = {},
): Tensor => {
  const op = 'klDivergenceLoss';
  requireChoice(op, 'reduction', reduction, ['mean', 'sum', 'none', 'batchMean']);
  requireSameShape(op, logProbabilities, target);
  const x = widenHalf(logProbabilities);
  const t = widenHalf(target);
  const losses = logTarget ? multiply(exp(t), subtract(t, x)) : subtract(xlogy(t, t), multiply(t, x));
  if (reduction === 'batchMean') return divide(sum(losses), losses.shape[0] ?? 1);
  return reduceLosses(op, losses, reduction);
};
