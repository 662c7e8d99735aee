import { abs, less, multiply, square, subtract, type Tensor, ValueError, where } from '@cotangent/tensor';
import { requireSameShape } from './elementwise-pair.js';
import { widenHalf } from './precision.js';
import { type LossReduction, reduceLosses } from './reduction.js';

/** How the losses of elements are reduced. */
export interface ElementLossOptions {
  readonly reduction?: LossReduction;
}

/** `prediction − target`, both floating point of one shape; float16 is computed in float32. */
export const differenceOf = (op: string, prediction: Tensor, target: Tensor): Tensor => {
  requireSameShape(op, prediction, target);
  return subtract(widenHalf(prediction), widenHalf(target));
};

/** Mean squared error. */
export const mseLoss = (prediction: Tensor, target: Tensor, { reduction }: ElementLossOptions = {}): Tensor =>
  reduceLosses('mseLoss', square(differenceOf('mseLoss', prediction, target)), reduction);

/** Mean absolute error; gradient 0 where both sides are equal. */
export const l1Loss = (prediction: Tensor, target: Tensor, { reduction }: ElementLossOptions = {}): Tensor =>
  reduceLosses('l1Loss', abs(differenceOf('l1Loss', prediction, target)), reduction);

/** How the Huber loss is taken. */
export interface HuberOptions extends ElementLossOptions {
  /** The distance from which the loss is linear; 1. */
  readonly delta?: number;
}

/** `d²/2` up to a distance `δ`, and `δ·(|d| − δ/2)` from there. Huber 1964. */
export const huberLoss = (prediction: Tensor, target: Tensor, { delta = 1, reduction }: HuberOptions = {}): Tensor => {
  const op = 'huberLoss';
  if (!(delta > 0)) throw new ValueError(op, 'delta is above 0.', { sides: { delta } });
  const difference = differenceOf(op, prediction, target);
  const distance = abs(difference);
  const near = multiply(square(difference), 0.5);
  const far = multiply(subtract(distance, delta / 2), delta);
  return reduceLosses(op, where(less(distance, delta), near, far), reduction);
};

/** How the smooth L1 loss is taken. */
export interface SmoothL1Options extends ElementLossOptions {
  /** The distance from which the loss is linear; 1. With 0 it is the L1 loss. */
  readonly beta?: number;
}

/** `d²/(2β)` up to a distance `β`, and `|d| − β/2` from there: the Huber loss divided by `β`. Girshick 2015. */
export const smoothL1Loss = (
  prediction: Tensor,
  target: Tensor,
  { beta = 1, reduction }: SmoothL1Options = {},
): Tensor => {
  const op = 'smoothL1Loss';
  if (!(beta >= 0)) throw new ValueError(op, 'beta is not negative.', { sides: { beta } });
  const difference = differenceOf(op, prediction, target);
  const distance = abs(difference);
  if (beta === 0) return reduceLosses(op, distance, reduction);
  const near = multiply(square(difference), 0.5 / beta);
  return reduceLosses(op, where(less(distance, beta), near, subtract(distance, beta / 2)), reduction);
};
