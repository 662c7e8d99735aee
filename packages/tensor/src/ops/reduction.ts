import { type Combine, type DType, DtypeError, type Reduction, ShapeError, sizeOf } from '@cotangent/ir';
import type { Tensor } from '../tensor.js';
import { emit, normalizeAxes, normalizeAxis, requireAlive, requireFloat } from './argument.js';
import { cast, divide, greater } from './elementwise.js';
import { reshape } from './movement.js';

/** Which axes go, and whether they stay with size 1. */
export interface ReduceOptions {
  /** All by default. */
  readonly axes?: number | readonly number[];
  readonly keepdims?: boolean;
}

const reduce = (name: string, reduction: Reduction, x: Tensor, options: ReduceOptions, dtype: DType): Tensor => {
  requireAlive(name, x);
  const axes = normalizeAxes(name, options.axes, x.rank);
  const shape = x.shape.filter((_, axis) => !axes.includes(axis));
  const reduced = axes.length === 0 && dtype === x.dtype ? x : emit('reduce', { reduction, axes }, [x], dtype, shape);
  if (!options.keepdims) return reduced;
  return reshape(
    reduced,
    x.shape.map((extent, axis) => (axes.includes(axis) ? 1 : extent)),
  );
};

/** Sum over axes; of bool it is the int32 count. The sum of nothing is 0. */
export const sum = (x: Tensor, options: ReduceOptions = {}): Tensor => {
  const terms = x.dtype === 'bool' ? cast(x, 'int32') : x;
  return reduce('sum', 'sum', terms, options, terms.dtype);
};

/** Product over axes; of nothing it is 1. The gradient is right at zeros. */
export const prod = (x: Tensor, options: ReduceOptions = {}): Tensor => {
  const factors = x.dtype === 'bool' ? cast(x, 'int32') : x;
  return reduce('prod', 'product', factors, options, factors.dtype);
};

/** Arithmetic mean over axes; floating point only. */
export const mean = (x: Tensor, options: ReduceOptions = {}): Tensor => {
  requireAlive('mean', x);
  requireFloat('mean', x);
  const count = sizeOf(normalizeAxes('mean', options.axes, x.rank).map((axis) => x.shape[axis] as number));
  return divide(sum(x, options), count);
};

const extreme = (name: string, reduction: 'maximum' | 'minimum', x: Tensor, options: ReduceOptions): Tensor => {
  const axes = normalizeAxes(name, options.axes, x.rank);
  if (sizeOf(axes.map((axis) => x.shape[axis] as number)) === 0) {
    throw new ShapeError(name, 'there is no extreme of nothing.', { sides: { shape: x.shape, axes } });
  }
  if (x.dtype === 'bool') return cast(reduce(name, reduction, cast(x, 'int32'), options, 'int32'), 'bool');
  return reduce(name, reduction, x, options, x.dtype);
};

/** Largest element over axes, NaN where one is; ties share the gradient evenly. */
export const max = (x: Tensor, options: ReduceOptions = {}): Tensor => extreme('max', 'maximum', x, options);
/** Smallest element over axes, NaN where one is; ties share the gradient evenly. */
export const min = (x: Tensor, options: ReduceOptions = {}): Tensor => extreme('min', 'minimum', x, options);

/** Which axis to search; the flattened tensor by default. */
export interface ArgOptions {
  readonly axis?: number;
  readonly keepdims?: boolean;
}

const argExtreme = (
  name: string,
  reduction: 'argmax' | 'argmin',
  x: Tensor,
  { axis, keepdims = false }: ArgOptions,
): Tensor => {
  const source = x.dtype === 'bool' ? cast(x, 'int32') : x;
  const axes = axis === undefined ? undefined : normalizeAxis(name, axis, x.rank);
  if (sizeOf(axes === undefined ? x.shape : [x.shape[axes] as number]) === 0) {
    throw new ShapeError(name, 'there is no extreme of nothing.', { sides: { shape: x.shape } });
  }
  return reduce(name, reduction, source, { ...(axes === undefined ? {} : { axes }), keepdims }, 'int32');
};

/** int32 position of the first largest element along an axis; NaN counts as largest. No gradient. */
export const argmax = (x: Tensor, options: ArgOptions = {}): Tensor => argExtreme('argmax', 'argmax', x, options);
/** int32 position of the first smallest element along an axis; NaN counts as smallest. No gradient. */
export const argmin = (x: Tensor, options: ArgOptions = {}): Tensor => argExtreme('argmin', 'argmin', x, options);

/** Whether any element over axes is not 0: bool, false of nothing. */
export const any = (x: Tensor, options: ReduceOptions = {}): Tensor =>
  greater(reduce('any', 'maximum', cast(cast(x, 'bool'), 'int32'), options, 'int32'), 0);
/** Whether all elements over axes are not 0: bool, true of nothing. */
export const all = (x: Tensor, options: ReduceOptions = {}): Tensor =>
  cast(reduce('all', 'minimum', cast(cast(x, 'bool'), 'int32'), options, 'int32'), 'bool');

/** Which way a scan runs, and whether an element counts in its own result. */
export interface ScanOptions {
  /** Last by default. */
  readonly axis?: number;
  readonly reverse?: boolean;
  readonly exclusive?: boolean;
}

const scan = (name: string, combine: Combine, x: Tensor, options: ScanOptions): Tensor => {
  requireAlive(name, x);
  const { axis = -1, reverse = false, exclusive = false } = options;
  if (x.dtype === 'bool') {
    throw new DtypeError(name, 'bool has no running combination.', { hint: "Use cast(x, 'int32')." });
  }
  const place = normalizeAxis(name, axis, x.rank);
  return emit('scan', { combine, axis: place, reverse, exclusive }, [x], x.dtype, x.shape);
};

/** Running sum along an axis. */
export const cumsum = (x: Tensor, options: ScanOptions = {}): Tensor => scan('cumsum', 'sum', x, options);
/** Running product along an axis; the gradient is right at zeros. */
export const cumprod = (x: Tensor, options: ScanOptions = {}): Tensor => scan('cumprod', 'product', x, options);
/** Running maximum along an axis; the gradient goes to the last position that attained it. */
export const cummax = (x: Tensor, options: ScanOptions = {}): Tensor => scan('cummax', 'maximum', x, options);
/** Running minimum along an axis; the gradient goes to the last position that attained it. */
export const cummin = (x: Tensor, options: ScanOptions = {}): Tensor => scan('cummin', 'minimum', x, options);
