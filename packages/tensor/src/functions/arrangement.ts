import { ShapeError, sizeOf } from '@cotangent/ir';
import { normalizeAxis, requireAlive } from '../ops/argument.js';
import { tensor } from '../ops/creation.js';
import { take } from '../ops/indexing.js';
import {
  broadcastTo,
  concat,
  expandDims,
  flatten,
  narrow,
  reshape,
  split,
  swapAxes,
  transpose,
} from '../ops/movement.js';
import type { Tensor } from '../tensor.js';
import type { AxisOptions } from './axis.js';
import { requireWhole } from './requirements.js';

const rollAxis = (x: Tensor, shift: number, axis: number): Tensor => {
  const extent = x.shape[axis] as number;
  const first = extent === 0 ? 0 : (((extent - shift) % extent) + extent) % extent;
  if (first === 0) return x;
  return concat([narrow(x, axis, first, extent - first), narrow(x, axis, 0, first)], axis);
};

/** Which axes `roll` turns; without them the flattened tensor is turned. */
export interface RollOptions {
  readonly axes?: number | readonly number[];
}

/** Moves elements along axes by as many places, those that fall off to the other end. */
export const roll = (x: Tensor, shifts: number | readonly number[], { axes }: RollOptions = {}): Tensor => {
  requireAlive('roll', x);
  const distances = [shifts].flat();
  if (axes === undefined) {
    const total = distances.reduce((sum, shift) => sum + shift, 0);
    return reshape(rollAxis(flatten(x), total, 0), x.shape);
  }
  const places = [axes].flat().map((axis) => normalizeAxis('roll', axis, x.rank));
  if (places.length !== distances.length) {
    throw new ShapeError('roll', 'one shift is needed for each axis.', { sides: { shifts: distances, axes: places } });
  }
  return places.reduce((turned, axis, i) => rollAxis(turned, distances[i] as number, axis), x);
};

/** The tensor `repeats[i]` times along each axis, one behind the other; axes are added at the left where needed. */
export const tile = (x: Tensor, repeats: readonly number[]): Tensor => {
  requireAlive('tile', x);
  for (const repeat of repeats) requireWhole('tile', 'repeats', repeat, 0);
  const rank = Math.max(x.rank, repeats.length);
  const shape = [...new Array<number>(rank - x.rank).fill(1), ...x.shape];
  const counts = [...new Array<number>(rank - repeats.length).fill(1), ...repeats];
  const interleaved = reshape(
    x,
    shape.flatMap((extent) => [1, extent]),
  );
  const repeated = broadcastTo(
    interleaved,
    shape.flatMap((extent, axis) => [counts[axis] as number, extent]),
  );
  return reshape(
    repeated,
    shape.map((extent, axis) => extent * (counts[axis] as number)),
  );
};

/** Each element along an axis `repeats` times in a row, or as often as its own entry says; the last axis by default. */
export const repeatInterleave = (
  x: Tensor,
  repeats: number | readonly number[],
  { axis = -1 }: AxisOptions = {},
): Tensor => {
  const place = normalizeAxis('repeatInterleave', axis, x.rank);
  const extent = x.shape[place] as number;
  if (typeof repeats === 'number') {
    requireWhole('repeatInterleave', 'repeats', repeats, 0);
    const wide = x.shape.flatMap((size, i) => (i === place ? [size, repeats] : [size]));
    const shape = x.shape.map((size, i) => (i === place ? size * repeats : size));
    return reshape(broadcastTo(expandDims(x, place + 1), wide), shape);
  }
  if (repeats.length !== extent) {
    throw new ShapeError('repeatInterleave', `one count is needed for each element of axis ${place}.`, {
      sides: { shape: x.shape, repeats: repeats.length },
    });
  }
  const positions = repeats.flatMap((count, i) =>
    new Array<number>(requireWhole('repeatInterleave', 'repeats', count, 0)).fill(i),
  );
  return take(x, tensor(Int32Array.from(positions), { device: x.device }), place);
};

/** Cuts an axis into `count` parts of equal size, the last of which may be smaller or missing; the first axis by default. */
export const chunk = (x: Tensor, count: number, { axis = 0 }: AxisOptions = {}): Tensor[] => {
  requireWhole('chunk', 'count', count, 1);
  const place = normalizeAxis('chunk', axis, x.rank);
  return split(x, Math.max(1, Math.ceil((x.shape[place] as number) / count)), place);
};

/** Whether the first two axes go by rows and columns (`ij`, default) or are exchanged (`xy`). */
export interface MeshgridOptions {
  readonly indexing?: 'ij' | 'xy';
}

/** Vectors spread over a grid with one axis for each. */
export const meshgrid = (vectors: readonly Tensor[], { indexing = 'ij' }: MeshgridOptions = {}): Tensor[] => {
  const sizes = vectors.map((vector) => {
    if (vector.rank > 1) throw new ShapeError('meshgrid', 'vectors are needed.', { sides: { shape: vector.shape } });
    return vector.size;
  });
  const grids = vectors.map((vector, i) =>
    broadcastTo(
      reshape(
        vector,
        sizes.map((size, axis) => (axis === i ? size : 1)),
      ),
      sizes,
    ),
  );
  return indexing === 'xy' && grids.length > 1 ? grids.map((grid) => swapAxes(grid, 0, 1)) : grids;
};

/** Splits one axis into several of the given sizes, one of which may be −1. */
export const unflatten = (x: Tensor, axis: number, sizes: readonly number[]): Tensor => {
  const place = normalizeAxis('unflatten', axis, x.rank);
  const extent = x.shape[place] as number;
  const known = sizeOf(sizes.filter((size) => size !== -1));
  const resolved = sizes.map((size) => (size === -1 ? extent / known : size));
  if (sizeOf(resolved) !== extent || !resolved.every(Number.isInteger)) {
    throw new ShapeError('unflatten', `the sizes do not fill axis ${place}.`, { sides: { shape: x.shape, sizes } });
  }
  return reshape(x, [...x.shape.slice(0, place), ...resolved, ...x.shape.slice(place + 1)]);
};

/** `[n, c·r², h, w]` to `[n, c, h·r, w·r]`: channels become pixels. Shi et al. 2016. */
export const pixelShuffle = (x: Tensor, factor: number): Tensor => {
  requireWhole('pixelShuffle', 'factor', factor, 1);
  const lead = x.shape.slice(0, -3);
  const [channels = 0, height = 0, width = 0] = x.shape.slice(-3);
  if (x.rank < 3 || channels % factor ** 2 !== 0) {
    throw new ShapeError('pixelShuffle', `the channels do not split into groups of ${factor ** 2}.`, {
      sides: { shape: x.shape, factor },
    });
  }
  const groups = channels / factor ** 2;
  const parts = reshape(x, [sizeOf(lead), groups, factor, factor, height, width]);
  const woven = transpose(parts, [0, 1, 4, 2, 5, 3]);
  return reshape(woven, [...lead, groups, height * factor, width * factor]);
};

/** `[n, c, h·r, w·r]` to `[n, c·r², h, w]`: the inverse of `pixelShuffle`. */
export const pixelUnshuffle = (x: Tensor, factor: number): Tensor => {
  requireWhole('pixelUnshuffle', 'factor', factor, 1);
  const lead = x.shape.slice(0, -3);
  const [channels = 0, height = 0, width = 0] = x.shape.slice(-3);
  if (x.rank < 3 || height % factor !== 0 || width % factor !== 0) {
    throw new ShapeError('pixelUnshuffle', `height or width is no multiple of ${factor}.`, {
      sides: { shape: x.shape, factor },
    });
  }
  const parts = reshape(x, [sizeOf(lead), channels, height / factor, factor, width / factor, factor]);
  const gathered = transpose(parts, [0, 1, 3, 5, 2, 4]);
  return reshape(gathered, [...lead, channels * factor ** 2, height / factor, width / factor]);
};
