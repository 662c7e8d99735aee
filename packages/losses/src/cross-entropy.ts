import {
  add,
  broadcastTo,
  isFloat,
  logSoftmax,
  mean,
  multiply,
  negate,
  notEqual,
  ShapeError,
  shapesEqual,
  sum,
  type Tensor,
  ValueError,
  where,
} from '@cotangent/tensor';
import { alongClasses, requireClassAxis, requireClassWeight, requireLabelsFor } from './class-logits.js';
import { atLabel, ignoredLabel, type LabelOptions, markIgnored, requireLabelRange } from './labels.js';
import { widenHalf } from './precision.js';
import { type LossReduction, reduceLosses, reduceWeighted } from './reduction.js';

/** How the negative log likelihood is taken. */
export interface NllOptions extends LabelOptions {
  /** `[c]`: the weight of a pixel by its class. */
  readonly weight?: Tensor;
  /** `'mean'` divides by the weights of the pixels that count, and is 0 where none does; `'none'` keeps `[n, ...spatial]`. */
  readonly reduction?: LossReduction;
}

/** How cross-entropy is taken. */
export interface CrossEntropyOptions extends NllOptions {
  /** The share of each pixel's target, 0 to 1, that is spread evenly over the classes; 0. */
  readonly labelSmoothing?: number;
}

const weighted = (values: Tensor, weight: Tensor | undefined): Tensor =>
  weight === undefined ? values : multiply(values, alongClasses(weight, values.rank));

/** Moves a share of the target from the label to all classes alike: `spread` is the loss averaged over classes. */
const smooth = (losses: Tensor, spread: Tensor, share: number): Tensor =>
  add(multiply(losses, 1 - share), multiply(spread, share));

/** Negative log likelihood of labels under log probabilities `[n, c, ...spatial]`, smoothed and reduced. */
const labelLoss = (op: string, logProbabilities: Tensor, target: Tensor, options: CrossEntropyOptions): Tensor => {
  const { weight, ignoreIndex, labelSmoothing = 0, reduction } = options;
  requireLabelsFor(op, logProbabilities, target);
  requireLabelRange(op, target, logProbabilities.shape[1] as number, options);
  const labels = markIgnored(target, ignoreIndex);
  const isCounted = notEqual(labels, ignoredLabel);
  const classLosses = weighted(negate(logProbabilities), weight);
  const labelLosses = atLabel(classLosses, labels);
  const losses =
    labelSmoothing === 0
      ? labelLosses
      : smooth(labelLosses, where(isCounted, mean(classLosses, { axes: 1 }), 0), labelSmoothing);
  if (weight !== undefined) {
    const { shape, rank } = logProbabilities;
    return reduceWeighted(op, losses, atLabel(broadcastTo(alongClasses(weight, rank), shape), labels), reduction);
  }
  return reduceWeighted(op, losses, ignoreIndex === undefined ? undefined : isCounted, reduction);
};

/** Cross-entropy of class probabilities of the logits' shape. */
const probabilityLoss = (
  op: string,
  logProbabilities: Tensor,
  target: Tensor,
  options: CrossEntropyOptions,
): Tensor => {
  const { weight, ignoreIndex, labelSmoothing = 0, reduction } = options;
  if (!shapesEqual(logProbabilities.shape, target.shape)) {
    throw new ShapeError(op, 'logits and target probabilities do not agree.', {
      sides: { logits: logProbabilities.shape, target: target.shape },
      hint: 'A floating-point target holds probabilities; labels are integers.',
    });
  }
  if (ignoreIndex !== undefined) {
    throw new ValueError(op, 'ignoreIndex needs labels, the target holds probabilities.', { sides: { ignoreIndex } });
  }
  const classLosses = weighted(negate(logProbabilities), weight);
  const losses = sum(multiply(classLosses, target), { axes: 1 });
  return reduceLosses(
    op,
    labelSmoothing === 0 ? losses : smooth(losses, mean(classLosses, { axes: 1 }), labelSmoothing),
    reduction,
  );
};

/**
 * Cross-entropy between `softmax(logits)` and a target.
 *
 * `logits` are `[n, c, ...spatial]` floating point; `target` is `[n, ...spatial]` integer labels, or class probabilities
 * of the logits' shape and dtype. Gives a scalar unless `reduction` is `'none'`. float16 is computed in float32, and so is
 * the loss. Throws ShapeError, DtypeError, and ValueError for a label that is no class (see `validate`).
 */
export const crossEntropyLoss = (logits: Tensor, target: Tensor, options: CrossEntropyOptions = {}): Tensor => {
  const op = 'crossEntropyLoss';
  const { weight, labelSmoothing = 0 } = options;
  requireClassAxis(op, logits);
  requireClassWeight(op, logits, weight);
  if (!(labelSmoothing >= 0 && labelSmoothing <= 1)) {
    throw new ValueError(op, 'labelSmoothing is a share from 0 to 1.', { sides: { labelSmoothing } });
  }
  const logProbabilities = logSoftmax(widenHalf(logits), { axis: 1 });
  return isFloat(target.dtype)
    ? probabilityLoss(op, logProbabilities, widenHalf(target), options)
    : labelLoss(op, logProbabilities, target, options);
};

/**
 * Negative log likelihood of labels `[n, ...spatial]` under log probabilities `[n, c, ...spatial]`, such as `logSoftmax`
 * gives. Gives a scalar unless `reduction` is `'none'`.
 */
export const nllLoss = (logProbabilities: Tensor, target: Tensor, options: NllOptions = {}): Tensor => {
  const op = 'nllLoss';
  requireClassAxis(op, logProbabilities);
  requireClassWeight(op, logProbabilities, options.weight);
  return labelLoss(op, widenHalf(logProbabilities), target, options);
};
