import { DtypeError, isFloat } from '@cotangent/ir';
import type { TensorLike } from '../ops/argument.js';
import { onesLike } from '../ops/creation.js';
import {
  add,
  divide,
  equal,
  exp,
  floor,
  greater,
  less,
  log,
  logicalAnd,
  logicalOr,
  multiply,
  negate,
  notEqual,
  remainder,
  sqrt,
  subtract,
  where,
} from '../ops/elementwise.js';
import { Tensor } from '../tensor.js';
import { abs, isinf } from './magnitude.js';
import { wholePower } from './polynomial.js';
import { alignFloating, requireNumeric } from './requirements.js';
import { withGradient } from './with-gradient.js';

/** Up to here a whole exponent is a chain of products, which is exact where the products are. */
const largestUnrolled = 64;

/** `|a|ᵇ` through the logarithm, with the sign of an odd power where `a` is negative. */
const generalPower = (base: Tensor, exponent: Tensor): Tensor => {
  const magnitude = abs(base);
  const isOne = logicalOr(equal(exponent, 0), equal(base, 1));
  const isUnit = logicalAnd(equal(magnitude, 1), isinf(exponent));
  const size = where(isUnit, 1, exp(multiply(exponent, log(magnitude))));
  const isWhole = equal(floor(exponent), exponent);
  const isOdd = notEqual(remainder(where(isinf(exponent), 0, exponent), 2), 0);
  const negative = where(isWhole, where(isOdd, negate(size), size), Number.NaN);
  return where(isOne, 1, where(less(base, 0), negative, size));
};

const byNumber = (x: Tensor, exponent: number): Tensor => {
  if (exponent === 0) return onesLike(x);
  if (exponent < 0) return divide(1, byNumber(x, -exponent));
  if (Number.isInteger(exponent) && exponent <= largestUnrolled) return wholePower(x, exponent);
  const whole = exponent - 0.5;
  if (Number.isInteger(whole) && whole <= largestUnrolled) {
    return whole === 0 ? sqrt(x) : multiply(wholePower(x, whole), sqrt(x));
  }
  return generalPower(x, alignFloating('power', x, exponent)[1]);
};

const numberPower = (x: Tensor, exponent: number): Tensor => {
  if (!isFloat(x.dtype)) {
    if (!Number.isInteger(exponent) || exponent < 0 || exponent > largestUnrolled) {
      throw new DtypeError('power', `an integer tensor takes whole exponents from 0 to ${largestUnrolled}.`, {
        sides: { tensor: x.dtype, exponent },
        hint: "Use cast(x, 'float32').",
      });
    }
    return byNumber(x, exponent);
  }
  if (exponent === 1 || exponent === 2) return byNumber(x, exponent);
  return withGradient(
    [x],
    () => byNumber(x, exponent),
    (cotangent) => [exponent === 0 ? undefined : multiply(cotangent, multiply(numberPower(x, exponent - 1), exponent))],
  );
};

const tensorPower = (left: TensorLike, right: Tensor): Tensor => {
  const [base, exponent] = alignFloating('power', left, right);
  return withGradient(
    [base, exponent],
    () => generalPower(base, exponent),
    (cotangent, result) => {
      const slope = multiply(exponent, tensorPower(base, subtract(exponent, 1)));
      const isFlat = logicalAnd(equal(base, 0), greater(exponent, 0));
      const growth = multiply(result, log(where(isFlat, 1, base)));
      return [multiply(cotangent, where(equal(exponent, 0), 0, slope)), multiply(cotangent, where(isFlat, 0, growth))];
    },
  );
};

/**
 * `xʸ`, elementwise with broadcasting. A negative base takes whole exponents and gives NaN with others.
 *
 * A number as exponent is the precise and cheap form: whole and half ones become products and square roots.
 */
export const power = (x: TensorLike, exponent: TensorLike): Tensor => {
  if (exponent instanceof Tensor) return tensorPower(x, exponent);
  const base = x instanceof Tensor ? x : alignFloating('power', x, 0)[0];
  return numberPower(requireNumeric('power', base), Number(exponent));
};

/** Cube root with the sign of `x`, elementwise. */
export const cbrt = (x: Tensor): Tensor => {
  requireNumeric('cbrt', x);
  const compute = (): Tensor => {
    const isZero = equal(x, 0);
    const size = where(isZero, 1, abs(x));
    const guess = exp(divide(log(size), 3));
    const refined = divide(add(multiply(guess, 2), divide(size, multiply(guess, guess))), 3);
    return where(isZero, x, where(less(x, 0), negate(refined), refined));
  };
  return withGradient([x], compute, (cotangent, root) => [divide(cotangent, multiply(multiply(root, root), 3))]);
};
