import {
  broadcastTo,
  cast,
  cummax,
  cummin,
  cumprod,
  cumsum,
  divide,
  equal,
  flip,
  iota,
  logicalAnd,
  multiply,
  narrow,
  pad,
  reshape,
  scatterAdd,
  sum,
  type Tensor,
  transpose,
  where,
  zerosLike,
} from '@cotangent/tensor';
import type { Application, Rule } from './rule.js';

/** A reduced tensor in the shape of what was reduced. */
const restore = (reduced: Tensor, input: Tensor, axes: readonly number[]): Tensor =>
  broadcastTo(
    reshape(
      reduced,
      input.shape.map((extent, axis) => (axes.includes(axis) ? 1 : extent)),
    ),
    input.shape,
  );

/** Ties share the gradient evenly. */
const extremeGradient = ({ attributes, cotangent, inputs, output }: Application<'reduce'>): Tensor => {
  const x = inputs[0] as Tensor;
  const { axes } = attributes;
  const isExtreme = cast(equal(x, restore(output, x, axes)), x.dtype);
  return multiply(isExtreme, restore(divide(cotangent, sum(isExtreme, { axes })), x, axes));
};

/** The product of all other factors, as products of those before and those after: right at zeros. */
const productGradient = ({ attributes, cotangent, inputs }: Application<'reduce'>): Tensor => {
  const x = inputs[0] as Tensor;
  const { axes } = attributes;
  const kept = x.shape.map((_, axis) => axis).filter((axis) => !axes.includes(axis));
  const order = [...kept, ...axes];
  const moved = transpose(x, order);
  const rows = reshape(moved, [...kept.map((axis) => x.shape[axis] as number), -1]);
  const others = multiply(cumprod(rows, { exclusive: true }), cumprod(rows, { exclusive: true, reverse: true }));
  const inverse = order.map((_, axis) => order.indexOf(axis));
  return multiply(transpose(reshape(others, moved.shape), inverse), restore(cotangent, x, axes));
};

export const reduceRule: Rule<'reduce'> = (application) => {
  const { attributes, cotangent, inputs } = application;
  switch (attributes.reduction) {
    case 'sum':
      return [restore(cotangent, inputs[0] as Tensor, attributes.axes)];
    case 'product':
      return [productGradient(application)];
    case 'maximum':
    case 'minimum':
      return [extremeGradient(application)];
    case 'argmax':
    case 'argmin':
      return [];
  }
};

/**
 * Gradient of the running product along the last axis: `Σ_{i≥k} g_i·out_i / x_k` before the first zero; at the first zero the
 * same sum with that factor left out; zero after it.
 */
const cumprodGradient = (x: Tensor, output: Tensor, cotangent: Tensor): Tensor => {
  const isZero = equal(x, 0);
  const zerosSoFar = cumsum(cast(isZero, 'int32'));
  const isFirstZero = logicalAnd(isZero, equal(zerosSoFar, 1));
  const divisor = where(isZero, 1, x);
  const before = divide(cumsum(multiply(cotangent, output), { reverse: true }), divisor);
  const withoutFirst = cumprod(where(isFirstZero, 1, x));
  const at = cumsum(multiply(cotangent, withoutFirst), { reverse: true });
  return where(equal(zerosSoFar, 0), before, where(isFirstZero, at, 0));
};

/** The running extreme's gradient goes to the last position that attained it. */
const cumulativeExtremeGradient = (x: Tensor, output: Tensor, cotangent: Tensor): Tensor => {
  const positions = iota(x.shape, x.rank - 1, { device: x.device });
  const source = cummax(where(equal(x, output), positions, -1));
  return scatterAdd(zerosLike(x), source, cotangent);
};

/** One step towards the end of the last axis: what an exclusive scan reads is what the inclusive one had before. */
const withoutShift = (cotangent: Tensor): Tensor => {
  const length = cotangent.shape[cotangent.rank - 1] as number;
  const widths = cotangent.shape.map((_, axis) => (axis === cotangent.rank - 1 ? [0, 1] : [0, 0]) as [number, number]);
  return pad(narrow(cotangent, -1, 1, length - 1), widths);
};

export const scanRule: Rule<'scan'> = ({ attributes, cotangent, inputs }) => {
  const x = inputs[0] as Tensor;
  const { combine, axis, reverse, exclusive } = attributes;
  if (combine === 'sum') return [cumsum(cotangent, { axis, reverse: !reverse, exclusive })];
  if (x.size === 0) return [zerosLike(x)];
  const toFront = (t: Tensor): Tensor => {
    const moved = transpose(t, swap(t.rank, axis));
    return reverse ? flip(moved, -1) : moved;
  };
  const last = toFront(x);
  const incoming = exclusive ? withoutShift(toFront(cotangent)) : toFront(cotangent);
  const gradient =
    combine === 'product'
      ? cumprodGradient(last, cumprod(last), incoming)
      : cumulativeExtremeGradient(last, combine === 'maximum' ? cummax(last) : cummin(last), incoming);
  return [transpose(reverse ? flip(gradient, -1) : gradient, swap(x.rank, axis))];
};

/** The permutation that exchanges an axis with the last. */
const swap = (rank: number, axis: number): number[] =>
  Array.from({ length: rank }, (_, i) => (i === axis ? rank - 1 : i === rank - 1 ? axis : i));
