import { normalizeAxes, normalizeAxis } from '../ops/argument.js';
import { add, divide, exp, log, multiply, subtract, where } from '../ops/elementwise.js';
import { narrow, pad, reshape } from '../ops/movement.js';
import { max, type ReduceOptions, sum } from '../ops/reduction.js';
import type { Tensor } from '../tensor.js';
import type { AxisOptions } from './axis.js';
import { logAddExp } from './logarithms.js';
import { isinf } from './magnitude.js';
import { keptShape, reducedShape } from './reduced.js';
import { requireFloating } from './requirements.js';
import { withGradient } from './with-gradient.js';

/** `eˣ` over its sum along an axis, without overflow. */
export const softmax = (x: Tensor, { axis = -1 }: AxisOptions = {}): Tensor => {
  requireFloating('softmax', x);
  const along = { axes: normalizeAxis('softmax', axis, x.rank), keepdims: true };
  const compute = (): Tensor => {
    const exponentials = exp(subtract(x, max(x, along)));
    return divide(exponentials, sum(exponentials, along));
  };
  return withGradient([x], compute, (cotangent, result) => {
    const weighted = multiply(cotangent, result);
    return [subtract(weighted, multiply(result, sum(weighted, along)))];
  });
};

/** Logarithm of `softmax`, precise where a probability underflows. */
export const logSoftmax = (x: Tensor, { axis = -1 }: AxisOptions = {}): Tensor => {
  requireFloating('logSoftmax', x);
  const along = { axes: normalizeAxis('logSoftmax', axis, x.rank), keepdims: true };
  const compute = (): Tensor => {
    const shifted = subtract(x, max(x, along));
    return subtract(shifted, log(sum(exp(shifted), along)));
  };
  return withGradient([x], compute, (cotangent, result) => [
    subtract(cotangent, multiply(exp(result), sum(cotangent, along))),
  ]);
};

/** `ln Σ eˣ` over axes, without overflow; −∞ where every element is. */
export const logSumExp = (x: Tensor, { axes, keepdims = false }: ReduceOptions = {}): Tensor => {
  requireFloating('logSumExp', x);
  const places = normalizeAxes('logSumExp', axes, x.rank);
  const kept = keptShape(x, places);
  const compute = (): Tensor => {
    const largest = max(x, { axes: places, keepdims: true });
    const offset = where(isinf(largest), 0, largest);
    const total = log(sum(exp(subtract(x, offset)), { axes: places, keepdims: true }));
    return reshape(add(total, offset), reducedShape(x, places, keepdims));
  };
  return withGradient([x], compute, (cotangent, result) => [
    multiply(reshape(cotangent, kept), exp(subtract(x, reshape(result, kept)))),
  ]);
};

/** Running `ln Σ eˣ` along an axis, without overflow or underflow; the last axis by default. */
export const logCumsumExp = (x: Tensor, { axis = -1 }: AxisOptions = {}): Tensor => {
  requireFloating('logCumsumExp', x);
  const place = normalizeAxis('logCumsumExp', axis, x.rank);
  const extent = x.shape[place] as number;
  let running = x;
  for (let distance = 1; distance < extent; distance *= 2) {
    const earlier = pad(
      narrow(running, place, 0, extent - distance),
      x.shape.map((_, i) => (i === place ? [distance, 0] : [0, 0])),
      { value: Number.NEGATIVE_INFINITY },
    );
    running = logAddExp(running, earlier);
  }
  return running;
};
