import {
  add,
  argmax,
  cast,
  constant,
  DtypeError,
  divide,
  equal,
  flatten,
  greaterEqual,
  iota,
  isFloat,
  less,
  logicalAnd,
  maximum,
  multiply,
  notEqual,
  reshape,
  ShapeError,
  scatterAdd,
  shapesEqual,
  subtract,
  sum,
  type Tensor,
  ValueError,
  where,
} from '@cotangent/tensor';
import { type LabelOptions, markIgnored, requireLabelRange } from './labels.js';

/** How a confusion matrix is counted. */
export interface ConfusionOptions extends LabelOptions {
  /** How many classes there are; by default the size of the class axis of logits. */
  readonly classCount?: number;
}

const op = 'confusionMatrix';

/** Labels as they are, logits by their largest class. */
const predictedLabels = (prediction: Tensor): Tensor =>
  isFloat(prediction.dtype) ? argmax(prediction, { axis: 1 }) : cast(prediction, 'int32');

/**
 * Counts pixels by label (row) and prediction (column): int32 `[c, c]`, computed on the device.
 *
 * `prediction` is integer labels of the target's shape, or logits `[n, c, ...spatial]`; `target` is integer labels. Matrices
 * of batches add up. Ignored pixels, and predictions out of range, are not counted.
 */
export const confusionMatrix = (prediction: Tensor, target: Tensor, options: ConfusionOptions = {}): Tensor => {
  const { classCount = isFloat(prediction.dtype) ? prediction.shape[1] : undefined, ignoreIndex } = options;
  if (classCount === undefined || !Number.isInteger(classCount) || classCount < 1) {
    throw new ValueError(op, 'classCount is needed with predicted labels.', { sides: { classCount } });
  }
  const predicted = predictedLabels(prediction);
  if (isFloat(target.dtype)) throw new DtypeError(op, 'labels are integers.', { sides: { target: target.dtype } });
  if (!shapesEqual(predicted.shape, target.shape)) {
    throw new ShapeError(op, 'prediction and target do not agree.', {
      sides: { prediction: prediction.shape, target: target.shape },
    });
  }
  requireLabelRange(op, target, classCount, options);
  const labels = markIgnored(target, ignoreIndex);
  const isClass = (x: Tensor): Tensor => logicalAnd(greaterEqual(x, 0), less(x, classCount));
  const cellCount = classCount * classCount;
  const cell = where(
    logicalAnd(isClass(labels), isClass(predicted)),
    add(multiply(labels, classCount), predicted),
    cellCount,
  );
  const counts = constant(0, 'int32', [cellCount], target.device);
  const one = constant(1, 'int32', [target.size], target.device);
  return reshape(scatterAdd(counts, flatten(cell), one), [classCount, classCount]);
};

/** Areas of classes in pixels, float32 `[c]`. */
const areasOfClasses = (confusion: Tensor) => {
  const [rows, columns] = confusion.shape;
  if (confusion.rank !== 2 || rows !== columns) {
    throw new ShapeError('confusion', 'a confusion matrix is square.', { sides: { shape: confusion.shape } });
  }
  const counts = cast(confusion, 'float32');
  const at = (axis: number): Tensor => iota(confusion.shape, axis, { device: confusion.device });
  const overlap = sum(where(equal(at(0), at(1)), counts, 0), { axes: 1 });
  const labelled = sum(counts, { axes: 1 });
  const union = subtract(add(labelled, sum(counts, { axes: 0 })), overlap);
  return { overlap, labelled, union };
};

/** What a class counts for that is neither labelled nor predicted. */
export interface IouOptions {
  /** NaN by default. */
  readonly absent?: number;
}

/** Intersection over union of each class, float32 `[c]`, from a confusion matrix. */
export const iouPerClass = (confusion: Tensor, { absent = Number.NaN }: IouOptions = {}): Tensor => {
  const { overlap, union } = areasOfClasses(confusion);
  return where(notEqual(union, 0), divide(overlap, maximum(union, 1)), absent);
};

/** Intersection over union averaged over the classes that are labelled or predicted: a scalar, 0 where none is. */
export const meanIou = (confusion: Tensor): Tensor => {
  const { union } = areasOfClasses(confusion);
  const classCount = cast(sum(notEqual(union, 0)), 'float32');
  return divide(sum(iouPerClass(confusion, { absent: 0 })), maximum(classCount, 1));
};

/** Share of pixels whose prediction is their label: a scalar, 0 where there is none. */
export const pixelAccuracy = (confusion: Tensor): Tensor => {
  const { overlap, labelled } = areasOfClasses(confusion);
  return divide(sum(overlap), maximum(sum(labelled), 1));
};
