import { add, divide, exp, greater, less, log, multiply, negate, sqrt, subtract, where } from '../ops/elementwise.js';
import type { Tensor } from '../tensor.js';
import { expm1, log1p } from './logarithms.js';
import { abs } from './magnitude.js';
import { requireFloating } from './requirements.js';
import { withGradient } from './with-gradient.js';

/** Above this, `x² + 1` is `x²` in float64 already, and squares of float32 are still finite. */
const largeArgument = 1e8;

const withSignOf = (x: Tensor, size: Tensor): Tensor => where(less(x, 0), negate(size), size);

/** Hyperbolic sine, exact to rounding near 0, elementwise. */
export const sinh = (x: Tensor): Tensor => {
  requireFloating('sinh', x);
  const compute = (): Tensor => {
    const size = abs(x);
    const half = exp(multiply(size, 0.5));
    const grown = expm1(size);
    const near = multiply(add(grown, divide(grown, add(grown, 1))), 0.5);
    return withSignOf(x, where(greater(size, 20), multiply(multiply(half, 0.5), half), near));
  };
  return withGradient([x], compute, (cotangent) => [multiply(cotangent, cosh(x))]);
};

/** Hyperbolic cosine, elementwise. */
export const cosh = (x: Tensor): Tensor => {
  requireFloating('cosh', x);
  const compute = (): Tensor => {
    const half = exp(multiply(abs(x), 0.5));
    return add(multiply(multiply(half, 0.5), half), divide(divide(0.5, half), half));
  };
  return withGradient([x], compute, (cotangent) => [multiply(cotangent, sinh(x))]);
};

/** Inverse of `sinh`, exact to rounding near 0, elementwise. */
export const asinh = (x: Tensor): Tensor => {
  requireFloating('asinh', x);
  const compute = (): Tensor => {
    const size = abs(x);
    const squared = multiply(size, size);
    const near = log1p(add(size, divide(squared, add(sqrt(add(squared, 1)), 1))));
    return withSignOf(x, where(greater(size, largeArgument), add(log(size), Math.LN2), near));
  };
  return withGradient([x], compute, (cotangent) => [divide(cotangent, sqrt(add(multiply(x, x), 1)))]);
};

/** Inverse of `cosh`, not negative, elementwise; NaN below 1. */
export const acosh = (x: Tensor): Tensor => {
  requireFloating('acosh', x);
  const compute = (): Tensor => {
    const excess = subtract(x, 1);
    const near = log1p(add(excess, sqrt(multiply(excess, add(x, 1)))));
    return where(greater(x, largeArgument), add(log(x), Math.LN2), near);
  };
  return withGradient([x], compute, (cotangent) => [
    divide(cotangent, multiply(sqrt(subtract(x, 1)), sqrt(add(x, 1)))),
  ]);
};

/** Inverse of `tanh`, exact to rounding near 0, elementwise; ±∞ at ±1, NaN outside. */
export const atanh = (x: Tensor): Tensor => {
  requireFloating('atanh', x);
  const compute = (): Tensor => {
    const size = abs(x);
    return withSignOf(x, multiply(log1p(divide(multiply(size, 2), subtract(1, size))), 0.5));
  };
  return withGradient([x], compute, (cotangent) => [divide(cotangent, multiply(subtract(1, x), add(x, 1)))]);
};
