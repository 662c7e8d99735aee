import {
  DtypeError,
  equal,
  isFloat,
  multiply,
  negate,
  notEqual,
  relu,
  requireFloat,
  reshape,
  ShapeError,
  shapesEqual,
  sort,
  subtract,
  sum,
  type Tensor,
  takeAlongAxis,
  where,
} from '@cotangent/tensor';
import { ignoredLabel, type LabelOptions, markIgnored, requireLabelRange } from './labels.js';
import { lovaszGradient } from './lovasz-gradient.js';
import { widenHalf } from './precision.js';
import { type LossReduction, reduceLosses } from './reduction.js';

/** How the Lovász hinge is taken. */
export interface LovaszHingeOptions extends LabelOptions {
  /** A loss for each image, averaged, as Kornia does; by default the batch is one set of pixels. */
  readonly perImage?: boolean;
  /** Over images; `'none'` keeps `[n]`, or `[1]` without `perImage`. */
  readonly reduction?: LossReduction;
}

const op = 'lovaszHingeLoss';

const requireBinary = (logits: Tensor, target: Tensor): void => {
  requireFloat(op, logits);
  const [imageCount, ...rest] = logits.shape;
  const fits =
    shapesEqual(logits.shape, target.shape) ||
    (rest[0] === 1 && shapesEqual([imageCount as number, ...rest.slice(1)], target.shape));
  if (!fits || logits.rank === 0) {
    throw new ShapeError(op, 'logits and target do not agree.', {
      sides: { logits: logits.shape, target: target.shape },
      hint: 'Logits are [n, ...spatial] or [n, 1, ...spatial], the target [n, ...spatial].',
    });
  }
  if (isFloat(target.dtype)) {
    throw new DtypeError(op, 'labels are integers or bool.', {
      sides: { target: target.dtype },
      hint: "Use cast(target, 'int32').",
    });
  }
  if (imageCount === 0) throw new ShapeError(op, 'the batch is empty.', { sides: { logits: logits.shape } });
};

/**
 * The Lovász hinge: a convex surrogate of `1 − IoU` for binary labels, 0 and 1.
 *
 * `logits` are `[n, ...spatial]` or `[n, 1, ...spatial]` floating point, positive for label 1; `target` is
 * `[n, ...spatial]`, integer or bool. Gives a scalar unless `reduction` is `'none'`; 0 with zero gradient where every
 * pixel is ignored. Throws ShapeError, DtypeError, and ValueError for another label (see `validate`).
 *
 * Yu and Blaschko 2015; Berman, Rannen Triki and Blaschko 2018, "The Lovász-Softmax loss".
 */
export const lovaszHingeLoss = (logits: Tensor, target: Tensor, options: LovaszHingeOptions = {}): Tensor => {
  const { perImage = false, reduction, ignoreIndex } = options;
  requireBinary(logits, target);
  requireLabelRange(op, target, 2, options);

  const setCount = perImage ? (logits.shape[0] as number) : 1;
  const pixelSets = [setCount, logits.size / setCount];
  const scores = reshape(widenHalf(logits), pixelSets);
  const labels = reshape(markIgnored(target, ignoreIndex), pixelSets);

  const margin = subtract(1, where(equal(labels, 1), scores, negate(scores)));
  // An ignored pixel has error 0: it adds nothing, and where those after it have less, they add nothing either.
  const errors = ignoreIndex === undefined ? margin : where(notEqual(labels, ignoredLabel), margin, 0);
  const { values, indices: order } = sort(errors, { descending: true });
  const jaccard = lovaszGradient(equal(takeAlongAxis(labels, order), 1), errors.dtype);
  const losses = sum(multiply(relu(values), jaccard), { axes: 1 });
  return reduceLosses(op, losses, reduction);
};
