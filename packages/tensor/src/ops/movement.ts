import { DtypeError, type Shape, ShapeError, shapesEqual, sizeOf } from '@cotangent/ir';
import type { Tensor } from '../tensor.js';
import {
  emit,
  normalizeAxes,
  normalizeAxis,
  requireAlive,
  requireSameDevice,
  requireSameDtype,
  requireShape,
} from './argument.js';

/** The same elements in row-major order under another shape; one size may be −1 and is worked out. */
export const reshape = (x: Tensor, shape: Shape): Tensor => {
  requireAlive('reshape', x);
  const unknown = shape.indexOf(-1);
  const known = sizeOf(shape.filter((extent) => extent !== -1));
  const resolved = shape.map((extent, axis) => (axis === unknown && known > 0 ? x.size / known : extent));
  const isWhole = resolved.every((extent) => Number.isInteger(extent) && extent >= 0);
  if (!isWhole || sizeOf(resolved) !== x.size) {
    throw new ShapeError('reshape', 'the number of elements differs.', {
      sides: { from: x.shape, to: shape, elements: x.size },
    });
  }
  return shapesEqual(resolved, x.shape) ? x : emit('reshape', {}, [x], x.dtype, resolved);
};

/** Reorders axes: output axis `i` is input axis `permutation[i]`; all reversed by default. */
export const transpose = (x: Tensor, permutation?: readonly number[]): Tensor => {
  requireAlive('transpose', x);
  const order = permutation
    ? permutation.map((axis) => normalizeAxis('transpose', axis, x.rank))
    : Array.from({ length: x.rank }, (_, axis) => x.rank - 1 - axis);
  if (order.length !== x.rank || new Set(order).size !== x.rank) {
    throw new ShapeError('transpose', 'the permutation must name each axis once.', {
      sides: { permutation: permutation ?? [], rank: x.rank },
    });
  }
  if (order.every((axis, i) => axis === i)) return x;
  return emit(
    'transpose',
    { permutation: order },
    [x],
    x.dtype,
    order.map((axis) => x.shape[axis] as number),
  );
};

/** Exchanges two axes. */
export const swapAxes = (x: Tensor, first: number, second: number): Tensor => {
  const a = normalizeAxis('swapAxes', first, x.rank);
  const b = normalizeAxis('swapAxes', second, x.rank);
  return transpose(
    x,
    x.shape.map((_, axis) => (axis === a ? b : axis === b ? a : axis)),
  );
};

/** Moves axes to new places; the others keep their order. */
export const moveAxis = (x: Tensor, from: number | readonly number[], to: number | readonly number[]): Tensor => {
  const sources = [from].flat().map((axis) => normalizeAxis('moveAxis', axis, x.rank));
  const targets = [to].flat().map((axis) => normalizeAxis('moveAxis', axis, x.rank));
  if (sources.length !== targets.length) {
    throw new ShapeError('moveAxis', 'as many targets as sources are needed.', {
      sides: { from: sources, to: targets },
    });
  }
  const rest = x.shape.map((_, axis) => axis).filter((axis) => !sources.includes(axis));
  return transpose(
    x,
    x.shape.map((_, axis) => {
      const moved = targets.indexOf(axis);
      return moved >= 0 ? (sources[moved] as number) : (rest.shift() as number);
    }),
  );
};

/** Stretches axes of size 1, and adds axes at the left, to reach `shape`; takes no memory. */
export const broadcastTo = (x: Tensor, shape: Shape): Tensor => {
  requireAlive('broadcastTo', x);
  requireShape('broadcastTo', shape);
  if (shapesEqual(x.shape, shape)) return x;
  const lead = shape.length - x.rank;
  if (lead < 0 || !x.shape.every((extent, axis) => extent === 1 || extent === shape[lead + axis])) {
    throw new ShapeError('broadcastTo', 'the shape can not be stretched.', { sides: { from: x.shape, to: shape } });
  }
  return emit('broadcast', {}, [x], x.dtype, shape);
};

/** Inserts axes of size 1 so that they stand at `axes` of the result. */
export const expandDims = (x: Tensor, axes: number | readonly number[]): Tensor => {
  const list = [axes].flat();
  const places = normalizeAxes('expandDims', list, x.rank + list.length);
  const rest = [...x.shape];
  return reshape(
    x,
    Array.from({ length: x.rank + list.length }, (_, axis) => (places.includes(axis) ? 1 : (rest.shift() as number))),
  );
};

/** Removes axes of size 1: those given (ShapeError where one is larger), or all. */
export const squeeze = (x: Tensor, axes?: number | readonly number[]): Tensor => {
  const places =
    axes === undefined
      ? x.shape.flatMap((extent, axis) => (extent === 1 ? [axis] : []))
      : normalizeAxes('squeeze', axes, x.rank);
  for (const axis of places) {
    if (x.shape[axis] !== 1) {
      throw new ShapeError('squeeze', `axis ${axis} does not have size 1.`, {
        sides: { shape: x.shape, axes: places },
      });
    }
  }
  return reshape(
    x,
    x.shape.filter((_, axis) => !places.includes(axis)),
  );
};

/** Joins axes `start` to `end` (inclusive) into one. */
export const flatten = (
  x: Tensor,
  { start = 0, end = -1 }: { readonly start?: number; readonly end?: number } = {},
): Tensor => {
  if (x.rank === 0) return reshape(x, [1]);
  const first = normalizeAxis('flatten', start, x.rank);
  const last = normalizeAxis('flatten', end, x.rank);
  return reshape(x, [...x.shape.slice(0, first), sizeOf(x.shape.slice(first, last + 1)), ...x.shape.slice(last + 1)]);
};

/** One axis of a slice: from `start`, `size` elements, `step` apart (negative walks back). */
export interface AxisSlice {
  readonly start: number;
  readonly size: number;
  readonly step?: number;
}

/** Cuts a strided box out of the first `slices.length` axes; each range must lie inside its axis. Takes no memory. */
export const slice = (x: Tensor, slices: readonly (AxisSlice | undefined)[]): Tensor => {
  requireAlive('slice', x);
  const start: number[] = [];
  const step: number[] = [];
  const shape = x.shape.map((extent, axis) => {
    const { start: begin, size, step: stride = 1 } = slices[axis] ?? { start: 0, size: extent };
    const last = begin + (size - 1) * stride;
    const isInside = size === 0 || (begin >= 0 && begin < extent && last >= 0 && last < extent);
    if (slices.length > x.rank || !Number.isInteger(begin + size + stride) || size < 0 || stride === 0 || !isInside) {
      throw new ShapeError('slice', `the range on axis ${axis} does not lie inside.`, {
        sides: { shape: x.shape, start: begin, size, step: stride },
      });
    }
    start.push(size === 0 ? 0 : begin);
    step.push(stride);
    return size;
  });
  if (slices.length > x.rank) {
    throw new ShapeError('slice', 'more slices than axes.', { sides: { shape: x.shape, slices: slices.length } });
  }
  if (shapesEqual(shape, x.shape) && step.every((s) => s === 1)) return x;
  return emit('slice', { start, step }, [x], x.dtype, shape);
};

/** `size` elements of one axis from `start`. */
export const narrow = (x: Tensor, axis: number, start: number, size: number): Tensor => {
  const place = normalizeAxis('narrow', axis, x.rank);
  return slice(x, [...new Array<undefined>(place).fill(undefined), { start, size }]);
};

/** Reverses the order along axes. */
export const flip = (x: Tensor, axes?: number | readonly number[]): Tensor => {
  const places = normalizeAxes('flip', axes, x.rank);
  return slice(
    x,
    x.shape.map((size, axis) => (places.includes(axis) ? { start: Math.max(0, size - 1), size, step: -1 } : undefined)),
  );
};

/** How `pad` fills. */
export interface PadOptions {
  /** What new elements hold; 0. */
  readonly value?: number;
  /** Gaps put between neighbours of each axis; 0. */
  readonly interior?: readonly number[];
}

/** Adds `[low, high]` elements on each axis (negative cuts), one pair for each axis. Takes no memory before a kernel. */
export const pad = (x: Tensor, widths: readonly (readonly [number, number])[], options: PadOptions = {}): Tensor => {
  requireAlive('pad', x);
  const { value = 0, interior = x.shape.map(() => 0) } = options;
  if (widths.length !== x.rank || interior.length !== x.rank) {
    throw new ShapeError('pad', 'one pair of widths is needed for each axis.', {
      sides: { shape: x.shape, widths: widths.length },
    });
  }
  const shape = x.shape.map((extent, axis) => {
    const [low, high] = widths[axis] as readonly [number, number];
    return low + high + extent + Math.max(0, extent - 1) * (interior[axis] as number);
  });
  if (!shape.every((extent) => Number.isInteger(extent) && extent >= 0)) {
    throw new ShapeError('pad', 'a size would be negative.', { sides: { shape: x.shape, widths } });
  }
  if (widths.every(([low, high]) => low === 0 && high === 0) && interior.every((gap) => gap === 0)) return x;
  const attributes = { low: widths.map(([low]) => low), high: widths.map(([, high]) => high), interior, value };
  return emit('pad', attributes, [x], x.dtype, shape);
};

/** Joins tensors along an axis; all other sizes must agree. */
export const concat = (tensors: readonly Tensor[], axis = 0): Tensor => {
  const first = tensors[0];
  if (first === undefined) throw new ShapeError('concat', 'at least one tensor is needed.');
  const place = normalizeAxis('concat', axis, first.rank);
  for (const tensor of tensors) {
    requireAlive('concat', tensor);
    requireSameDevice('concat', first, tensor);
    requireSameDtype('concat', first, tensor);
    if (tensor.rank !== first.rank || !tensor.shape.every((extent, i) => i === place || extent === first.shape[i])) {
      throw new ShapeError('concat', `sizes differ outside axis ${place}.`, {
        sides: { first: first.shape, other: tensor.shape },
      });
    }
  }
  if (tensors.length === 1) return first;
  const length = tensors.reduce((sum, tensor) => sum + (tensor.shape[place] as number), 0);
  return emit(
    'concat',
    { axis: place },
    tensors,
    first.dtype,
    first.shape.map((extent, i) => (i === place ? length : extent)),
  );
};

/** Joins tensors of one shape along a new axis. */
export const stack = (tensors: readonly Tensor[], axis = 0): Tensor => {
  const first = tensors[0];
  if (first === undefined) throw new ShapeError('stack', 'at least one tensor is needed.');
  for (const tensor of tensors) {
    if (!shapesEqual(tensor.shape, first.shape)) {
      throw new ShapeError('stack', 'the shapes differ.', { sides: { first: first.shape, other: tensor.shape } });
    }
  }
  const place = normalizeAxis('stack', axis, first.rank + 1);
  return concat(
    tensors.map((tensor) => expandDims(tensor, place)),
    place,
  );
};

/** Cuts an axis into parts of the given sizes, or into parts of one size (the last may be smaller). */
export const split = (x: Tensor, sizes: number | readonly number[], axis = 0): Tensor[] => {
  const place = normalizeAxis('split', axis, x.rank);
  const extent = x.shape[place] as number;
  const parts =
    typeof sizes === 'number'
      ? Array.from({ length: Math.ceil(extent / sizes) }, (_, i) => Math.min(sizes, extent - i * sizes))
      : sizes;
  if (parts.reduce((sum, size) => sum + size, 0) !== extent) {
    throw new ShapeError('split', 'the parts do not add up to the axis.', { sides: { size: extent, parts } });
  }
  let start = 0;
  return parts.map((size) => {
    start += size;
    return narrow(x, place, start - size, size);
  });
};

/** Windows over the last axes: how wide, how far apart, and the gaps inside one. */
export interface WindowOptions {
  /** Elements of a window on each of the last axes. */
  readonly size: readonly number[];
  readonly stride?: readonly number[];
  readonly dilation?: readonly number[];
}

/** Sliding windows `[..., s…]` → `[..., o…, k…]` over the last `size.length` axes. Takes no memory before a kernel. */
export const window = (x: Tensor, options: WindowOptions): Tensor => {
  requireAlive('window', x);
  const { size, stride = size.map(() => 1), dilation = size.map(() => 1) } = options;
  const lead = x.rank - size.length;
  const out = size.map((k, d) => {
    const reach = (k - 1) * (dilation[d] as number) + 1;
    return Math.floor(((x.shape[lead + d] as number) - reach) / (stride[d] as number)) + 1;
  });
  if (lead < 0 || out.some((extent) => !(extent >= 0))) {
    throw new ShapeError('window', 'the window is larger than the axes.', { sides: { shape: x.shape, size } });
  }
  return emit('window', { size, stride, dilation }, [x], x.dtype, [...x.shape.slice(0, lead), ...out, ...size]);
};

/** Sums windows `[..., o…, k…]` back to `[..., s…]` with `spatial` the sizes `s…`: the adjoint of `window`. */
export const fold = (x: Tensor, spatial: Shape, options: WindowOptions): Tensor => {
  requireAlive('fold', x);
  if (x.dtype === 'bool') throw new DtypeError('fold', 'bool can not be summed.', { hint: "Use cast(x, 'int32')." });
  const { size, stride = size.map(() => 1), dilation = size.map(() => 1) } = options;
  const lead = x.rank - 2 * size.length;
  const expected = size.map((k, d) => {
    const reach = (k - 1) * (dilation[d] as number) + 1;
    return Math.floor(((spatial[d] as number) - reach) / (stride[d] as number)) + 1;
  });
  if (lead < 0 || !shapesEqual(x.shape.slice(lead), [...expected, ...size])) {
    throw new ShapeError('fold', 'the windows do not fit the sizes.', {
      sides: { windows: x.shape, expected: [...expected, ...size], spatial },
    });
  }
  return emit('fold', { size, stride, dilation }, [x], x.dtype, [...x.shape.slice(0, lead), ...spatial]);
};
