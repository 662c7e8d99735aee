import type { TensorLike } from '../ops/argument.js';
import {
  add,
  divide,
  equal,
  exp,
  greater,
  less,
  log,
  logicalAnd,
  maximum,
  multiply,
  negate,
  subtract,
  tanh,
  where,
} from '../ops/elementwise.js';
import type { Tensor } from '../tensor.js';
import { abs, isinf } from './magnitude.js';
import { polynomial } from './polynomial.js';
import { alignFloating, requireFloating } from './requirements.js';
import { sigmoid } from './sigmoid.js';
import { withGradient } from './with-gradient.js';

/** 2/(2k+1): the series of 2·artanh. */
const inverseTanhSeries = Array.from({ length: 10 }, (_, k) => 2 / (2 * k + 1));

/** `ln(1 + x)`, exact to rounding near 0, elementwise; −∞ at −1. */
export const log1p = (x: Tensor): Tensor => {
  requireFloating('log1p', x);
  const compute = (): Tensor => {
    const s = divide(x, add(x, 2));
    const nearZero = multiply(s, polynomial(multiply(s, s), inverseTanhSeries));
    return where(less(abs(x), 0.25), nearZero, log(add(x, 1)));
  };
  return withGradient([x], compute, (cotangent) => [divide(cotangent, add(x, 1))]);
};

/** `eˣ − 1`, exact to rounding near 0, elementwise. */
export const expm1 = (x: Tensor): Tensor => {
  requireFloating('expm1', x);
  const compute = (): Tensor => {
    const t = tanh(multiply(x, 0.5));
    const nearZero = divide(multiply(t, 2), subtract(1, t));
    return where(less(abs(x), 0.5), nearZero, subtract(exp(x), 1));
  };
  return withGradient([x], compute, (cotangent) => [multiply(cotangent, exp(x))]);
};

/** Logarithm to base 2, elementwise. */
export const log2 = (x: Tensor): Tensor => divide(log(requireFloating('log2', x)), Math.LN2);

/** Logarithm to base 10, elementwise. */
export const log10 = (x: Tensor): Tensor => divide(log(requireFloating('log10', x)), Math.LN10);

/** `2ˣ`, elementwise. */
export const exp2 = (x: Tensor): Tensor => exp(multiply(requireFloating('exp2', x), Math.LN2));

/** `ln(eᵃ + eᵇ)` without overflow, elementwise with broadcasting; equal infinities stay. */
export const logAddExp = (a: TensorLike, b: TensorLike): Tensor => {
  const [x, y] = alignFloating('logAddExp', a, b);
  const isSameInfinity = logicalAnd(isinf(x), equal(x, y));
  const difference = where(isSameInfinity, 0, subtract(x, y));
  return withGradient(
    [x, y],
    () => add(maximum(x, y), log1p(exp(negate(abs(difference))))),
    (cotangent) => [multiply(cotangent, sigmoid(difference)), multiply(cotangent, sigmoid(negate(difference)))],
  );
};

/** `x·ln(y)`, 0 where `x` is 0, elementwise with broadcasting. */
export const xlogy = (x: TensorLike, y: TensorLike): Tensor => {
  const [factor, argument] = alignFloating('xlogy', x, y);
  const isZero = equal(factor, 0);
  return where(isZero, 0, multiply(factor, log(where(isZero, 1, argument))));
};

/** How `softplus` bends: `ln(1 + e^(βx))/β`, and the identity where `βx` is above `threshold`. */
export interface SoftplusOptions {
  /** 1 by default. */
  readonly beta?: number;
  /** 20 by default. */
  readonly threshold?: number;
}

/** `ln(1 + e^(βx))/β`: a smooth relu, elementwise. */
export const softplus = (x: Tensor, { beta = 1, threshold = 20 }: SoftplusOptions = {}): Tensor => {
  requireFloating('softplus', x);
  const scaled = multiply(x, beta);
  const isLinear = greater(scaled, threshold);
  return withGradient(
    [x],
    () => where(isLinear, x, divide(add(maximum(scaled, 0), log1p(exp(negate(abs(scaled))))), beta)),
    (cotangent) => [multiply(cotangent, where(isLinear, 1, sigmoid(scaled)))],
  );
};

/** `ln(sigmoid(x))` without underflow, elementwise. */
export const logSigmoid = (x: Tensor): Tensor => negate(softplus(negate(x), { threshold: Number.POSITIVE_INFINITY }));
