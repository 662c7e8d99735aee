import {
  add,
  divide,
  erf,
  exp,
  greater,
  lessEqual,
  log,
  multiply,
  negate,
  sqrt,
  subtract,
  where,
} from '../ops/elementwise.js';
import type { Tensor } from '../tensor.js';
import { abs } from './magnitude.js';
import { polynomial } from './polynomial.js';
import { requireFloating } from './requirements.js';
import { withGradient } from './with-gradient.js';

/** A quotient of polynomials, lowest coefficient first. */
interface Rational {
  readonly numerator: readonly number[];
  readonly denominator: readonly number[];
}

/** The normal quantile near the median, in `0.180625 − q²`; Wichura 1988, AS 241, PPND16. */
const central: Rational = {
  numerator: [
    3.3871328727963665, 133.14166789178438, 1971.5909503065513, 13731.69376550946, 45921.95393154987, 67265.7709270087,
    33430.57558358813, 2509.0809287301227,
  ],
  denominator: [
    1, 42.31333070160091, 687.1870074920579, 5394.196021424751, 21213.794301586597, 39307.89580009271,
    28729.085735721943, 5226.495278852854,
  ],
};
/** In the tails, in `r − 1.6` for `r = √(−ln p)` up to 5. */
const tail: Rational = {
  numerator: [
    1.4234371107496835, 4.630337846156546, 5.769497221460691, 3.6478483247632045, 1.2704582524523684,
    0.2417807251774506, 0.022723844989269184, 0.0007745450142783414,
  ],
  denominator: [
    1, 2.053191626637759, 1.6763848301838038, 0.6897673349851, 0.14810397642748008, 0.015198666563616457,
    0.0005475938084995345, 1.0507500716444169e-9,
  ],
};
/** In the far tails, in `r − 5`. */
const farTail: Rational = {
  numerator: [
    6.657904643501103, 5.463784911164114, 1.7848265399172913, 0.29656057182850487, 0.026532189526576124,
    0.0012426609473880784, 2.7115555687434876e-5, 2.0103343992922881e-7,
  ],
  denominator: [
    1, 0.599832206555888, 0.1369298809227358, 0.014875361290850615, 0.0007868691311456133, 1.8463183175100548e-5,
    1.421511758316446e-7, 2.0442631033899397e-15,
  ],
};

const evaluateRational = (x: Tensor, { numerator, denominator }: Rational): Tensor =>
  divide(polynomial(x, numerator), polynomial(x, denominator));

/** Inverse of `erf` on `[−1, 1]`, elementwise; ±∞ at the ends, NaN outside. */
export const erfinv = (x: Tensor): Tensor => {
  requireFloating('erfinv', x);
  const compute = (): Tensor => {
    const q = multiply(x, 0.5);
    const size = abs(x);
    const middle = multiply(q, evaluateRational(subtract(0.180625, multiply(q, q)), central));
    const r = sqrt(negate(log(multiply(subtract(1, size), 0.5))));
    const near = evaluateRational(subtract(r, 1.6), tail);
    const far = where(greater(r, 1e3), r, evaluateRational(subtract(r, 5), farTail));
    const outer = where(lessEqual(r, 5), near, far);
    const quantile = where(lessEqual(size, 0.85), middle, where(greater(x, 0), outer, negate(outer)));
    return divide(quantile, Math.SQRT2);
  };
  return withGradient([x], compute, (cotangent, result) => [
    multiply(multiply(cotangent, exp(multiply(result, result))), Math.sqrt(Math.PI) / 2),
  ]);
};

/** `1 − erf(x)`, elementwise. */
export const erfc = (x: Tensor): Tensor => subtract(1, erf(requireFloating('erfc', x)));

/** Distribution function of the standard normal, `(1 + erf(x/√2))/2`, elementwise. */
export const normalCumulative = (x: Tensor): Tensor =>
  multiply(add(erf(multiply(requireFloating('normalCumulative', x), Math.SQRT1_2)), 1), 0.5);
