import { ShapeError, shapesEqual, sizeOf } from '@cotangent/ir';
import { normalizeAxis } from '../ops/argument.js';
import { matmul } from '../ops/contraction.js';
import { add, multiply } from '../ops/elementwise.js';
import { reshape, transpose } from '../ops/movement.js';
import { sum } from '../ops/reduction.js';
import type { Tensor } from '../tensor.js';
import { requireRank } from './requirements.js';

/** `x·weightᵀ + bias`: `[..., in]` with a weight `[out, in]` and a bias `[out]` to `[..., out]`. */
export const linear = (x: Tensor, weight: Tensor, bias?: Tensor): Tensor => {
  requireRank('linear', x, 1, 'at least');
  requireRank('linear', weight, 2);
  if (x.shape.at(-1) !== weight.shape[1]) {
    throw new ShapeError('linear', `the input has ${x.shape.at(-1)} features, the weight takes ${weight.shape[1]}.`, {
      sides: { input: x.shape, weight: weight.shape },
      hint: 'The weight is [out, in].',
    });
  }
  if (bias !== undefined && !shapesEqual(bias.shape, [weight.shape[0] as number])) {
    throw new ShapeError('linear', 'the bias needs one element for each output.', {
      sides: { weight: weight.shape, bias: bias.shape },
    });
  }
  const product = matmul(x, transpose(weight));
  return bias === undefined ? product : add(product, bias);
};

/** Sum of the products of two vectors of one length. */
export const dot = (a: Tensor, b: Tensor): Tensor => {
  requireRank('dot', a, 1);
  requireRank('dot', b, 1);
  if (a.size !== b.size) {
    throw new ShapeError('dot', `the vectors have ${a.size} and ${b.size} elements.`, {
      sides: { left: a.shape, right: b.shape },
    });
  }
  return sum(multiply(a, b));
};

/** Products of each element of `a` `[m]` with each of `b` `[n]`: `[m, n]`. */
export const outer = (a: Tensor, b: Tensor): Tensor => {
  requireRank('outer', a, 1);
  requireRank('outer', b, 1);
  return multiply(reshape(a, [a.size, 1]), b);
};

/** Matrix products of a batch: `[b, m, k]` with `[b, k, n]` to `[b, m, n]`; nothing is broadcast. */
export const bmm = (a: Tensor, b: Tensor): Tensor => {
  requireRank('bmm', a, 3);
  requireRank('bmm', b, 3);
  if (a.shape[0] !== b.shape[0]) {
    throw new ShapeError('bmm', `the batches have ${a.shape[0]} and ${b.shape[0]} matrices.`, {
      sides: { left: a.shape, right: b.shape },
    });
  }
  return matmul(a, b);
};

/** Which axes `tensordot` sums over: the last of `a` with as many first ones of `b`, or pairs. */
export interface TensordotOptions {
  /** 2 by default. */
  readonly axes?: number | readonly [readonly number[], readonly number[]];
}

/** Sums products over pairs of axes; the other axes of `a` come first, then those of `b`. */
export const tensordot = (a: Tensor, b: Tensor, { axes = 2 }: TensordotOptions = {}): Tensor => {
  const [left, right] =
    typeof axes === 'number'
      ? [Array.from({ length: axes }, (_, i) => a.rank - axes + i), Array.from({ length: axes }, (_, i) => i)]
      : axes;
  const leftPlaces = left.map((axis) => normalizeAxis('tensordot', axis, a.rank));
  const rightPlaces = right.map((axis) => normalizeAxis('tensordot', axis, b.rank));
  const leftSizes = leftPlaces.map((axis) => a.shape[axis] as number);
  const rightSizes = rightPlaces.map((axis) => b.shape[axis] as number);
  if (!shapesEqual(leftSizes, rightSizes)) {
    throw new ShapeError('tensordot', 'the paired axes differ in size.', {
      sides: { left: a.shape, right: b.shape, axes: [leftPlaces, rightPlaces] },
    });
  }
  const leftRest = [...a.shape.keys()].filter((axis) => !leftPlaces.includes(axis));
  const rightRest = [...b.shape.keys()].filter((axis) => !rightPlaces.includes(axis));
  const m = leftRest.map((axis) => a.shape[axis] as number);
  const n = rightRest.map((axis) => b.shape[axis] as number);
  const k = sizeOf(leftSizes);
  const rows = reshape(transpose(a, [...leftRest, ...leftPlaces]), [sizeOf(m), k]);
  const columns = reshape(transpose(b, [...rightPlaces, ...rightRest]), [k, sizeOf(n)]);
  return reshape(matmul(rows, columns), [...m, ...n]);
};
