import {
  abs,
  add,
  divide,
  equal,
  logSigmoid,
  minimum,
  multiply,
  negate,
  power,
  relu,
  ShapeError,
  shapesEqual,
  sqrt,
  square,
  subtract,
  sum,
  type Tensor,
  where,
} from '@cotangent/tensor';
import { requireSameShape } from './elementwise-pair.js';
import { widenHalf } from './precision.js';
import { type LossReduction, reduceLosses } from './reduction.js';

/** How far apart two sides should be. */
export interface MarginOptions {
  /** 0 by default, for triplets 1. */
  readonly margin?: number;
  readonly reduction?: LossReduction;
}

/** `ln(1 + exp(−y·x))` of logits `x` and targets `y` of −1 or 1, floating point of one shape. */
export const softMarginLoss = (
  logits: Tensor,
  target: Tensor,
  { reduction }: { readonly reduction?: LossReduction } = {},
): Tensor => {
  requireSameShape('softMarginLoss', logits, target);
  return reduceLosses('softMarginLoss', negate(logSigmoid(multiply(widenHalf(logits), widenHalf(target)))), reduction);
};

/** `max(0, margin − y·(a − b))`: `a` should be above `b` where the target `y` is 1, and below where it is −1. */
export const marginRankingLoss = (
  a: Tensor,
  b: Tensor,
  target: Tensor,
  { margin = 0, reduction }: MarginOptions = {},
): Tensor => {
  const op = 'marginRankingLoss';
  requireSameShape(op, a, b);
  requireSameShape(op, a, target);
  const lead = multiply(widenHalf(target), subtract(widenHalf(a), widenHalf(b)));
  return reduceLosses(op, relu(subtract(margin, lead)), reduction);
};

/** Added to squared lengths, so that a vector of zeros has an angle. */
const leastSquare = 1e-12;

/** Cosine of the angle between vectors along the last axis. */
const cosine = (a: Tensor, b: Tensor): Tensor => {
  const inner = (x: Tensor, y: Tensor): Tensor => sum(multiply(x, y), { axes: -1 });
  return divide(inner(a, b), sqrt(multiply(add(inner(a, a), leastSquare), add(inner(b, b), leastSquare))));
};

/**
 * `1 − cos(a, b)` where the target is 1, `max(0, cos(a, b) − margin)` where it is −1. `a` and `b` are `[..., d]`, the target
 * `[...]`, all floating point.
 */
export const cosineEmbeddingLoss = (
  a: Tensor,
  b: Tensor,
  target: Tensor,
  { margin = 0, reduction }: MarginOptions = {},
): Tensor => {
  const op = 'cosineEmbeddingLoss';
  requireSameShape(op, a, b);
  if (a.rank === 0 || !shapesEqual(target.shape, a.shape.slice(0, -1))) {
    throw new ShapeError(op, 'there is not one target for each pair of vectors.', {
      sides: { vectors: a.shape, target: target.shape },
    });
  }
  const similarity = cosine(widenHalf(a), widenHalf(b));
  const losses = where(equal(target, 1), subtract(1, similarity), relu(subtract(similarity, margin)));
  return reduceLosses(op, losses, reduction);
};

/** How triplets are compared. */
export interface TripletMarginOptions extends MarginOptions {
  /** Which norm the distance is; 2. */
  readonly p?: number;
  /** Added to each difference, so that the distance has a gradient at 0; 1e-6. */
  readonly epsilon?: number;
  /** Takes the distance of positive and negative where it is smaller than that of anchor and negative. Balntas et al. 2016. */
  readonly swap?: boolean;
}

/**
 * `max(0, d(anchor, positive) − d(anchor, negative) + margin)` of vectors `[..., d]`, floating point of one shape.
 * Schroff, Kalenichenko and Philbin 2015.
 */
export const tripletMarginLoss = (
  anchor: Tensor,
  positive: Tensor,
  negative: Tensor,
  { margin = 1, p = 2, epsilon = 1e-6, swap = false, reduction }: TripletMarginOptions = {},
): Tensor => {
  const op = 'tripletMarginLoss';
  requireSameShape(op, anchor, positive);
  requireSameShape(op, anchor, negative);
  const distance = (a: Tensor, b: Tensor): Tensor => {
    const difference = add(subtract(widenHalf(a), widenHalf(b)), epsilon);
    if (p === 2) return sqrt(sum(square(difference), { axes: -1 }));
    return power(sum(power(abs(difference), p), { axes: -1 }), 1 / p);
  };
  const far = distance(anchor, negative);
  const away = swap ? minimum(far, distance(positive, negative)) : far;
  return reduceLosses(op, relu(add(subtract(distance(anchor, positive), away), margin)), reduction);
};
