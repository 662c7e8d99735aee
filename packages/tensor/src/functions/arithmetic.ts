import type { TensorLike } from '../ops/argument.js';
import {
  add,
  cast,
  divide,
  equal,
  greater,
  less,
  logicalAnd,
  multiply,
  negate,
  remainder,
  subtract,
  where,
} from '../ops/elementwise.js';
import type { Tensor } from '../tensor.js';
import { abs, isfinite, isinf } from './magnitude.js';
import { alignFloating, requireNumeric } from './requirements.js';
import { trunc } from './rounding.js';
import { withGradient } from './with-gradient.js';

/** Rest of `a / b` with the sign of `a`, elementwise with broadcasting. */
export const fmod = (a: TensorLike, b: TensorLike): Tensor => {
  const [x, y] = alignFloating('fmod', a, b);
  const compute = (): Tensor => {
    const rest = remainder(abs(x), abs(y));
    return where(logicalAnd(isfinite(x), isinf(y)), x, where(less(x, 0), negate(rest), rest));
  };
  return withGradient([x, y], compute, (cotangent) => [cotangent, negate(multiply(cotangent, trunc(divide(x, y))))]);
};

/** `a + weight·(b − a)`, elementwise with broadcasting. */
export const lerp = (a: TensorLike, b: TensorLike, weight: TensorLike): Tensor => {
  const [start, end] = alignFloating('lerp', a, b);
  return add(start, multiply(weight, subtract(end, start)));
};

/** 0 below 0, `atZero` at 0, 1 above, elementwise with broadcasting. Gradient 0 for `x`. */
export const heaviside = (x: Tensor, atZero: TensorLike = 0.5): Tensor => {
  requireNumeric('heaviside', x);
  return where(equal(x, 0), atZero, cast(greater(x, 0), x.dtype));
};
