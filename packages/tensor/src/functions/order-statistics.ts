import { ShapeError, ValueError } from '@cotangent/ir';
import { normalizeAxis } from '../ops/argument.js';
import { iota } from '../ops/creation.js';
import { cast, greaterEqual, lessEqual, logicalOr, notEqual, where } from '../ops/elementwise.js';
import { argsort, sort, takeAlongAxis } from '../ops/indexing.js';
import { expandDims, flatten, narrow, squeeze } from '../ops/movement.js';
import { argmax, argmin, cummax, cummin, type ReduceOptions, sum } from '../ops/reduction.js';
import type { Tensor } from '../tensor.js';
import { lerp } from './arithmetic.js';
import type { AlongAxisOptions, AxisOptions } from './axis.js';
import { isnan } from './magnitude.js';
import { requireFloating, requireNumeric, requireWhole } from './requirements.js';

/** Elements, and the int32 positions along the axis that they were taken from. */
export interface ValuesWithIndices {
  readonly values: Tensor;
  readonly indices: Tensor;
}

const extremeWithIndices = (
  name: string,
  search: typeof argmax,
  x: Tensor,
  { axis = -1, keepdims = false }: AlongAxisOptions,
): ValuesWithIndices => {
  requireNumeric(name, x);
  const place = normalizeAxis(name, axis, x.rank);
  const indices = search(x, { axis: place, keepdims: true });
  const values = takeAlongAxis(x, indices, place);
  return keepdims ? { values, indices } : { values: squeeze(values, place), indices: squeeze(indices, place) };
};

/** Largest elements along an axis and where the first of each is; the gradient goes there alone. */
export const maxWithIndices = (x: Tensor, options: AlongAxisOptions = {}): ValuesWithIndices =>
  extremeWithIndices('maxWithIndices', argmax, x, options);

/** Smallest elements along an axis and where the first of each is; the gradient goes there alone. */
export const minWithIndices = (x: Tensor, options: AlongAxisOptions = {}): ValuesWithIndices =>
  extremeWithIndices('minWithIndices', argmin, x, options);

const runningExtremeWithIndices = (
  name: string,
  scan: typeof cummax,
  attains: typeof greaterEqual,
  x: Tensor,
  axis: number,
): ValuesWithIndices => {
  requireFloating(name, x);
  const place = normalizeAxis(name, axis, x.rank);
  const values = scan(x, { axis: place });
  const isNew = logicalOr(attains(x, values), isnan(x));
  const indices = cummax(where(isNew, iota(x.shape, place, { device: x.device }), 0), { axis: place });
  return { values, indices };
};

/** Running maximum along an axis and the last position that attained it; the gradient goes there. */
export const cummaxWithIndices = (x: Tensor, { axis = -1 }: AxisOptions = {}): ValuesWithIndices =>
  runningExtremeWithIndices('cummaxWithIndices', cummax, greaterEqual, x, axis);

/** Running minimum along an axis and the last position that attained it; the gradient goes there. */
export const cumminWithIndices = (x: Tensor, { axis = -1 }: AxisOptions = {}): ValuesWithIndices =>
  runningExtremeWithIndices('cumminWithIndices', cummin, lessEqual, x, axis);

/** How many elements, from which end, along which axis. */
export interface TopkOptions extends AxisOptions {
  /** The largest (true, default) or the smallest. */
  readonly largest?: boolean;
}

/** The `k` largest (or smallest) elements along an axis, in order, with their positions; of equal ones the first. */
export const topk = (x: Tensor, k: number, { axis = -1, largest = true }: TopkOptions = {}): ValuesWithIndices => {
  requireNumeric('topk', x);
  const place = normalizeAxis('topk', axis, x.rank);
  const extent = x.shape[place] as number;
  requireWhole('topk', 'k', k, 0);
  if (k > extent) {
    throw new ShapeError('topk', `axis ${place} has fewer than ${k} elements.`, { sides: { shape: x.shape, k } });
  }
  const { values, indices } = sort(x, { axis: place, descending: largest });
  return { values: narrow(values, place, 0, k), indices: narrow(indices, place, 0, k) };
};

/** Middle element along an axis (the lower of two), with its position. */
export const medianWithIndices = (
  x: Tensor,
  { axis = -1, keepdims = false }: AlongAxisOptions = {},
): ValuesWithIndices => {
  requireFloating('medianWithIndices', x);
  const place = normalizeAxis('medianWithIndices', axis, x.rank);
  const extent = x.shape[place] as number;
  if (extent === 0) throw new ShapeError('median', 'there is no median of nothing.', { sides: { shape: x.shape } });
  const indices = narrow(argsort(x, { axis: place }), place, Math.floor((extent - 1) / 2), 1);
  const values = takeAlongAxis(x, indices, place);
  return keepdims ? { values, indices } : { values: squeeze(values, place), indices: squeeze(indices, place) };
};

/** Middle element along an axis, or of all elements; the lower one where two are in the middle. */
export const median = (x: Tensor, { axis, keepdims = false }: AlongAxisOptions = {}): Tensor => {
  if (axis !== undefined) return medianWithIndices(x, { axis, keepdims }).values;
  const middle = medianWithIndices(flatten(x)).values;
  return keepdims ? expandDims(middle, [...x.shape.keys()]) : middle;
};

/** Element at the fraction `q` of the order along an axis (of all elements by default), linear between neighbours. */
export const quantile = (x: Tensor, q: number, { axis, keepdims = false }: AlongAxisOptions = {}): Tensor => {
  requireFloating('quantile', x);
  if (!(q >= 0 && q <= 1)) throw new ValueError('quantile', 'a fraction lies in [0, 1].', { sides: { q } });
  if (axis === undefined) {
    const whole = quantile(flatten(x), q, { axis: 0 });
    return keepdims ? expandDims(whole, [...x.shape.keys()]) : whole;
  }
  const place = normalizeAxis('quantile', axis, x.rank);
  const extent = x.shape[place] as number;
  if (extent === 0) throw new ShapeError('quantile', 'there is no quantile of nothing.', { sides: { shape: x.shape } });
  const position = q * (extent - 1);
  const below = Math.floor(position);
  const { values } = sort(x, { axis: place });
  const lower = narrow(values, place, below, 1);
  const upper = narrow(values, place, Math.min(below + 1, extent - 1), 1);
  const between = lerp(lower, upper, position - below);
  return keepdims ? between : squeeze(between, place);
};

/** How many elements over axes are not 0: int32. */
export const countNonzero = (x: Tensor, options: ReduceOptions = {}): Tensor => {
  const isNonzero = x.dtype === 'bool' ? x : notEqual(x, 0);
  return sum(cast(isNonzero, 'int32'), options);
};
