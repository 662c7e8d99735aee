import { requireFloat, ShapeError, shapesEqual, type Tensor } from '@cotangent/tensor';

/** Checks a floating-point prediction against a target of its shape. */
export const requireSameShape = (op: string, prediction: Tensor, target: Tensor): void => {
  requireFloat(op, prediction);
  if (!shapesEqual(prediction.shape, target.shape)) {
    throw new ShapeError(op, 'prediction and target do not agree.', {
      sides: { prediction: prediction.shape, target: target.shape },
    });
  }
};
