import { DtypeError, ShapeError, shapesEqual } from '@cotangent/ir';
import type { Tensor } from '../tensor.js';
import { emit, normalizeAxis, requireAlive, requireSameDevice, requireSameDtype } from './argument.js';
import { cast } from './elementwise.js';
import { broadcastTo, reshape, swapAxes } from './movement.js';

const toIndices = (op: string, indices: Tensor): Tensor => {
  requireAlive(op, indices);
  if (indices.dtype === 'uint32') return cast(indices, 'int32');
  if (indices.dtype !== 'int32') {
    throw new DtypeError(op, 'indices are int32.', {
      sides: { indices: indices.dtype },
      hint: "Use cast(x, 'int32').",
    });
  }
  return indices;
};

const requireAligned = (op: string, source: Tensor, indices: Tensor, axis: number): void => {
  const fits =
    source.rank === indices.rank && source.shape.every((extent, i) => i === axis || extent === indices.shape[i]);
  if (!fits) {
    throw new ShapeError(op, `sizes differ outside axis ${axis}.`, {
      sides: { source: source.shape, indices: indices.shape },
    });
  }
};

/**
 * `out[…, i, …] = source[…, indices[…, i, …], …]` along an axis; the other axes of both agree. Indices are int32, not
 * negative; one out of range gives 0. The gradient adds up at the source.
 */
export const takeAlongAxis = (source: Tensor, indices: Tensor, axis = -1): Tensor => {
  requireAlive('takeAlongAxis', source);
  const positions = toIndices('takeAlongAxis', indices);
  requireSameDevice('takeAlongAxis', source, positions);
  const place = normalizeAxis('takeAlongAxis', axis, source.rank);
  requireAligned('takeAlongAxis', source, positions, place);
  return emit('gather', { axis: place }, [source, positions], source.dtype, positions.shape);
};

/** Puts the axes of `indices` in the place of `axis`: `out = source[…, indices, …]`, as an embedding table is read. */
export const take = (source: Tensor, indices: Tensor, axis = 0): Tensor => {
  const positions = toIndices('take', indices);
  const place = normalizeAxis('take', axis, source.rank);
  const before = source.shape.slice(0, place);
  const after = source.shape.slice(place + 1);
  const column = reshape(positions, [...before.map(() => 1), positions.size, ...after.map(() => 1)]);
  const taken = takeAlongAxis(source, broadcastTo(column, [...before, positions.size, ...after]), place);
  return reshape(taken, [...before, ...positions.shape, ...after]);
};

/** How colliding updates combine. */
export interface ScatterOptions {
  readonly axis?: number;
  /** Promises that no two updates meet, which is faster. */
  readonly unique?: boolean;
}

const scatter = (
  op: string,
  combine: 'add' | 'set',
  operand: Tensor,
  indices: Tensor,
  updates: Tensor,
  { axis = -1, unique = false }: ScatterOptions,
): Tensor => {
  requireAlive(op, operand);
  requireAlive(op, updates);
  const positions = toIndices(op, indices);
  requireSameDevice(op, operand, positions);
  requireSameDevice(op, operand, updates);
  requireSameDtype(op, operand, updates);
  const place = normalizeAxis(op, axis, operand.rank);
  requireAligned(op, operand, positions, place);
  if (!shapesEqual(positions.shape, updates.shape)) {
    throw new ShapeError(op, 'indices and updates differ in shape.', {
      sides: { indices: positions.shape, updates: updates.shape },
    });
  }
  if (combine === 'add' && operand.dtype === 'bool') {
    throw new DtypeError(op, 'bool can not be added.', { hint: 'Use scatterSet, or cast to int32.' });
  }
  return emit('scatter', { axis: place, combine, unique }, [operand, positions, updates], operand.dtype, operand.shape);
};

/** `operand` with `updates[…, i, …]` added at `indices[…, i, …]` of the axis; out of range is skipped. Deterministic. */
export const scatterAdd = (operand: Tensor, indices: Tensor, updates: Tensor, options: ScatterOptions = {}): Tensor =>
  scatter('scatterAdd', 'add', operand, indices, updates, options);

/** `operand` with `updates` put at `indices` of the axis; the last of colliding ones stays. */
export const scatterSet = (operand: Tensor, indices: Tensor, updates: Tensor, options: ScatterOptions = {}): Tensor =>
  scatter('scatterSet', 'set', operand, indices, updates, options);

/** Which axis is put in order, and which way. */
export interface SortOptions {
  /** Last by default. */
  readonly axis?: number;
  readonly descending?: boolean;
}

const sortOutput = (
  op: string,
  output: 'values' | 'permutation',
  x: Tensor,
  { axis = -1, descending = false }: SortOptions,
): Tensor => {
  requireAlive(op, x);
  const source = x.rank === 0 ? reshape(x, [1]) : x;
  const place = normalizeAxis(op, axis, source.rank);
  const last = swapAxes(source, place, -1);
  const dtype = output === 'values' ? x.dtype : 'int32';
  const sorted = emit('sort', { descending, output }, [last], dtype, last.shape);
  return reshape(swapAxes(sorted, place, -1), x.shape);
};

/** int32 positions that put an axis in order. Stable in both directions, NaN last. No gradient. */
export const argsort = (x: Tensor, options: SortOptions = {}): Tensor =>
  sortOutput('argsort', 'permutation', x, options);

/** An axis in order, with the int32 positions its elements came from: one kernel for both. Stable, NaN last. */
export const sort = (x: Tensor, options: SortOptions = {}): { readonly values: Tensor; readonly indices: Tensor } => ({
  values: sortOutput('sort', 'values', x, options),
  indices: sortOutput('sort', 'permutation', x, options),
});
