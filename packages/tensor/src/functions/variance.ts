import { normalizeAxes } from '../ops/argument.js';
import { divide, equal, multiply, sqrt, subtract, where } from '../ops/elementwise.js';
import { reshape } from '../ops/movement.js';
import { mean, type ReduceOptions, sum } from '../ops/reduction.js';
import type { Tensor } from '../tensor.js';
import { square } from './magnitude.js';
import { keptShape, reducedCount, reducedShape } from './reduced.js';
import { requireFloating } from './requirements.js';
import { withGradient } from './with-gradient.js';

/** Which axes, and what is taken off the number of elements: 1 (the unbiased estimate) by default, 0 for the biased one. */
export interface VarianceOptions extends ReduceOptions {
  readonly correction?: number;
}

/** Mean squared distance from the mean over axes, in two passes; NaN where the corrected count is 0. */
export const variance = (x: Tensor, { axes, keepdims = false, correction = 1 }: VarianceOptions = {}): Tensor => {
  requireFloating('variance', x);
  const places = normalizeAxes('variance', axes, x.rank);
  const along = { axes: places, keepdims: true };
  const count = Math.max(0, reducedCount(x, places) - correction);
  const compute = (): Tensor => {
    const squares = sum(square(subtract(x, mean(x, along))), along);
    return reshape(divide(squares, count), reducedShape(x, places, keepdims));
  };
  return withGradient([x], compute, (cotangent) => {
    const scale = multiply(reshape(cotangent, keptShape(x, places)), 2 / count);
    return [multiply(scale, subtract(x, mean(x, along)))];
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
