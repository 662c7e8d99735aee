import {
  add,
  cast,
  divide,
  equal,
  expandDims,
  greater,
  iota,
  isFloat,
  multiply,
  notEqual,
  reshape,
  ShapeError,
  shapesEqual,
  sigmoid,
  softmax,
  sum,
  type Tensor,
  ValueError,
  where,
} from '@cotangent/tensor';
import { requireClassAxis, requireClassWeight, requireLabelsFor } from './class-logits.js';
import { type ClassReduction, reduceClasses, weighClasses } from './class-reduction.js';
import { type CountedClasses, requireCountedClasses, selectClasses } from './counted-classes.js';
import { ignoredLabel, type LabelOptions, markIgnored, requireLabelRange } from './labels.js';
import { widenHalf } from './precision.js';
import { type LossReduction, reduceLosses, requireChoice, requireReduction } from './reduction.js';

/** What the losses that compare areas (dice, Jaccard, Tversky) take. */
export interface OverlapOptions extends LabelOptions {
  /** `'macro'` (default) averages the losses of classes, `'micro'` adds up the areas of classes first. */
  readonly average?: 'macro' | 'micro';
  /** `[c]`: multiplies the losses of classes before they are averaged, or their areas; not normalized. */
  readonly weight?: Tensor;
  /** `'present'` by default: a class without a labelled pixel doesn't count. */
  readonly classes?: CountedClasses;
  /** A loss for each image, averaged; by default the batch is one set of pixels. */
  readonly perImage?: boolean;
  /** Over the classes that count and over images. `'none'` keeps `[n]` with `perImage`, and `[c]` with `average: 'macro'`. */
  readonly reduction?: LossReduction;
  /** The input holds probabilities: no softmax, no sigmoid. */
  readonly fromProbabilities?: boolean;
  /** Classes are independent of each other: a sigmoid for each in place of the softmax. */
  readonly multiLabel?: boolean;
  /** Added above and below the line of the ratio of areas; 0. */
  readonly smooth?: number;
}

/** Areas in pixels, `[s, c]`: of each class in each set of pixels. */
export interface Areas {
  /** Sum of prediction times label. */
  readonly overlap: Tensor;
  readonly predicted: Tensor;
  readonly labelled: Tensor;
}

/** Fills in the defaults of the reduction and checks it. */
export const resolveClassReduction = (op: string, logits: Tensor, options: OverlapOptions): ClassReduction => {
  const { weight, classes = 'present', perImage = false, reduction = 'mean' } = options;
  requireClassAxis(op, logits);
  requireClassWeight(op, logits, weight);
  requireCountedClasses(op, classes, logits.shape[1] as number);
  requireReduction(op, reduction);
  requireChoice(op, 'average', options.average ?? 'macro', ['macro', 'micro']);
  return { weight, classes, perImage, reduction };
};

/** The share of each class in each pixel, as labels say: `[n, c, ...spatial]`, 0 in ignored pixels. */
const labelShares = (op: string, logits: Tensor, target: Tensor, options: OverlapOptions): Tensor => {
  if (isFloat(target.dtype)) {
    if (!shapesEqual(logits.shape, target.shape)) {
      throw new ShapeError(op, 'logits and target shares do not agree.', {
        sides: { logits: logits.shape, target: target.shape },
        hint: 'A floating-point target holds a share for each class and pixel; labels are integers.',
      });
    }
    if (options.ignoreIndex !== undefined) {
      throw new ValueError(op, 'ignoreIndex needs labels, the target holds shares.');
    }
    return widenHalf(target);
  }
  requireLabelsFor(op, logits, target);
  requireLabelRange(op, target, logits.shape[1] as number, options);
  const classIndex = iota(logits.shape, 1, { device: logits.device });
  const labels = markIgnored(target, options.ignoreIndex);
  return cast(equal(expandDims(labels, 1), classIndex), widenHalf(logits).dtype);
};

/** Probabilities `[n, c, ...spatial]` by the options' activation, 0 in ignored pixels. */
const predictedShares = (logits: Tensor, target: Tensor, options: OverlapOptions): Tensor => {
  const { fromProbabilities = false, multiLabel = false, ignoreIndex } = options;
  const scores = widenHalf(logits);
  const probabilities = fromProbabilities ? scores : multiLabel ? sigmoid(scores) : softmax(scores, { axis: 1 });
  return ignoreIndex === undefined
    ? probabilities
    : where(notEqual(expandDims(markIgnored(target, ignoreIndex), 1), ignoredLabel), probabilities, 0);
};

/** Sums over the pixels of each set: `[n, c, ...spatial]` to `[s, c]`. */
export const sumPixels = (x: Tensor, perImage: boolean): Tensor => {
  const axes = x.shape.map((_, axis) => axis).filter((axis) => axis > 1 || (axis === 0 && !perImage));
  const [imageCount, classCount] = x.shape as [number, number];
  return reshape(sum(x, { axes }), [perImage ? imageCount : 1, classCount]);
};

const mapAreas = ({ overlap, predicted, labelled }: Areas, change: (area: Tensor) => Tensor): Areas => ({
  overlap: change(overlap),
  predicted: change(predicted),
  labelled: change(labelled),
});

/** Areas of the selected classes. */
export const areasOf = (
  op: string,
  logits: Tensor,
  target: Tensor,
  options: OverlapOptions,
  { classes, perImage }: ClassReduction,
): Areas => {
  const labelled = labelShares(op, logits, target, options);
  const predicted = predictedShares(logits, target, options);
  return mapAreas({ overlap: multiply(predicted, labelled), predicted, labelled }, (shares) =>
    selectClasses(sumPixels(shares, perImage), classes),
  );
};

/** `(above + smooth) / (below + smooth)`; 1 where that is nothing by nothing. */
export const smoothRatio = (above: Tensor, below: Tensor, smooth = 0): Tensor => {
  const [numerator, denominator] = smooth === 0 ? [above, below] : [add(above, smooth), add(below, smooth)];
  const isEmpty = equal(denominator, 0);
  return where(isEmpty, 1, divide(numerator, where(isEmpty, 1, denominator)));
};

/** The loss that `lossOf` gives for areas, taken for each class or for their sum. */
export const overlapLoss = (
  op: string,
  logits: Tensor,
  target: Tensor,
  options: OverlapOptions,
  lossOf: (areas: Areas) => Tensor,
): Tensor => {
  const classReduction = resolveClassReduction(op, logits, options);
  const { classes, weight, reduction } = classReduction;
  const areas = areasOf(op, logits, target, options, classReduction);
  const isPresent = greater(areas.labelled, 0);
  if (options.average !== 'micro') return reduceClasses(lossOf(areas), isPresent, classReduction);
  const addClasses = (area: Tensor): Tensor => {
    const counted = classes === 'present' ? where(isPresent, area, 0) : area;
    return sum(weighClasses(counted, weight, classes), { axes: 1 });
  };
  return reduceLosses(op, lossOf(mapAreas(areas, addClasses)), reduction);
};
