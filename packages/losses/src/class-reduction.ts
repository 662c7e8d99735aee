import { cast, divide, maximum, mean, multiply, reshape, sum, type Tensor, where } from '@cotangent/tensor';
import { type CountedClasses, selectClasses } from './counted-classes.js';
import type { LossReduction } from './reduction.js';

/** How the losses of classes become one. */
export interface ClassReduction {
  readonly classes: CountedClasses;
  /** One set of pixels for each image, rather than one for the batch. */
  readonly perImage: boolean;
  readonly reduction: LossReduction;
  readonly weight?: Tensor | undefined;
}

/** `[s, c]` of the selected classes times their weights. */
export const weighClasses = (x: Tensor, weight: Tensor | undefined, classes: CountedClasses): Tensor =>
  weight === undefined ? x : multiply(x, selectClasses(reshape(weight, [1, weight.size]), classes));

/**
 * Reduces losses `[s, c]` of the selected classes in each set of pixels. `isPresent`, `[s, c]` bool, says which of them
 * have a labelled pixel. The mean is over the classes that count, then over sets; a set where none counts has loss 0.
 */
export const reduceClasses = (
  losses: Tensor,
  isPresent: Tensor,
  { classes, perImage, reduction, weight }: ClassReduction,
): Tensor => {
  const weighted = weighClasses(losses, weight, classes);
  const counted = classes === 'present' ? where(isPresent, weighted, 0) : weighted;
  if (reduction === 'none') return perImage ? counted : reshape(counted, [counted.size]);
  if (reduction === 'sum') return sum(counted);
  if (classes !== 'present') return mean(counted);
  const classCount = cast(maximum(sum(isPresent, { axes: 1 }), 1), losses.dtype);
  const setLosses = divide(sum(counted, { axes: 1 }), classCount);
  return perImage ? mean(setLosses) : reshape(setLosses, []);
};
