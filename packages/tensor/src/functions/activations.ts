import { ShapeError } from '@cotangent/ir';
import { normalizeAxis } from '../ops/argument.js';
import {
  add,
  divide,
  greater,
  greaterEqual,
  less,
  lessEqual,
  logicalAnd,
  logicalOr,
  maximum,
  minimum,
  multiply,
  subtract,
  tanh,
  where,
} from '../ops/elementwise.js';
import { detach } from '../ops/graph.js';
import { narrow, reshape } from '../ops/movement.js';
import type { Tensor } from '../tensor.js';
import { normalCumulative } from './error-function.js';
import { expm1, softplus } from './logarithms.js';
import { abs, square } from './magnitude.js';
import { requireFloating, requireNumeric } from './requirements.js';
import { sigmoid } from './sigmoid.js';
import { withGradient } from './with-gradient.js';

/** `max(x, 0)`, elementwise; gradient 0 at 0. */
export const relu = (x: Tensor): Tensor => where(lessEqual(requireNumeric('relu', x), 0), 0, x);

/** Bounds of `hardTanh`. */
export interface HardTanhOptions {
  /** −1 by default. */
  readonly min?: number;
  /** 1 by default. */
  readonly max?: number;
}

/** Limits elements to `[min, max]`; unlike that of `clamp`, the gradient is 0 at the bounds. */
export const hardTanh = (x: Tensor, { min = -1, max = 1 }: HardTanhOptions = {}): Tensor => {
  requireFloating('hardTanh', x);
  const isFlat = logicalOr(lessEqual(x, min), greaterEqual(x, max));
  return where(isFlat, minimum(maximum(detach(x), min), max), x);
};

/** `min(max(x, 0), 6)`, elementwise. */
export const relu6 = (x: Tensor): Tensor => hardTanh(x, { min: 0, max: 6 });

/** `relu6(x + 3)/6`, elementwise. */
export const hardSigmoid = (x: Tensor): Tensor => divide(relu6(add(requireFloating('hardSigmoid', x), 3)), 6);

/** `x·hardSigmoid(x)`, elementwise. */
export const hardSwish = (x: Tensor): Tensor =>
  withGradient(
    [requireFloating('hardSwish', x)],
    () => divide(multiply(x, relu6(add(x, 3))), 6),
    (cotangent) => {
      const slope = where(less(x, -3), 0, where(less(x, 3), add(divide(x, 3), 0.5), 1));
      return [multiply(cotangent, slope)];
    },
  );

/** `x` above 0, `negativeSlope·x` else, elementwise; the slope is 0.01 by default. */
export const leakyRelu = (x: Tensor, { negativeSlope = 0.01 }: { readonly negativeSlope?: number } = {}): Tensor =>
  where(greater(requireFloating('leakyRelu', x), 0), x, multiply(x, negativeSlope));

/** `scale·(x above 0, else alpha·(e^(x/width) − 1))`; the argument of the untaken side is 0, so that it stays finite. */
const exponentialUnit = (x: Tensor, scale: number, alpha: number, width: number): Tensor => {
  const isBelow = lessEqual(x, 0);
  const below = expm1(divide(where(isBelow, x, 0), width));
  return where(isBelow, multiply(below, scale * alpha), multiply(x, scale));
};

/** `x` above 0, `alpha·(eˣ − 1)` else, elementwise; alpha is 1 by default. */
export const elu = (x: Tensor, { alpha = 1 }: { readonly alpha?: number } = {}): Tensor =>
  exponentialUnit(requireFloating('elu', x), 1, alpha, 1);

/** `x` above 0, `alpha·(e^(x/alpha) − 1)` else, elementwise; alpha is 1 by default. */
export const celu = (x: Tensor, { alpha = 1 }: { readonly alpha?: number } = {}): Tensor =>
  exponentialUnit(requireFloating('celu', x), 1, alpha, alpha);

/** Scaled elu that keeps mean 0 and variance 1, elementwise; Klambauer et al. 2017. */
export const selu = (x: Tensor): Tensor =>
  exponentialUnit(requireFloating('selu', x), 1.0507009873554805, 1.6732632423543772, 1);

/** Which form `gelu` takes: `erf` is exact, `tanh` approximates it. */
export interface GeluOptions {
  readonly approximate?: 'erf' | 'tanh';
}

/** `x·Φ(x)` with the normal distribution function Φ, elementwise; `(1 + tanh u)/2` of the approximation is `sigmoid(2u)`. */
export const gelu = (x: Tensor, { approximate = 'erf' }: GeluOptions = {}): Tensor => {
  requireFloating('gelu', x);
  if (approximate === 'erf') return multiply(x, normalCumulative(x));
  const bend = multiply(add(x, multiply(multiply(square(x), x), 0.044715)), 2 * Math.sqrt(2 / Math.PI));
  return multiply(x, sigmoid(bend));
};

/** `x·sigmoid(x)`, elementwise; also called swish. */
export const silu = (x: Tensor): Tensor => multiply(requireFloating('silu', x), sigmoid(x));

/** `x·tanh(softplus(x))`, elementwise. */
export const mish = (x: Tensor): Tensor => multiply(requireFloating('mish', x), tanh(softplus(x)));

/** `x/(1 + |x|)`, elementwise. */
export const softsign = (x: Tensor): Tensor =>
  withGradient(
    [requireFloating('softsign', x)],
    () => divide(x, add(abs(x), 1)),
    (cotangent) => [divide(cotangent, square(add(abs(x), 1)))],
  );

/** `x − tanh(x)`, elementwise. */
export const tanhshrink = (x: Tensor): Tensor => subtract(requireFloating('tanhshrink', x), tanh(x));

/** 0 within `[−lambda, lambda]`, `x` outside, elementwise; lambda is 0.5 by default. */
export const hardshrink = (x: Tensor, { lambda = 0.5 }: { readonly lambda?: number } = {}): Tensor =>
  where(logicalAnd(greaterEqual(requireFloating('hardshrink', x), -lambda), lessEqual(x, lambda)), 0, x);

/** `x` moved by lambda towards 0, and 0 within `[−lambda, lambda]`, elementwise; lambda is 0.5 by default. */
export const softshrink = (x: Tensor, { lambda = 0.5 }: { readonly lambda?: number } = {}): Tensor => {
  requireFloating('softshrink', x);
  return where(greater(x, lambda), subtract(x, lambda), where(less(x, -lambda), add(x, lambda), 0));
};

/** `x` above `threshold`, `value` else, elementwise. */
export const threshold = (x: Tensor, options: { readonly threshold: number; readonly value: number }): Tensor =>
  where(greater(requireFloating('threshold', x), options.threshold), x, options.value);

/** `x` above 0, `weight·x` else. `weight` has one element, or one for each channel (axis 1 of `x`). */
export const prelu = (x: Tensor, weight: Tensor): Tensor => {
  requireFloating('prelu', x);
  const channels = x.rank > 1 ? (x.shape[1] as number) : 1;
  if (weight.size !== 1 && weight.size !== channels) {
    throw new ShapeError('prelu', 'the weight is neither single nor one for each channel.', {
      sides: { input: x.shape, weight: weight.shape },
    });
  }
  const aligned = reshape(weight, x.rank > 1 ? [weight.size, ...x.shape.slice(2).map(() => 1)] : [weight.size]);
  return where(greater(x, 0), x, multiply(x, x.rank === 0 ? reshape(weight, []) : aligned));
};

/** The first half of an axis times the sigmoid of the second half; the last axis by default. */
export const glu = (x: Tensor, { axis = -1 }: { readonly axis?: number } = {}): Tensor => {
  requireFloating('glu', x);
  const place = normalizeAxis('glu', axis, x.rank);
  const extent = x.shape[place] as number;
  if (extent % 2 !== 0) {
    throw new ShapeError('glu', `the size of axis ${place} is odd.`, { sides: { shape: x.shape, axis: place } });
  }
  return multiply(narrow(x, place, 0, extent / 2), sigmoid(narrow(x, place, extent / 2, extent / 2)));
};
