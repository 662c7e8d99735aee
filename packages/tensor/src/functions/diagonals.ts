import { ShapeError } from '@cotangent/ir';
import { constant, normalizeAxis, requireAlive } from '../ops/argument.js';
import { iota } from '../ops/creation.js';
import { greaterEqual, lessEqual, subtract, where } from '../ops/elementwise.js';
import { moveAxis, pad, reshape, slice } from '../ops/movement.js';
import { sum } from '../ops/reduction.js';
import type { Tensor } from '../tensor.js';
import { requireRank } from './requirements.js';

/** Which diagonal: 0 is the main one, above it numbers are positive. */
export interface DiagonalOffset {
  readonly offset?: number;
}

/** Column minus row of each element of the last two axes. */
const diagonalNumbers = (x: Tensor): Tensor => {
  const shape = x.shape.slice(-2);
  return subtract(iota(shape, 1, { device: x.device }), iota(shape, 0, { device: x.device }));
};

const nothing = (x: Tensor): Tensor => constant(0, x.dtype, [], x.device);

/** The lower triangle of the last two axes, up to diagonal `offset`; 0 above. */
export const tril = (x: Tensor, { offset = 0 }: DiagonalOffset = {}): Tensor =>
  where(lessEqual(diagonalNumbers(requireRank('tril', x, 2, 'at least')), offset), x, nothing(x));

/** The upper triangle of the last two axes, from diagonal `offset` on; 0 below. */
export const triu = (x: Tensor, { offset = 0 }: DiagonalOffset = {}): Tensor =>
  where(greaterEqual(diagonalNumbers(requireRank('triu', x, 2, 'at least')), offset), x, nothing(x));

/** Which diagonal of which two axes; the first two by default. */
export interface DiagonalOptions extends DiagonalOffset {
  readonly axes?: readonly [number, number];
}

/** A diagonal of two axes, which go; it becomes the last axis. Takes no memory. */
export const diagonal = (x: Tensor, { offset = 0, axes = [0, 1] }: DiagonalOptions = {}): Tensor => {
  requireRank('diagonal', x, 2, 'at least');
  const places = axes.map((axis) => normalizeAxis('diagonal', axis, x.rank));
  if (places[0] === places[1]) throw new ShapeError('diagonal', 'the axes are the same.', { sides: { axes: places } });
  const matrix = moveAxis(x, places, [-2, -1]);
  const lead = matrix.shape.slice(0, -2);
  const [rows, columns] = matrix.shape.slice(-2) as [number, number];
  const top = Math.max(0, -offset);
  const left = Math.max(0, offset);
  const length = Math.max(0, Math.min(rows - top, columns - left));
  const full = lead.map(() => undefined);
  if (length === 0) return reshape(slice(matrix, [...full, { start: 0, size: 0 }]), [...lead, 0]);
  const square = slice(matrix, [...full, { start: top, size: length }, { start: left, size: length }]);
  const flat = reshape(square, [...lead, length * length]);
  return slice(flat, [...full, { start: 0, size: length, step: length + 1 }]);
};

/** A square matrix with a vector on a diagonal and 0 elsewhere; of a matrix, its diagonal. Leading axes of a vector are not taken. */
export const diag = (x: Tensor, { offset = 0 }: DiagonalOffset = {}): Tensor => {
  requireAlive('diag', x);
  if (x.rank === 2) return diagonal(x, { offset });
  return diagEmbed(requireRank('diag', x, 1), { offset });
};

/** Square matrices with the last axis of `x` on a diagonal and 0 elsewhere: `[..., n]` to `[..., n, n]`. Takes no memory. */
export const diagEmbed = (x: Tensor, { offset = 0 }: DiagonalOffset = {}): Tensor => {
  requireRank('diagEmbed', x, 1, 'at least');
  const lead = x.shape.slice(0, -1);
  const length = x.shape.at(-1) as number;
  const side = length + Math.abs(offset);
  const before = offset >= 0 ? offset : -offset * side;
  const spread = length === 0 ? 0 : (length - 1) * (side + 1) + 1;
  const none = lead.map(() => 0);
  const flat = pad(
    x,
    [
      ...lead.map(() => [0, 0] as const),
      [length === 0 ? 0 : before, side * side - spread - (length === 0 ? 0 : before)],
    ],
    {
      interior: [...none, side],
    },
  );
  return reshape(flat, [...lead, side, side]);
};

/** Sum of a diagonal of the first two axes. */
export const trace = (x: Tensor, options: DiagonalOptions = {}): Tensor => sum(diagonal(x, options), { axes: -1 });
