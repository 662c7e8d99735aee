import { DeviceError, DisposedError, type DType, DtypeError, isFloat, type Shape, ShapeError } from '@cotangent/ir';
import type { Device } from '../graph/device.js';
import { defaultDevice } from '../graph/device.js';
import { createNode } from '../graph/node.js';
import type { OpAttributes, OpName } from '../graph/op.js';
import { Tensor } from '../tensor.js';

/** What an op takes for a tensor: JS numbers and booleans are weak, they take the dtype and device of the other side. */
export type TensorLike = Tensor | number | boolean;

/** Makes the node of an op on checked inputs. */
export const emit = <K extends OpName>(
  op: K,
  attributes: OpAttributes[K],
  inputs: readonly Tensor[],
  dtype: DType,
  shape: Shape,
  device: Device = (inputs[0] as Tensor).device,
): Tensor =>
  new Tensor(
    createNode(
      op,
      attributes,
      inputs.map((input) => input.node),
      dtype,
      shape,
      device,
    ),
  );

/** One value in every position, without memory. */
export const constant = (value: number, dtype: DType, shape: Shape, device: Device = defaultDevice()): Tensor =>
  emit('constant', { value }, [], dtype, shape, device);

/** Throws where a tensor can't be used any more. */
export const requireAlive = (op: string, tensor: Tensor): Tensor => {
  if (tensor.node.isDisposed) {
    throw new DisposedError(op, 'the tensor was disposed.', { sides: { tensor: tensor.toString() } });
  }
  return tensor;
};

export const requireSameDevice = (op: string, a: Tensor, b: Tensor): void => {
  if (a.device !== b.device) {
    throw new DeviceError(op, 'the tensors are on different devices.', {
      sides: { left: a.device.name, right: b.device.name },
      hint: 'Move one with toDevice().',
    });
  }
};

export const requireSameDtype = (op: string, a: Tensor, b: Tensor): void => {
  if (a.dtype !== b.dtype) {
    throw new DtypeError(op, 'the dtypes differ.', {
      sides: { left: a.dtype, right: b.dtype },
      hint: `Use cast(x, '${a.dtype}') on one side.`,
    });
  }
};

export const requireFloat = (op: string, x: Tensor): void => {
  if (!isFloat(x.dtype)) {
    throw new DtypeError(op, 'a floating-point tensor is needed.', {
      sides: { dtype: x.dtype },
      hint: "Use cast(x, 'float32').",
    });
  }
};

/** Checks a dtype against a list. */
export const requireDtype = (op: string, x: Tensor, allowed: readonly DType[]): void => {
  if (!allowed.includes(x.dtype)) {
    throw new DtypeError(op, 'the dtype does not fit.', {
      sides: { dtype: x.dtype, allowed: allowed.join(', ') },
      hint: `Use cast(x, '${allowed[0]}').`,
    });
  }
};

/** Turns a weak value into a scalar of the dtype and device of `like`. */
export const toTensor = (op: string, value: TensorLike, like?: Tensor): Tensor => {
  if (value instanceof Tensor) return requireAlive(op, value);
  const dtype = like?.dtype ?? (typeof value === 'boolean' ? 'bool' : 'float32');
  const number = Number(value);
  if ((dtype === 'int32' || dtype === 'uint32') && !Number.isInteger(number)) {
    throw new DtypeError(op, `the number is not a whole one, the tensor is ${dtype}.`, {
      sides: { tensor: dtype, number },
      hint: "Use cast(x, 'float32').",
    });
  }
  if (dtype === 'bool' && typeof value !== 'boolean') {
    throw new DtypeError(op, 'a number does not mix with a bool tensor.', {
      sides: { tensor: dtype, number },
      hint: "Use cast(x, 'float32') or cast(x, 'int32').",
    });
  }
  return constant(number, dtype, [], like?.device);
};

/** Position of an axis that may count from the end. */
export const normalizeAxis = (op: string, axis: number, rank: number): number => {
  if (!Number.isInteger(axis) || axis < -rank || axis >= rank) {
    throw new ShapeError(op, `axis ${axis} is out of range.`, { sides: { axis, rank } });
  }
  return axis < 0 ? axis + rank : axis;
};

/** Distinct positions of axes, in rising order; undefined means all. */
export const normalizeAxes = (op: string, axes: number | readonly number[] | undefined, rank: number): number[] => {
  if (axes === undefined) return Array.from({ length: rank }, (_, axis) => axis);
  const list = (typeof axes === 'number' ? [axes] : axes).map((axis) => normalizeAxis(op, axis, rank));
  if (new Set(list).size !== list.length) {
    throw new ShapeError(op, 'an axis is given twice.', { sides: { axes: list } });
  }
  return list.sort((a, b) => a - b);
};

/** Checks that sizes are whole and not negative. */
export const requireShape = (op: string, shape: Shape): Shape => {
  for (const extent of shape) {
    if (!Number.isInteger(extent) || extent < 0) {
      throw new ShapeError(op, 'sizes are whole numbers from 0.', { sides: { shape } });
    }
  }
  return shape;
};
