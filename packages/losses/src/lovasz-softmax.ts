import {
  abs,
  broadcastTo,
  cast,
  equal,
  expandDims,
  greater,
  iota,
  moveAxis,
  multiply,
  notEqual,
  reshape,
  ShapeError,
  softmax,
  sort,
  subtract,
  sum,
  type Tensor,
  takeAlongAxis,
  ValueError,
  where,
} from '@cotangent/tensor';
import { requireClassWeight, requireLabelsFor } from './class-logits.js';
import { reduceClasses } from './class-reduction.js';
import { type CountedClasses, requireCountedClasses, selectClasses } from './counted-classes.js';
import { ignoredLabel, type LabelOptions, markIgnored, requireLabelRange } from './labels.js';
import { lovaszGradient } from './lovasz-gradient.js';
import { widenHalf } from './precision.js';
import { type LossReduction, requireChoice, requireReduction } from './reduction.js';

/** How the Lovász-softmax loss is taken. */
export interface LovaszSoftmaxOptions extends LabelOptions {
  /** `[c]`: multiplies the losses of classes before they are averaged; not normalized. */
  readonly weight?: Tensor;
  /** `'present'` by default: a class without a labelled pixel doesn't count. */
  readonly classes?: CountedClasses;
  /** A loss for each image, averaged; by default the batch is one set of pixels, as evaluation takes it. */
  readonly perImage?: boolean;
  /** Over the classes that count and over images. `'none'` keeps `[c]`, or `[n, c]` with `perImage`; 0 where none counts. */
  readonly reduction?: LossReduction;
  /** The input holds probabilities: no softmax. */
  readonly fromProbabilities?: boolean;
  /**
   * `'kornia'` gives the numbers of Kornia's `lovasz_softmax_loss` as shipped: raw label values where the paper has the
   * mask of a class, every class, every image by itself. Takes `[n, c, h, w]`, no `classes`, `perImage`, `ignoreIndex`.
   */
  readonly compat?: 'kornia';
}

const op = 'lovaszSoftmaxLoss';

/** Fills in the defaults and checks what the types can't. */
const resolveOptions = (logits: Tensor, options: LovaszSoftmaxOptions) => {
  const isKornia = options.compat !== undefined;
  const { classes = isKornia ? 'all' : 'present', perImage = isKornia, reduction = 'mean' } = options;
  const { weight, ignoreIndex, fromProbabilities = false } = options;
  const [imageCount, classCount] = logits.shape as [number, number];
  requireCountedClasses(op, classes, classCount);
  requireClassWeight(op, logits, weight);
  requireReduction(op, reduction);
  if (imageCount === 0) throw new ShapeError(op, 'the batch is empty.', { sides: { logits: logits.shape } });
  if (classCount < 2 && !fromProbabilities) {
    throw new ShapeError(op, 'a softmax over one class is always 1.', {
      sides: { logits: logits.shape },
      hint: 'Use lovaszHingeLoss for binary labels.',
    });
  }
  if (isKornia) requireKornia(logits, options);
  return { isKornia, classes, perImage, reduction, weight, ignoreIndex, fromProbabilities };
};

const requireKornia = (logits: Tensor, { compat, classes, perImage, ignoreIndex }: LovaszSoftmaxOptions): void => {
  requireChoice(op, 'compat', compat as string, ['kornia']);
  if (logits.rank !== 4) {
    throw new ShapeError(op, "compat: 'kornia' takes [n, c, h, w].", { sides: { logits: logits.shape } });
  }
  if (classes !== undefined || perImage !== undefined || ignoreIndex !== undefined) {
    throw new ValueError(op, "compat: 'kornia' fixes classes, perImage and ignoreIndex.", {
      hint: 'Kornia averages over images and all classes, and ignores no label.',
    });
  }
};

/** `[n, c, ...spatial]` as sets of pixels `[s, c, p]`: one for each image, or one for the batch. */
const pixelSets = (x: Tensor, perImage: boolean): Tensor => {
  const [imageCount, classCount, ...spatial] = x.shape as [number, number, ...number[]];
  const pixelCount = spatial.reduce((count, extent) => count * extent, 1);
  return perImage
    ? reshape(x, [imageCount, classCount, pixelCount])
    : reshape(moveAxis(x, 1, 0), [1, classCount, imageCount * pixelCount]);
};

/**
 * The Lovász-softmax loss: a convex surrogate of `1 − IoU`, averaged over classes.
 *
 * `logits` are `[n, c, ...spatial]` floating point, `target` is `[n, ...spatial]` integer labels, with any number of
 * spatial axes, or none. Gives a scalar unless `reduction` is `'none'`; 0 with zero gradient where no class counts.
 * float16 is computed in float32, and so is the loss. Pixels of equal error keep their order; no gradient flows through
 * the order. With `classes: 'all'` and `perImage: true` absent classes dominate, and training on it alone does worse.
 *
 * Throws ShapeError, DtypeError, and ValueError for a label that is no class (see `validate`).
 *
 * Berman, Rannen Triki and Blaschko 2018, "The Lovász-Softmax loss".
 *
 * @example
 * const logits = tensor([[2, 0], [0, 1]]);
 * await lovaszSoftmaxLoss(logits, tensor([0, 1], { dtype: 'int32' })).item(); // => 0.2315
 */
export const lovaszSoftmaxLoss = (logits: Tensor, target: Tensor, options: LovaszSoftmaxOptions = {}): Tensor => {
  requireLabelsFor(op, logits, target);
  const resolved = resolveOptions(logits, options);
  const { isKornia, classes, perImage, ignoreIndex, fromProbabilities } = resolved;
  const classCount = logits.shape[1] as number;
  requireLabelRange(op, target, classCount, options);

  const scores = widenHalf(logits);
  const probabilities = pixelSets(fromProbabilities ? scores : softmax(scores, { axis: 1 }), perImage);
  const labels = pixelSets(expandDims(markIgnored(target, ignoreIndex), 1), perImage);
  const classIndex = selectClasses(iota([1, classCount, 1], 1, { device: logits.device }), classes);
  const foreground = equal(labels, classIndex);

  const distance = abs(subtract(cast(foreground, scores.dtype), selectClasses(probabilities, classes)));
  // An ignored pixel has error 0: it adds nothing itself, and neither do those after it, whose error is 0 too.
  const errors = ignoreIndex === undefined ? distance : where(notEqual(labels, ignoredLabel), distance, 0);
  const { values, indices: order } = sort(errors, { descending: true });
  const sortedLabels = takeAlongAxis(broadcastTo(labels, errors.shape), order);
  const jaccard = lovaszGradient(isKornia ? sortedLabels : equal(sortedLabels, classIndex), errors.dtype);
  const losses = sum(multiply(values, jaccard), { axes: 2 });

  return reduceClasses(losses, greater(sum(foreground, { axes: 2 }), 0), resolved);
};

/** The Lovász-softmax loss with its options fixed. */
export class LovaszSoftmaxLoss {
  constructor(readonly options: LovaszSoftmaxOptions = {}) {}

  /** `lovaszSoftmaxLoss(logits, target, options)`. */
  forward(logits: Tensor, target: Tensor): Tensor {
    return lovaszSoftmaxLoss(logits, target, this.options);
  }
}
