import { ShapeError, ValueError } from '@cotangent/ir';
import { normalizeAxes, normalizeAxis } from '../ops/argument.js';
import { cast, divide, equal, maximum, multiply, notEqual, sqrt, subtract, where } from '../ops/elementwise.js';
import { expandDims, reshape } from '../ops/movement.js';
import { max, min, type ReduceOptions, sum } from '../ops/reduction.js';
import type { Tensor } from '../tensor.js';
import type { AxisOptions } from './axis.js';
import { abs, sign, square } from './magnitude.js';
import { power } from './powers.js';
import { keptShape } from './reduced.js';
import { alignFloating, requireFloating, requireRank } from './requirements.js';
import { withGradient } from './with-gradient.js';

/** Which axes, and the order p of `(Σ|x|ᵖ)^(1/p)`: 2 by default; ±∞ is the largest or smallest magnitude, 0 the count. */
export interface NormOptions extends ReduceOptions {
  readonly order?: number;
}

const euclidean = (x: Tensor, axes: readonly number[], keepdims: boolean): Tensor =>
  withGradient(
    [x],
    () => sqrt(sum(square(x), { axes, keepdims })),
    (cotangent, result) => {
      const length = reshape(result, keptShape(x, axes));
      const isZero = equal(length, 0);
      const scale = divide(reshape(cotangent, keptShape(x, axes)), where(isZero, 1, length));
      return [multiply(where(isZero, 0, scale), x)];
    },
  );

const generalNorm = (x: Tensor, order: number, axes: readonly number[], keepdims: boolean): Tensor =>
  withGradient(
    [x],
    () => power(sum(power(abs(x), order), { axes, keepdims }), 1 / order),
    (cotangent, result) => {
      const length = reshape(result, keptShape(x, axes));
      const isZero = equal(x, 0);
      const ratio = divide(where(isZero, 1, abs(x)), where(equal(length, 0), 1, length));
      const slope = where(isZero, 0, multiply(sign(x), power(ratio, order - 1)));
      return [multiply(reshape(cotangent, keptShape(x, axes)), slope)];
    },
  );

/** Vector norm over axes, all by default. The gradient is 0 where the norm is 0. */
export const norm = (x: Tensor, { axes, keepdims = false, order = 2 }: NormOptions = {}): Tensor => {
  requireFloating('norm', x);
  const places = normalizeAxes('norm', axes, x.rank);
  const along = { axes: places, keepdims };
  if (order === 2) return euclidean(x, places, keepdims);
  if (order === 1) return sum(abs(x), along);
  if (order === Number.POSITIVE_INFINITY) return max(abs(x), along);
  if (order === Number.NEGATIVE_INFINITY) return min(abs(x), along);
  if (order === 0) return sum(cast(notEqual(x, 0), x.dtype), along);
  if (!(order > 0)) throw new ValueError('norm', 'the order is neither positive nor −∞.', { sides: { order } });
  return generalNorm(x, order, places, keepdims);
};

/** How `normalize` measures, and the least divisor. */
export interface NormalizeOptions extends AxisOptions {
  readonly order?: number;
  /** 1e-12 by default. */
  readonly epsilon?: number;
}

/** `x` over its norm along an axis, which counts as `epsilon` at least; the last axis by default. */
export const normalize = (x: Tensor, { axis = -1, order = 2, epsilon = 1e-12 }: NormalizeOptions = {}): Tensor =>
  divide(x, maximum(norm(requireFloating('normalize', x), { axes: axis, keepdims: true, order }), epsilon));

/** The axis of the vectors, and the least norm that they count with. */
export interface CosineSimilarityOptions extends AxisOptions {
  /** 1e-8 by default. */
  readonly epsilon?: number;
}

/** Cosine of the angle between vectors along an axis, with broadcasting; the last axis by default. */
export const cosineSimilarity = (
  a: Tensor,
  b: Tensor,
  { axis = -1, epsilon = 1e-8 }: CosineSimilarityOptions = {},
): Tensor => {
  const [left, right] = alignFloating('cosineSimilarity', a, b);
  const axes = normalizeAxis('cosineSimilarity', axis, left.rank);
  const lengths = multiply(maximum(norm(left, { axes }), epsilon), maximum(norm(right, { axes }), epsilon));
  return divide(sum(multiply(left, right), { axes }), lengths);
};

/** Distances between each row of `a` `[..., m, d]` and each of `b` `[..., n, d]`: `[..., m, n]`, Euclidean unless `order` says otherwise. */
export const cdist = (a: Tensor, b: Tensor, { order = 2 }: { readonly order?: number } = {}): Tensor => {
  requireRank('cdist', a, 2, 'at least');
  requireRank('cdist', b, 2, 'at least');
  if (a.shape.at(-1) !== b.shape.at(-1)) {
    throw new ShapeError('cdist', `the vectors have ${a.shape.at(-1)} and ${b.shape.at(-1)} elements.`, {
      sides: { left: a.shape, right: b.shape },
    });
  }
  return norm(subtract(expandDims(a, -2), expandDims(b, -3)), { axes: -1, order });
};
