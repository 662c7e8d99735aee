import {
  add,
  constant,
  divide,
  equal,
  exp,
  expandDims,
  iota,
  logSoftmax,
  mean,
  multiply,
  negate,
  softmax,
  subtract,
  sum,
  type Tensor,
  where,
} from '@cotangent/tensor';
import { alongClasses, requireClassAxis, requireClassWeight, requireLabelsFor } from './class-logits.js';
import { alphaFactors, hardness } from './focal-terms.js';
import { ignoredLabel, type LabelOptions, markIgnored, requireLabelRange } from './labels.js';
import { sumPixels } from './overlap.js';
import { widenHalf } from './precision.js';
import { type LossReduction, reduceLosses } from './reduction.js';

/** What Kornia's one-hot labels hold for the other classes. */
const otherShare = 1e-6;

/** Kornia's one-hot labels `[n, c, ...spatial]`, and which pixels `[n, 1, ...spatial]` are ignored. */
const korniaLabels = (op: string, logits: Tensor, target: Tensor, options: LabelOptions) => {
  requireLabelsFor(op, logits, target);
  requireLabelRange(op, target, logits.shape[1] as number, options);
  const labels = expandDims(markIgnored(target, options.ignoreIndex), 1);
  const isIgnored = equal(labels, ignoredLabel);
  const isLabelled = equal(labels, iota(logits.shape, 1, { device: logits.device }));
  const one = constant(1, widenHalf(logits).dtype, logits.shape, logits.device);
  return { isIgnored, shares: where(isIgnored, 0, where(isLabelled, one, otherShare)) };
};

/** What Kornia's dice loss takes. */
export interface KorniaDiceOptions extends LabelOptions {
  readonly average?: 'macro' | 'micro';
  readonly weight?: Tensor;
  readonly epsilon?: number;
  readonly reduction?: LossReduction;
}

/** `dice_loss` of Kornia 0.8: each image by itself; weights normalize with `'macro'` and multiply areas with `'micro'`. */
export const korniaDiceLoss = (op: string, logits: Tensor, target: Tensor, options: KorniaDiceOptions): Tensor => {
  const { average = 'micro', weight, epsilon = 1e-8, reduction } = options;
  requireClassAxis(op, logits);
  requireClassWeight(op, logits, weight);
  const { isIgnored, shares } = korniaLabels(op, logits, target, options);
  const probabilities = where(isIgnored, 0, softmax(widenHalf(logits), { axis: 1 }));
  const overlap = sumPixels(multiply(probabilities, shares), true);
  const area = sumPixels(add(probabilities, shares), true);
  const diceOf = (shared: Tensor, all: Tensor): Tensor => subtract(1, divide(multiply(shared, 2), add(all, epsilon)));
  if (average === 'micro') {
    const weighed = (x: Tensor): Tensor => (weight === undefined ? x : multiply(x, weight));
    const losses = diceOf(sum(weighed(weighed(overlap)), { axes: 1 }), sum(weighed(area), { axes: 1 }));
    return reduceLosses(op, losses, reduction);
  }
  const losses = diceOf(overlap, area);
  const imageLosses =
    weight === undefined ? mean(losses, { axes: 1 }) : divide(sum(multiply(losses, weight), { axes: 1 }), sum(weight));
  return reduceLosses(op, imageLosses, reduction);
};

/** What Kornia's focal loss takes. */
export interface KorniaFocalOptions extends LabelOptions {
  readonly alpha?: number | undefined;
  readonly gamma?: number;
  readonly weight?: Tensor;
  readonly reduction?: LossReduction;
}

/** `focal_loss` of Kornia 0.8: all classes of each pixel add up, ignored pixels count in the mean, `'none'` keeps classes. */
export const korniaFocalLoss = (op: string, logits: Tensor, target: Tensor, options: KorniaFocalOptions): Tensor => {
  const { alpha, gamma = 2, weight, reduction } = options;
  requireClassAxis(op, logits);
  requireClassWeight(op, logits, weight);
  const { shares } = korniaLabels(op, logits, target, options);
  const logProbabilities = logSoftmax(widenHalf(logits), { axis: 1 });
  const difficulty = hardness(subtract(1, exp(logProbabilities)), gamma);
  const losses = negate(multiply(multiply(difficulty, logProbabilities), shares));
  const balanced = alpha === undefined ? losses : multiply(losses, alphaFactors(alpha, losses));
  const weighed = weight === undefined ? balanced : multiply(balanced, alongClasses(weight, losses.rank));
  return reduceLosses(op, weighed, reduction);
};
