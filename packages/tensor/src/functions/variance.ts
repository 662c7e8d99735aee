import { normalizeAxes } from '../ops/argument.js';
import { divide, equal, maximum, multiply, sqrt, subtract, where } from '../ops/elementwise.js';
import { reshape } from '../ops/movement.js';
import { mean, type ReduceOptions } from '../ops/reduction.js';
import type { Tensor } from '../tensor.js';
import { square } from './magnitude.js';
import { keptShape, reducedCount, reducedShape } from './reduced.js';
import { requireFloating } from './requirements.js';
import { withGradient } from './with-gradient.js';

/** Which axes, and what is taken off the number of elements: 1 (the unbiased estimate) by default, 0 for the biased one. */
export interface VarianceOptions extends ReduceOptions {
  readonly correction?: number;
}

/**
 * Distances from the mean over axes, and the mean of their squares, both with the axes kept.
 *
 * The mean of the distances is what rounding left in the mean; taking it out again keeps values with a large mean, and
 * pairs that are nearly equal, as precise as their differences. Chan, Golub and LeVeque 1983.
 */
export const centralMoments = (x: Tensor, axes: readonly number[]): { centred: Tensor; meanSquare: Tensor } => {
  const along = { axes, keepdims: true };
  const distance = subtract(x, mean(x, along));
  const rounding = mean(distance, along);
  return {
    centred: subtract(distance, rounding),
    meanSquare: maximum(subtract(mean(square(distance), along), square(rounding)), 0),
  };
};

/** Mean squared distance from the mean over axes; NaN where the corrected count is 0. */
export const variance = (x: Tensor, { axes, keepdims = false, correction = 1 }: VarianceOptions = {}): Tensor => {
  requireFloating('variance', x);
  const places = normalizeAxes('variance', axes, x.rank);
  const count = reducedCount(x, places);
  const divisor = Math.max(0, count - correction);
  const compute = (): Tensor => {
    const { meanSquare } = centralMoments(x, places);
    const spread = divisor === count ? meanSquare : multiply(meanSquare, count / divisor);
    return reshape(spread, reducedShape(x, places, keepdims));
  };
  return withGradient([x], compute, (cotangent) => {
    const scale = multiply(reshape(cotangent, keptShape(x, places)), 2 / divisor);
    return [multiply(scale, centralMoments(x, places).centred)];
  });
};

/** Square root of `variance`; gradient 0 where all elements are equal. */
export const std = (x: Tensor, options: VarianceOptions = {}): Tensor => {
  const spread = variance(requireFloating('std', x), options);
  return withGradient(
    [spread],
    () => sqrt(spread),
    (cotangent, result) => {
      const isZero = equal(result, 0);
      return [where(isZero, 0, divide(cotangent, multiply(where(isZero, 1, result), 2)))];
    },
  );
};
