import { type DType, DtypeError, isInteger, ShapeError } from '@cotangent/ir';
import { constant, normalizeAxis, requireAlive, type TensorLike } from '../ops/argument.js';
import { iota, onesLike, zeros } from '../ops/creation.js';
import { add, cast, equal, less, lessEqual, logicalAnd, where } from '../ops/elementwise.js';
import { detach } from '../ops/graph.js';
import { scatterAdd, take, takeAlongAxis } from '../ops/indexing.js';
import { broadcastTo, expandDims, flatten, reshape } from '../ops/movement.js';
import type { Tensor } from '../tensor.js';
import type { AxisOptions } from './axis.js';
import { requireNumeric, requireRank, requireWhole } from './requirements.js';

const requireIndices = (name: string, indices: Tensor): Tensor => {
  requireAlive(name, indices);
  if (!isInteger(indices.dtype)) {
    throw new DtypeError(name, 'indices are int32.', {
      sides: { indices: indices.dtype },
      hint: "Use cast(x, 'int32').",
    });
  }
  return cast(indices, 'int32');
};

/** The dtype of the result, and where the class axis stands. */
export interface OneHotOptions extends AxisOptions {
  /** float32 by default. */
  readonly dtype?: DType;
}

/** 1 at the class that each index names, 0 elsewhere, along a new axis of size `classes`, the last by default. */
export const oneHot = (
  indices: Tensor,
  classes: number,
  { axis = -1, dtype = 'float32' }: OneHotOptions = {},
): Tensor => {
  const labels = requireIndices('oneHot', indices);
  requireWhole('oneHot', 'classes', classes, 0);
  const place = normalizeAxis('oneHot', axis, labels.rank + 1);
  const shape = [...labels.shape.slice(0, place), classes, ...labels.shape.slice(place)];
  return cast(equal(expandDims(labels, place), iota(shape, place, { device: labels.device })), dtype);
};

/** The row that never learns. */
export interface EmbeddingOptions {
  readonly paddingIndex?: number | undefined;
}

/** Rows of `weight` `[rows, width]` at int32 `indices`: `[...indices, width]`. The padding row gets no gradient. */
export const embedding = (indices: Tensor, weight: Tensor, { paddingIndex }: EmbeddingOptions = {}): Tensor => {
  const positions = requireIndices('embedding', indices);
  requireRank('embedding', weight, 2);
  const rows = take(weight, positions, 0);
  if (paddingIndex === undefined) return rows;
  const padding = normalizeAxis('embedding', paddingIndex, weight.shape[0] as number);
  return where(expandDims(equal(positions, padding), -1), detach(rows), rows);
};

/** Slices of an axis at the positions of an int32 vector; the first axis by default. */
export const indexSelect = (x: Tensor, indices: Tensor, { axis = 0 }: AxisOptions = {}): Tensor =>
  take(x, requireRank('indexSelect', indices, 1), axis);

/** `x` with the slices of `source` added at the positions of an int32 vector along an axis; the first by default. */
export const indexAdd = (x: Tensor, indices: Tensor, source: Tensor, { axis = 0 }: AxisOptions = {}): Tensor => {
  const positions = requireRank('indexAdd', requireIndices('indexAdd', indices), 1);
  const place = normalizeAxis('indexAdd', axis, x.rank);
  if (source.rank !== x.rank || source.shape[place] !== positions.size) {
    throw new ShapeError('indexAdd', 'one index is needed for each slice of the source.', {
      sides: { tensor: x.shape, indices: positions.shape, source: source.shape },
    });
  }
  const aligned = reshape(
    positions,
    x.shape.map((_, i) => (i === place ? positions.size : 1)),
  );
  return scatterAdd(x, broadcastTo(aligned, source.shape), source, { axis: place });
};

/** `value` where `mask` is true, `x` elsewhere, with broadcasting. */
export const maskedFill = (x: Tensor, mask: Tensor, value: TensorLike): Tensor => where(mask, value, x);

/** Which end of equal elements counts. */
export interface SearchsortedOptions {
  /** Behind equal elements instead of before them; false by default. */
  readonly right?: boolean;
}

/**
 * int32 positions at which `values` `[..., m]` keep the rising rows of `sorted` `[..., n]` in order; leading axes agree,
 * or `sorted` is one row for all. A binary search in log₂ n gathers. No gradient.
 */
export const searchsorted = (sorted: Tensor, values: Tensor, { right = false }: SearchsortedOptions = {}): Tensor => {
  requireRank('searchsorted', requireNumeric('searchsorted', sorted), 1, 'at least');
  requireNumeric('searchsorted', values);
  const lead = sorted.shape.slice(0, -1);
  if (sorted.rank > 1 && (sorted.rank !== values.rank || !lead.every((extent, i) => extent === values.shape[i]))) {
    throw new ShapeError('searchsorted', 'the leading axes differ.', {
      sides: { sorted: sorted.shape, values: values.shape },
    });
  }
  const length = sorted.shape.at(-1) as number;
  const wanted = sorted.rank === 1 ? flatten(values) : values;
  const isBelow = right ? lessEqual : less;
  let found = constant(0, 'int32', wanted.shape, wanted.device);
  for (let step = 2 ** Math.floor(Math.log2(Math.max(1, length))); step >= 1; step /= 2) {
    const next = add(found, step);
    const candidate = takeAlongAxis(sorted, add(next, -1), -1);
    found = where(logicalAnd(lessEqual(next, length), isBelow(candidate, wanted)), next, found);
  }
  return reshape(found, values.shape);
};

/** How many bins, and what each element counts. */
export interface BincountOptions {
  /** One more than the largest element that counts. */
  readonly length: number;
  /** The shape of `x`; 1 each by default. */
  readonly weights?: Tensor;
}

/** How often each of 0 … length − 1 occurs in an int32 tensor, or the sum of its weights; other elements don't count. */
export const bincount = (x: Tensor, { length, weights }: BincountOptions): Tensor => {
  const positions = flatten(requireIndices('bincount', x));
  requireWhole('bincount', 'length', length, 0);
  const counts = weights === undefined ? onesLike(positions) : flatten(weights);
  return scatterAdd(zeros([length], { dtype: counts.dtype, device: x.device }), positions, counts, { axis: 0 });
};
