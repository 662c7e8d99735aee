import { broadcastShapes, DtypeError, ShapeError, ValueError } from '@cotangent/ir';
import {
  requireAlive,
  requireFloat,
  requireSameDevice,
  requireSameDtype,
  type TensorLike,
  toTensor,
} from '../ops/argument.js';
import { broadcastTo } from '../ops/movement.js';
import { Tensor } from '../tensor.js';

/** A usable floating-point tensor. */
export const requireFloating = (name: string, x: Tensor): Tensor => {
  requireAlive(name, x);
  requireFloat(name, x);
  return x;
};

/** A usable tensor of numbers, not bool. */
export const requireNumeric = (name: string, x: Tensor): Tensor => {
  requireAlive(name, x);
  if (x.dtype === 'bool') {
    throw new DtypeError(name, 'bool has no arithmetic.', {
      sides: { dtype: x.dtype },
      hint: "Use cast(x, 'float32').",
    });
  }
  return x;
};

/** Brings two floating-point sides to one dtype, device and shape; a number takes the dtype of the tensor beside it. */
export const alignFloating = (name: string, left: TensorLike, right: TensorLike): readonly [Tensor, Tensor] => {
  const a = toTensor(name, left, right instanceof Tensor ? right : undefined);
  const b = toTensor(name, right, a);
  requireSameDevice(name, a, b);
  requireSameDtype(name, a, b);
  requireFloat(name, a);
  const shape = broadcastShapes(a.shape, b.shape);
  if (shape === undefined) {
    throw new ShapeError(name, 'the shapes do not broadcast.', { sides: { left: a.shape, right: b.shape } });
  }
  return [broadcastTo(a, shape), broadcastTo(b, shape)];
};

/** A tensor with at least `rank` axes, or exactly that many. */
export const requireRank = (
  name: string,
  x: Tensor,
  rank: number,
  reading: 'exactly' | 'at least' = 'exactly',
): Tensor => {
  requireAlive(name, x);
  if (reading === 'exactly' ? x.rank !== rank : x.rank < rank) {
    const axes = rank === 1 ? 'axis is' : 'axes are';
    throw new ShapeError(name, `${reading} ${rank} ${axes} needed.`, { sides: { shape: x.shape, rank: x.rank } });
  }
  return x;
};

/** A whole number from `least` on. */
export const requireWhole = (name: string, label: string, value: number, least: number): number => {
  if (!Number.isInteger(value) || value < least) {
    throw new ValueError(name, `${label} is a whole number from ${least}.`, { sides: { [label]: value } });
  }
  return value;
};
