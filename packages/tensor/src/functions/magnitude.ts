import { isFloat } from '@cotangent/ir';
import type { TensorLike } from '../ops/argument.js';
import { zerosLike } from '../ops/creation.js';
import {
  add,
  divide,
  equal,
  greater,
  less,
  logicalAnd,
  maximum,
  minimum,
  multiply,
  negate,
  notEqual,
  sqrt,
  where,
} from '../ops/elementwise.js';
import type { Tensor } from '../tensor.js';
import { alignFloating, requireFloating, requireNumeric } from './requirements.js';
import { withGradient } from './with-gradient.js';

/** −1, 0 or 1 by sign, elementwise; NaN gives 0. Gradient 0. */
export const sign = (x: Tensor): Tensor => {
  requireNumeric('sign', x);
  const positive = where(greater(x, 0), 1, zerosLike(x));
  return x.dtype === 'uint32' ? positive : where(less(x, 0), -1, positive);
};

/** `|x|`, elementwise; gradient 0 at 0. */
export const abs = (x: Tensor): Tensor => {
  requireNumeric('abs', x);
  if (x.dtype === 'uint32') return x;
  if (!isFloat(x.dtype)) return maximum(x, negate(x));
  return withGradient(
    [x],
    () => maximum(x, negate(x)),
    (cotangent) => [multiply(cotangent, sign(x))],
  );
};

/** `x²`, elementwise. */
export const square = (x: Tensor): Tensor => multiply(requireNumeric('square', x), x);

/** `1/x`, elementwise; floating point only. */
export const reciprocal = (x: Tensor): Tensor => divide(1, requireFloating('reciprocal', x));

/** `1/√x`, elementwise; ∞ at 0, NaN below. */
export const rsqrt = (x: Tensor): Tensor => divide(1, sqrt(requireFloating('rsqrt', x)));

/** `√(a² + b²)` without overflow on the way, elementwise with broadcasting; gradient 0 where both are 0. */
export const hypot = (a: TensorLike, b: TensorLike): Tensor => {
  const [x, y] = alignFloating('hypot', a, b);
  const compute = (): Tensor => {
    const large = maximum(abs(x), abs(y));
    const ratio = divide(minimum(abs(x), abs(y)), where(equal(large, 0), 1, large));
    return where(isinf(large), large, multiply(large, sqrt(add(square(ratio), 1))));
  };
  return withGradient([x, y], compute, (cotangent, length) => {
    const isZero = logicalAnd(equal(x, 0), equal(y, 0));
    const scale = where(isZero, 0, divide(cotangent, where(isZero, 1, length)));
    return [multiply(scale, x), multiply(scale, y)];
  });
};

/** The element is not a number: bool. */
export const isnan = (x: Tensor): Tensor => notEqual(x, x);

/** The element is ∞ or −∞: bool. */
export const isinf = (x: Tensor): Tensor => {
  requireFloating('isinf', x);
  return equal(maximum(x, negate(x)), Number.POSITIVE_INFINITY);
};

/** The element is neither infinite nor NaN: bool. */
export const isfinite = (x: Tensor): Tensor => {
  requireFloating('isfinite', x);
  return less(maximum(x, negate(x)), Number.POSITIVE_INFINITY);
};
