import { DtypeError, isInteger, requireFloat, reshape, ShapeError, shapesEqual, type Tensor } from '@cotangent/tensor';

/** Checks floating-point logits `[n, c, ...spatial]`. */
export const requireClassAxis = (op: string, logits: Tensor): void => {
  requireFloat(op, logits);
  if (logits.rank < 2) {
    throw new ShapeError(op, 'the logits have no class axis.', {
      sides: { logits: logits.shape },
      hint: 'Logits are [n, c, ...spatial].',
    });
  }
};

/** Checks logits `[n, c, ...spatial]` against integer labels `[n, ...spatial]`. */
export const requireLabelsFor = (op: string, logits: Tensor, target: Tensor): void => {
  requireClassAxis(op, logits);
  const expected = logits.shape.filter((_, axis) => axis !== 1);
  if (!shapesEqual(target.shape, expected)) {
    throw new ShapeError(op, 'logits and target do not agree.', {
      sides: { logits: logits.shape, target: target.shape, expected },
      hint: 'Logits are [n, c, ...spatial], the target [n, ...spatial].',
    });
  }
  if (!isInteger(target.dtype)) {
    throw new DtypeError(op, 'labels are integers.', {
      sides: { target: target.dtype },
      hint: "Use cast(target, 'int32').",
    });
  }
};

/** Checks that a weight is one number for each class of `logits`. */
export const requireClassWeight = (op: string, logits: Tensor, weight: Tensor | undefined): void => {
  if (weight !== undefined && !shapesEqual(weight.shape, [logits.shape[1] as number])) {
    throw new ShapeError(op, 'the weight is not one number for each class.', {
      sides: { weight: weight.shape, classes: logits.shape[1] },
    });
  }
};

/** A vector over classes as `[1, c, 1, …]`, to broadcast against logits of `rank` axes. */
export const alongClasses = (weight: Tensor, rank: number): Tensor =>
  reshape(weight, [1, weight.size, ...new Array<number>(rank - 2).fill(1)]);
