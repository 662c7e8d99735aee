import { UnsupportedError } from '@cotangent/ir';
import { onesLike, zerosLike } from '../ops/creation.js';
import { add, cos, divide, greater, less, log, multiply, negate, sin, subtract, where } from '../ops/elementwise.js';
import type { Tensor } from '../tensor.js';
import { abs } from './magnitude.js';
import { polynomial, wholePower } from './polynomial.js';
import { requireFloating, requireWhole } from './requirements.js';
import { round } from './rounding.js';
import { withGradient } from './with-gradient.js';

/** B₂, B₄, … */
const bernoulliNumbers = [1 / 6, -1 / 30, 1 / 42, -1 / 30, 5 / 66, -691 / 2730, 7 / 6, -3617 / 510];

/** The asymptotic series hold from here on to 1e-16; below, recurrences lead here. */
const asymptoticFrom = 10;

/** lnΓ(2 + z)/z for |z| ≤ ½: 1 − γ, then (−1)ᵏ(ζ(k) − 1)/k for k from 2. */
const logGammaSeries = [
  0.42278433509846713, 0.3224670334241132, -0.0673523010531981, 0.020580808427784546, -0.007385551028673986,
  0.0028905103307415234, -0.001192753911703261, 0.0005096695247430425, -0.00022315475845357939, 9.945751278180853e-5,
  -4.492623673813314e-5, 2.050721277567069e-5, -9.439488275268397e-6, 4.374866789907488e-6, -2.039215753801366e-6,
  9.55141213040742e-7, -4.492469198764566e-7, 2.1207184805554665e-7, -1.0043224823968099e-7, 4.7698101693639804e-8,
  -2.2711094608943164e-8, 1.0838659214896955e-8, -5.183475041970047e-9, 2.4836745438024785e-9, -1.1921401405860912e-9,
];

const factorial = (n: number): number => (n <= 1 ? 1 : n * factorial(n - 1));

/** lnΓ by Stirling's series. */
const largeLogGamma = (x: Tensor): Tensor => {
  const inverse = divide(1, x);
  const correction = polynomial(
    multiply(inverse, inverse),
    bernoulliNumbers.map((b, i) => b / ((2 * i + 2) * (2 * i + 1))),
  );
  const leading = multiply(subtract(x, 0.5), subtract(log(x), 1));
  return add(leading, add(multiply(inverse, correction), (Math.log(2 * Math.PI) - 1) / 2));
};

/** lnΓ of `[0, 10]`: by Γ(x + 1) = x·Γ(x) from the series around 2. */
const smallLogGamma = (x: Tensor): Tensor => {
  const steps = subtract(round(x), 2);
  const z = subtract(subtract(x, 2), steps);
  let factors = onesLike(x);
  for (let i = 1; i <= asymptoticFrom - 2; i++) {
    factors = multiply(factors, where(greater(steps, i - 0.5), subtract(x, i), 1));
  }
  const divisors = where(less(steps, -1.5), multiply(x, add(x, 1)), x);
  const isBelow = less(steps, -0.5);
  const shift = log(where(isBelow, divisors, factors));
  return add(multiply(z, polynomial(z, logGammaSeries)), where(isBelow, negate(shift), shift));
};

const positiveLogGamma = (x: Tensor): Tensor => {
  const isLarge = greater(x, asymptoticFrom);
  return withGradient(
    [x],
    () => where(isLarge, largeLogGamma(x), smallLogGamma(where(isLarge, 2, x))),
    (cotangent) => [multiply(cotangent, positivePolygamma(0, x))],
  );
};

/** (2k + n − 1)!/(2k)!, without the overflow of both. */
const factorialRatio = (k: number, n: number): number => {
  let ratio = 1 / (2 * k);
  for (let i = 0; i < n; i++) ratio *= 2 * k + i;
  return ratio;
};

/** |ψ⁽ⁿ⁾| for n ≥ 1, and ψ for n = 0, from 10 on. */
const largePolygamma = (n: number, x: Tensor): Tensor => {
  const inverse = divide(1, x);
  const squared = multiply(inverse, inverse);
  const series = polynomial(
    squared,
    bernoulliNumbers.map((b, i) => b * factorialRatio(i + 1, n)),
  );
  const tail = multiply(squared, series);
  if (n === 0) return subtract(subtract(log(x), multiply(inverse, 0.5)), tail);
  const leading = add(multiply(inverse, factorial(n) / 2), factorial(n - 1));
  return multiply(wholePower(inverse, n), add(leading, tail));
};

/** ψ⁽ⁿ⁾ of positive arguments, brought to 10 by ψ⁽ⁿ⁾(x) = ψ⁽ⁿ⁾(x + 1) − (−1)ⁿ n!/xⁿ⁺¹. */
const positivePolygamma = (n: number, x: Tensor): Tensor => {
  const compute = (): Tensor => {
    let shifted = x;
    let terms = zerosLike(x);
    for (let i = 0; i < asymptoticFrom; i++) {
      const isSmall = less(shifted, asymptoticFrom);
      terms = add(terms, where(isSmall, divide(factorial(n), wholePower(shifted, n + 1)), 0));
      shifted = where(isSmall, add(shifted, 1), shifted);
    }
    const large = largePolygamma(n, shifted);
    if (n === 0) return subtract(large, terms);
    return n % 2 === 0 ? negate(add(large, terms)) : add(large, terms);
  };
  return withGradient([x], compute, (cotangent) => [multiply(cotangent, positivePolygamma(n + 1, x))]);
};

/** An argument below 0 turned to the other side, and the angle of `πx` from the nearest multiple of π. */
const reflect = (x: Tensor) => {
  const isNegative = less(x, 0);
  const inside = where(isNegative, x, 0.5);
  return {
    isNegative,
    positive: where(isNegative, subtract(1, x), x),
    angle: multiply(subtract(inside, round(inside)), Math.PI),
  };
};

/** `ln|Γ(x)|`, elementwise; ∞ at 0, −1, −2, … */
export const lgamma = (x: Tensor): Tensor => {
  const { isNegative, positive, angle } = reflect(requireFloating('lgamma', x));
  const value = positiveLogGamma(positive);
  return where(isNegative, subtract(Math.log(Math.PI), add(log(abs(sin(angle))), value)), value);
};

/** Derivative of `lgamma`, elementwise; infinite at 0, −1, −2, … */
export const digamma = (x: Tensor): Tensor => {
  const { isNegative, positive, angle } = reflect(requireFloating('digamma', x));
  const value = positivePolygamma(0, positive);
  return where(isNegative, subtract(value, multiply(divide(cos(angle), sin(angle)), Math.PI)), value);
};

/** Derivative of order `n` of `digamma`, elementwise; for `n` from 2 NaN below 0. */
export const polygamma = (n: number, x: Tensor): Tensor => {
  requireWhole('polygamma', 'n', n, 0);
  if (n > 20) throw new UnsupportedError('polygamma', 'orders go up to 20.', { sides: { n } });
  if (n === 0) return digamma(x);
  const { isNegative, positive, angle } = reflect(requireFloating('polygamma', x));
  const value = positivePolygamma(n, positive);
  if (n > 1) return where(isNegative, Number.NaN, value);
  const sine = sin(angle);
  return where(isNegative, subtract(divide(Math.PI ** 2, multiply(sine, sine)), value), value);
};
