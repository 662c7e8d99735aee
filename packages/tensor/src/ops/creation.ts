import {
  createHostArray,
  type DType,
  DtypeError,
  type HostArray,
  isInteger,
  type Shape,
  ShapeError,
  sizeOf,
  ValueError,
} from '@cotangent/ir';
import { currentTrace } from '../evaluate/trace.js';
import { type Device, defaultDevice } from '../graph/device.js';
import { attachStorage, createNode } from '../graph/node.js';
import { Storage } from '../graph/storage.js';
import { type NestedArray, Tensor } from '../tensor.js';
import { constant, emit, normalizeAxis, requireShape } from './argument.js';
import { add, cast, equal, multiply } from './elementwise.js';

/** Where a new tensor goes and what it holds. */
export interface CreateOptions {
  readonly dtype?: DType;
  readonly device?: Device;
}

/** What `tensor` takes: nested arrays, or a typed array with its shape. */
export type TensorData =
  | NestedArray
  | HostArray
  | Float32Array
  | Float64Array
  | Int32Array
  | Uint32Array
  | Uint8Array
  | Uint8ClampedArray;

const dtypeOfArray = (data: ArrayBufferView): DType => {
  if (data instanceof Float32Array) return 'float32';
  if (data instanceof Float64Array) return 'float64';
  if (data instanceof Int32Array) return 'int32';
  if (data instanceof Uint32Array) return 'uint32';
  if (data instanceof Uint8Array || data instanceof Uint8ClampedArray) return 'bool';
  throw new DtypeError('tensor', 'the typed array has no dtype here.', {
    sides: { array: data.constructor.name },
    hint: 'Use Float32Array, Float64Array, Int32Array, Uint32Array or Uint8Array (bool).',
  });
};

/** Puts host values on a device as they are. */
const upload = (data: HostArray, dtype: DType, shape: Shape, device: Device): Tensor => {
  const node = createNode('data', {}, [], dtype, shape, device);
  const buffer = device.allocate(device.backend.byteLength(dtype, data.length));
  device.backend.write(buffer, dtype, data);
  attachStorage(node, new Storage(device, buffer));
  return new Tensor(node);
};

/** A leaf that the host fills: now, and before each call of a compiled function that it is part of. */
export const hostInput = (fill: () => HostArray, dtype: DType, shape: Shape, device: Device): Tensor => {
  const leaf = upload(fill(), dtype, shape, device);
  currentTrace()?.hostInputs.set(leaf.node, fill);
  return leaf;
};

const nestedShape = (data: NestedArray): number[] => {
  const shape: number[] = [];
  for (let level = data; Array.isArray(level); level = level[0] as NestedArray) {
    shape.push(level.length);
    if (level.length === 0) break;
  }
  return shape;
};

const flattenInto = (data: NestedArray, shape: Shape, axis: number, out: (number | boolean)[]): void => {
  if (axis === shape.length && !Array.isArray(data)) {
    out.push(data as number | boolean);
    return;
  }
  if (!Array.isArray(data) || data.length !== shape[axis]) {
    throw new ShapeError('tensor', `the nested arrays are ragged at depth ${axis}.`, {
      sides: { expected: shape[axis] ?? 'a number', found: Array.isArray(data) ? data.length : typeof data },
    });
  }
  for (const part of data) flattenInto(part as NestedArray, shape, axis + 1, out);
};

const holds = (dtype: DType, value: number): boolean =>
  !isInteger(dtype) || (Number.isInteger(value) && (dtype === 'int32' ? value === (value | 0) : value === value >>> 0));

/**
 * A tensor of host values. Nested arrays of numbers are float32, of booleans bool; a typed array keeps its dtype and
 * takes `shape` (else it is a vector). With another `dtype` the values are converted on the device.
 *
 * Throws ShapeError for ragged arrays or a count that does not fit, ValueError for a number that an integer dtype can't hold.
 */
export const tensor = (data: TensorData, options: CreateOptions & { readonly shape?: Shape } = {}): Tensor => {
  const device = options.device ?? defaultDevice();
  if (ArrayBuffer.isView(data)) {
    const shape = requireShape('tensor', options.shape ?? [data.length]);
    if (sizeOf(shape) !== data.length) {
      throw new ShapeError('tensor', 'the data does not fill the shape.', {
        sides: { shape, elements: sizeOf(shape), data: data.length },
      });
    }
    const dtype = dtypeOfArray(data);
    return cast(upload(data as HostArray, dtype, shape, device), options.dtype ?? dtype);
  }
  const natural = nestedShape(data);
  const values: (number | boolean)[] = [];
  flattenInto(data, natural, 0, values);
  const shape = requireShape('tensor', options.shape ?? natural);
  if (sizeOf(shape) !== values.length) {
    throw new ShapeError('tensor', 'the data does not fill the shape.', {
      sides: { shape, elements: sizeOf(shape), data: values.length },
    });
  }
  const target =
    options.dtype ?? (values.length > 0 && values.every((v) => typeof v === 'boolean') ? 'bool' : 'float32');
  const carrier: DType = target === 'float16' ? 'float32' : target;
  const array = createHostArray(carrier, values.length);
  for (let i = 0; i < values.length; i++) {
    const value = Number(values[i]);
    if (!holds(target, value)) {
      throw new ValueError('tensor', `${target} can not hold the value.`, { sides: { value, position: i } });
    }
    array[i] = target === 'bool' ? Number(value !== 0) : value;
  }
  return cast(upload(array, carrier, shape, device), target);
};

/** One value everywhere; takes no memory before a kernel. */
export const full = (
  shape: Shape,
  value: number | boolean,
  { dtype, device = defaultDevice() }: CreateOptions = {},
): Tensor =>
  constant(
    Number(value),
    dtype ?? (typeof value === 'boolean' ? 'bool' : 'float32'),
    requireShape('full', shape),
    device,
  );

/** All 0. */
export const zeros = (shape: Shape, options: CreateOptions = {}): Tensor => full(shape, 0, options);
/** All 1. */
export const ones = (shape: Shape, options: CreateOptions = {}): Tensor => full(shape, 1, options);
/** 0 in the shape, dtype and device of `x`. */
export const zerosLike = (x: Tensor): Tensor => constant(0, x.dtype, x.shape, x.device);
/** 1 in the shape, dtype and device of `x`. */
export const onesLike = (x: Tensor): Tensor => constant(1, x.dtype, x.shape, x.device);
/** `value` in the shape, dtype and device of `x`. */
export const fullLike = (x: Tensor, value: number): Tensor => constant(value, x.dtype, x.shape, x.device);

/** int32 positions along an axis of `shape`; takes no memory. */
export const iota = (shape: Shape, axis = 0, { device = defaultDevice() }: { readonly device?: Device } = {}): Tensor =>
  emit('iota', { axis: normalizeAxis('iota', axis, shape.length) }, [], 'int32', requireShape('iota', shape), device);

/** `start, start + step, …` below `stop`; int32 where all three are whole, else float32. */
export const arange = (
  start: number,
  stop?: number,
  { step = 1, dtype, device = defaultDevice() }: CreateOptions & { readonly step?: number } = {},
): Tensor => {
  const [first, end] = stop === undefined ? [0, start] : [start, stop];
  if (step === 0) throw new ValueError('arange', 'the step is 0.', { sides: { start: first, stop: end } });
  const length = Math.max(0, Math.ceil((end - first) / step));
  const isWhole = Number.isInteger(first) && Number.isInteger(step);
  const positions = iota([length], 0, { device });
  if (isWhole && (dtype === undefined || isInteger(dtype))) {
    return cast(add(multiply(positions, step), first), dtype ?? 'int32');
  }
  const carrier: DType = dtype === 'float64' ? 'float64' : 'float32';
  return cast(add(multiply(cast(positions, carrier), step), first), dtype ?? 'float32');
};

/** `count` evenly spaced values from `start` to `stop`, both included. */
export const linspace = (start: number, stop: number, count: number, options: CreateOptions = {}): Tensor => {
  const { dtype = 'float32', device = defaultDevice() } = options;
  const array = new Float64Array(count);
  const step = count > 1 ? (stop - start) / (count - 1) : 0;
  for (let i = 0; i < count; i++) array[i] = i === count - 1 && count > 1 ? stop : start + i * step;
  if (dtype === 'float64') return upload(array, 'float64', [count], device);
  return cast(upload(Float32Array.from(array), 'float32', [count], device), dtype);
};

/** Ones on the diagonal: `[rows, columns]`, square by default. */
export const eye = (
  rows: number,
  columns = rows,
  { dtype = 'float32', device = defaultDevice() }: CreateOptions = {},
): Tensor => cast(equal(iota([rows, columns], 0, { device }), iota([rows, columns], 1, { device })), dtype);

/** The tensor's values on another device; the same tensor where it is there already. Waits for the values. */
export const toDevice = async (x: Tensor, device: Device): Promise<Tensor> => {
  if (x.device === device) return x;
  const carrier: DType = x.dtype === 'float16' ? 'float32' : x.dtype;
  const data = (await cast(x, carrier).data()) as HostArray;
  return cast(upload(data, carrier, x.shape, device), x.dtype);
};
