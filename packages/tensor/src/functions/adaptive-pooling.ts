import { ShapeError } from '@cotangent/ir';
import { iota } from '../ops/creation.js';
import {
  add,
  cast,
  divide,
  floorDivide,
  greaterEqual,
  less,
  logicalAnd,
  minimum,
  multiply,
  subtract,
  where,
} from '../ops/elementwise.js';
import { take } from '../ops/indexing.js';
import { flatten, reshape, transpose } from '../ops/movement.js';
import { mean } from '../ops/reduction.js';
import type { Tensor } from '../tensor.js';
import { maxWithIndices } from './order-statistics.js';
import { maxPool1d, maxPool2d, maxPool3d } from './pooling.js';
import { requireFloating, requireRank } from './requirements.js';
import { resampleAxis } from './resampling.js';
import { type PerSpatialAxis, perAxis } from './spatial.js';

const outputSizes = (name: string, spatial: number, x: Tensor, outputSize: PerSpatialAxis): readonly number[] => {
  requireFloating(name, x);
  requireRank(name, x, spatial, 'at least');
  if (x.shape.slice(x.rank - spatial).includes(0)) {
    throw new ShapeError(name, 'a spatial axis is empty.', { sides: { shape: x.shape } });
  }
  return perAxis(name, 'outputSize', outputSize, spatial, 1);
};

/** Begin and end of the bins that cut `extent` elements into `count` parts, which may overlap by one: `[count, 1]` each. */
const binEdges = (x: Tensor, extent: number, count: number): { begin: Tensor; end: Tensor } => {
  const bins = iota([count, 1], 0, { device: x.device });
  return {
    begin: floorDivide(multiply(bins, extent), count),
    end: floorDivide(add(multiply(add(bins, 1), extent), count - 1), count),
  };
};

const averageAxis = (x: Tensor, count: number, axis: number): Tensor => {
  const extent = x.shape[axis] as number;
  if (extent % count === 0) {
    const parts = [...x.shape.slice(0, axis), count, extent / count, ...x.shape.slice(axis + 1)];
    return mean(reshape(x, parts), { axes: axis + 1 });
  }
  const { begin, end } = binEdges(x, extent, count);
  const positions = iota([count, extent], 1, { device: x.device });
  const isInside = logicalAnd(greaterEqual(positions, begin), less(positions, end));
  return resampleAxis(x, divide(cast(isInside, x.dtype), cast(subtract(end, begin), x.dtype)), axis);
};

const adaptiveAverage = (name: string, spatial: number, x: Tensor, outputSize: PerSpatialAxis): Tensor =>
  outputSizes(name, spatial, x, outputSize).reduce(
    (pooled, count, axis) => averageAxis(pooled, count, x.rank - spatial + axis),
    x,
  );

/** The bins of an axis as rows of equal width, `[..., count, width, ...]`, and which elements belong to them: `[count, width]`. */
const takeBins = (x: Tensor, count: number, axis: number): { bins: Tensor; isInside: Tensor } => {
  const extent = x.shape[axis] as number;
  const width = Math.min(extent, Math.ceil(extent / count) + 1);
  const { begin, end } = binEdges(x, extent, count);
  const positions = add(begin, iota([count, width], 1, { device: x.device }));
  return { bins: take(x, minimum(positions, extent - 1), axis), isInside: less(positions, end) };
};

const fixedMaxPools = [maxPool1d, maxPool2d, maxPool3d];

const adaptiveMaximum = (name: string, spatial: number, x: Tensor, outputSize: PerSpatialAxis): Tensor => {
  const counts = outputSizes(name, spatial, x, outputSize);
  const lead = x.rank - spatial;
  const sizes = x.shape.slice(lead);
  if (sizes.every((extent, axis) => extent % (counts[axis] as number) === 0)) {
    const kernelSize = sizes.map((extent, axis) => extent / (counts[axis] as number));
    return (fixedMaxPools[spatial - 1] as typeof maxPool1d)(x, { kernelSize });
  }
  let all = x;
  let isInside: Tensor | undefined;
  for (let axis = spatial - 1; axis >= 0; axis--) {
    const taken = takeBins(all, counts[axis] as number, lead + axis);
    all = taken.bins;
    const [count, width] = taken.isInside.shape as readonly [number, number];
    const own = reshape(taken.isInside, [count, width, ...new Array<number>(2 * (spatial - 1 - axis)).fill(1)]);
    isInside = isInside ? logicalAnd(own, isInside) : own;
  }
  const bounded = where(isInside as Tensor, all, Number.NEGATIVE_INFINITY);
  const outer = Array.from({ length: lead }, (_, axis) => axis);
  const bins = counts.map((_, axis) => lead + 2 * axis);
  const widths = counts.map((_, axis) => lead + 2 * axis + 1);
  const flat = flatten(transpose(bounded, [...outer, ...bins, ...widths]), { start: lead + spatial });
  return maxWithIndices(flat).values;
};

/** Means over bins that cut the last axis into `outputSize` parts. */
export const adaptiveAvgPool1d = (x: Tensor, outputSize: number): Tensor =>
  adaptiveAverage('adaptiveAvgPool1d', 1, x, outputSize);
/** Means over bins that cut the last two axes into `outputSize` parts: `[..., h, w]` to `[..., h', w']`. */
export const adaptiveAvgPool2d = (x: Tensor, outputSize: PerSpatialAxis): Tensor =>
  adaptiveAverage('adaptiveAvgPool2d', 2, x, outputSize);
/** Means over bins that cut the last three axes into `outputSize` parts. */
export const adaptiveAvgPool3d = (x: Tensor, outputSize: PerSpatialAxis): Tensor =>
  adaptiveAverage('adaptiveAvgPool3d', 3, x, outputSize);

/** Largest elements of bins that cut the last axis into `outputSize` parts. */
export const adaptiveMaxPool1d = (x: Tensor, outputSize: number): Tensor =>
  adaptiveMaximum('adaptiveMaxPool1d', 1, x, outputSize);
/** Largest elements of bins that cut the last two axes into `outputSize` parts: `[..., h, w]` to `[..., h', w']`. */
export const adaptiveMaxPool2d = (x: Tensor, outputSize: PerSpatialAxis): Tensor =>
  adaptiveMaximum('adaptiveMaxPool2d', 2, x, outputSize);
/** Largest elements of bins that cut the last three axes into `outputSize` parts. */
export const adaptiveMaxPool3d = (x: Tensor, outputSize: PerSpatialAxis): Tensor =>
  adaptiveMaximum('adaptiveMaxPool3d', 3, x, outputSize);
