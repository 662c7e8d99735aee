import type { TensorLike } from '../ops/argument.js';
import { onesLike, zerosLike } from '../ops/creation.js';
import {
  add,
  cos,
  divide,
  equal,
  greater,
  less,
  logicalAnd,
  logicalOr,
  maximum,
  multiply,
  negate,
  sin,
  sqrt,
  subtract,
  where,
} from '../ops/elementwise.js';
import type { Tensor } from '../tensor.js';
import { abs, isinf, isnan } from './magnitude.js';
import { polynomial } from './polynomial.js';
import { alignFloating, requireFloating } from './requirements.js';
import { withGradient } from './with-gradient.js';

/** `tan(π/8)` and `tan(3π/8)`: between them the argument is turned by π/4, above by π/2. */
const lowerTurn = Math.SQRT2 - 1;
const upperTurn = Math.SQRT2 + 1;

/** atan(z) = z + z³·P(z²)/Q(z²) for |z| ≤ 0.66; Cephes, `atan.c`. */
const atanNumerator = [
  -64.85021904942025, -122.88666844901361, -75.00855792314705, -16.157537187333652, -0.8750608600031904,
];
const atanDenominator = [
  194.5506571482614, 485.3903996359137, 432.88106049129027, 165.02700983169885, 24.858464901423062, 1,
];

/** Angle in `[0, π/2]` with the tangent `numerator/denominator`; neither is negative, nor are both 0 or both infinite. */
const atanOfRatio = (numerator: Tensor, denominator: Tensor): Tensor => {
  const isUpper = greater(numerator, multiply(denominator, upperTurn));
  const isMiddle = greater(numerator, multiply(denominator, lowerTurn));
  const turn = where(isUpper, Math.PI / 2, where(isMiddle, Math.PI / 4, zerosLike(numerator)));
  const rest = divide(
    where(isUpper, negate(denominator), where(isMiddle, subtract(numerator, denominator), numerator)),
    where(isUpper, numerator, where(isMiddle, add(numerator, denominator), denominator)),
  );
  const z = multiply(rest, rest);
  const tail = divide(multiply(z, polynomial(z, atanNumerator)), polynomial(z, atanDenominator));
  return add(turn, add(rest, multiply(rest, tail)));
};

/** Tangent of radians, elementwise. */
export const tan = (x: Tensor): Tensor =>
  withGradient(
    [requireFloating('tan', x)],
    () => divide(sin(x), cos(x)),
    (cotangent, result) => [multiply(cotangent, add(multiply(result, result), 1))],
  );

/** Angle in `(−π/2, π/2)` whose tangent is `x`, elementwise. */
export const atan = (x: Tensor): Tensor => {
  requireFloating('atan', x);
  const compute = (): Tensor => {
    const angle = atanOfRatio(abs(x), onesLike(x));
    return where(less(x, 0), negate(angle), angle);
  };
  return withGradient([x], compute, (cotangent) => [divide(cotangent, add(multiply(x, x), 1))]);
};

/** Angle in `[−π/2, π/2]` whose sine is `x`, elementwise; NaN outside `[−1, 1]`. */
export const asin = (x: Tensor): Tensor => {
  requireFloating('asin', x);
  const cosine = (): Tensor => sqrt(multiply(subtract(1, x), add(x, 1)));
  const compute = (): Tensor => {
    const angle = atanOfRatio(abs(x), cosine());
    return where(less(x, 0), negate(angle), angle);
  };
  return withGradient([x], compute, (cotangent) => [divide(cotangent, cosine())]);
};

/** Angle in `[0, π]` whose cosine is `x`, elementwise; NaN outside `[−1, 1]`. */
export const acos = (x: Tensor): Tensor => {
  requireFloating('acos', x);
  return withGradient(
    [x],
    () => multiply(atanOfRatio(sqrt(subtract(1, x)), sqrt(add(x, 1))), 2),
    (cotangent) => [negate(divide(cotangent, sqrt(multiply(subtract(1, x), add(x, 1)))))],
  );
};

/** The sign bit, which tells −0 from 0. */
const isNegative = (x: Tensor): Tensor => logicalOr(less(x, 0), logicalAnd(equal(x, 0), less(divide(1, x), 0)));

/** Angle in `[−π, π]` of the point `(x, y)` to the positive x-axis, elementwise with broadcasting; gradient 0 at the origin. */
export const atan2 = (y: TensorLike, x: TensorLike): Tensor => {
  const [rise, run] = alignFloating('atan2', y, x);
  const compute = (): Tensor => {
    const [height, width] = [abs(rise), abs(run)];
    const isDiagonal = logicalAnd(isinf(rise), isinf(run));
    const isOrigin = equal(maximum(height, width), 0);
    const slope = where(isDiagonal, Math.PI / 4, atanOfRatio(height, where(isOrigin, 1, width)));
    const angle = where(isNegative(run), subtract(Math.PI, slope), slope);
    const signed = where(isNegative(rise), negate(angle), angle);
    return where(logicalOr(isnan(rise), isnan(run)), Number.NaN, signed);
  };
  return withGradient([rise, run], compute, (cotangent) => {
    const squared = add(multiply(rise, rise), multiply(run, run));
    const isOrigin = equal(squared, 0);
    const scale = where(isOrigin, 0, divide(cotangent, where(isOrigin, 1, squared)));
    return [multiply(scale, run), negate(multiply(scale, rise))];
  });
};

/** 1/(2k+1)!, alternating: sine over its argument, in its square. */
const sincSeries = Array.from({ length: 10 }, (_, k) => {
  let coefficient = 1;
  for (let factor = 2; factor <= 2 * k + 1; factor++) coefficient /= factor;
  return k % 2 === 0 ? coefficient : -coefficient;
});

/** `sin(πx)/(πx)`, 1 at 0, elementwise. */
export const sinc = (x: Tensor): Tensor => {
  const angle = multiply(requireFloating('sinc', x), Math.PI);
  const isNearZero = less(abs(angle), 1);
  const small = where(isNearZero, angle, 0);
  const large = where(isNearZero, 1, angle);
  return where(isNearZero, polynomial(multiply(small, small), sincSeries), divide(sin(large), large));
};
