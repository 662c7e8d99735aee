import { isFloat } from '@cotangent/ir';
import {
  add,
  equal,
  floor,
  greater,
  less,
  logicalAnd,
  logicalOr,
  negate,
  remainder,
  subtract,
  where,
} from '../ops/elementwise.js';
import type { Tensor } from '../tensor.js';
import { requireNumeric } from './requirements.js';

/** Smallest whole number not below `x`, elementwise; integers stay. Gradient 0. */
export const ceil = (x: Tensor): Tensor => {
  requireNumeric('ceil', x);
  return isFloat(x.dtype) ? negate(floor(negate(x))) : x;
};

/** Nearest whole number, halves to the even one, elementwise; integers stay. Gradient 0. */
export const round = (x: Tensor): Tensor => {
  requireNumeric('round', x);
  if (!isFloat(x.dtype)) return x;
  const below = floor(x);
  const fraction = subtract(x, below);
  const isOddHalf = logicalAnd(equal(fraction, 0.5), equal(remainder(below, 2), 1));
  return where(logicalOr(greater(fraction, 0.5), isOddHalf), add(below, 1), below);
};

/** The whole part, towards 0, elementwise; integers stay. Gradient 0. */
export const trunc = (x: Tensor): Tensor => {
  requireNumeric('trunc', x);
  return isFloat(x.dtype) ? where(less(x, 0), ceil(x), floor(x)) : x;
};

/** What `trunc` cuts off, with the sign of `x`. */
export const frac = (x: Tensor): Tensor => subtract(x, trunc(x));
