import {
  add,
  broadcastTo,
  exp,
  logSigmoid,
  logSoftmax,
  multiply,
  negate,
  notEqual,
  subtract,
  type Tensor,
  where,
} from '@cotangent/tensor';
import { alongClasses, requireClassAxis, requireClassWeight, requireLabelsFor } from './class-logits.js';
import { requireSameShape } from './elementwise-pair.js';
import { alphaFactors, hardness } from './focal-terms.js';
import { korniaFocalLoss } from './kornia.js';
import { atLabel, ignoredLabel, type LabelOptions, markIgnored, requireLabelRange } from './labels.js';
import { widenHalf } from './precision.js';
import { type LossReduction, reduceLosses, reduceWeighted, requireChoice } from './reduction.js';

/** How the focal loss is taken. */
export interface FocalOptions extends LabelOptions {
  /** Balance of foreground and background: class 0 weighs `1 − alpha`, every other class `alpha`. By default all weigh 1. */
  readonly alpha?: number;
  /** How much a pixel that is nearly right counts less; 2. With 0 it is cross-entropy. */
  readonly gamma?: number;
  /** `[c]`: the weight of a pixel by its class. */
  readonly weight?: Tensor;
  /** `'mean'` is over the pixels that count, and 0 where none does; `'none'` keeps `[n, ...spatial]`. */
  readonly reduction?: LossReduction;
  /**
   * `'kornia'` gives the numbers of Kornia's `focal_loss`, which labels other classes with 1e-6, divides by the number of
   * pixels and classes, ignored ones too, and keeps `[n, c, ...spatial]` with `'none'`.
   */
  readonly compat?: 'kornia';
}

/**
 * Focal loss: `−α(1 − p)^γ·ln p` with `p` the probability of the label.
 *
 * `logits` are `[n, c, ...spatial]` floating point, `target` is `[n, ...spatial]` integer labels. Gives a scalar unless
 * `reduction` is `'none'`. float16 is computed in float32, and so is the loss. Lin et al. 2017.
 */
export const focalLoss = (logits: Tensor, target: Tensor, options: FocalOptions = {}): Tensor => {
  const op = 'focalLoss';
  if (options.compat !== undefined) {
    requireChoice(op, 'compat', options.compat, ['kornia']);
    return korniaFocalLoss(op, logits, target, options);
  }
  const { alpha, gamma = 2, weight, ignoreIndex, reduction } = options;
  requireClassAxis(op, logits);
  requireClassWeight(op, logits, weight);
  requireLabelsFor(op, logits, target);
  requireLabelRange(op, target, logits.shape[1] as number, options);
  const labels = markIgnored(target, ignoreIndex);
  const logProbabilities = logSoftmax(widenHalf(logits), { axis: 1 });
  const logProbability = atLabel(logProbabilities, labels);
  const difficulty = hardness(subtract(1, exp(logProbability)), gamma);
  const factors = [
    ...(alpha === undefined ? [] : [alphaFactors(alpha, logProbabilities)]),
    ...(weight === undefined ? [] : [alongClasses(weight, logits.rank)]),
  ].map((factor) => atLabel(broadcastTo(factor, logits.shape), labels));
  const losses = factors.reduce(multiply, negate(multiply(difficulty, logProbability)));
  return reduceWeighted(op, losses, ignoreIndex === undefined ? undefined : notEqual(labels, ignoredLabel), reduction);
};

/** How the binary focal loss is taken. */
export interface BinaryFocalOptions {
  /** The weight of positive targets, that of negative ones being `1 − alpha`; 0.25. `null` weighs both 1. */
  readonly alpha?: number | null;
  /** How much an element that is nearly right counts less; 2. */
  readonly gamma?: number;
  /** `[c]` along axis 1: multiplies the loss of positive targets. */
  readonly posWeight?: Tensor;
  /** `[c]` along axis 1: multiplies losses. */
  readonly weight?: Tensor;
  /** Elements with this target count for nothing. */
  readonly ignoreIndex?: number;
  /** `'mean'` is over the elements that count. */
  readonly reduction?: LossReduction;
  /** `'kornia'` divides by the number of all elements, ignored ones too. */
  readonly compat?: 'kornia';
}

/**
 * Focal loss of logits and targets from 0 to 1, both floating point of one shape `[n, c, ...]`, each element by itself.
 * Lin et al. 2017.
 */
export const binaryFocalLoss = (logits: Tensor, target: Tensor, options: BinaryFocalOptions = {}): Tensor => {
  const op = 'binaryFocalLoss';
  const { alpha = 0.25, gamma = 2, posWeight, weight, ignoreIndex, reduction, compat } = options;
  if (compat !== undefined) requireChoice(op, 'compat', compat, ['kornia']);
  requireClassAxis(op, logits);
  requireSameShape(op, logits, target);
  requireClassWeight(op, logits, weight);
  requireClassWeight(op, logits, posWeight);
  const x = widenHalf(logits);
  const y = widenHalf(target);
  const logPositive = logSigmoid(x);
  const logNegative = logSigmoid(negate(x));
  const weighed = (losses: Tensor, factor: Tensor | undefined): Tensor =>
    factor === undefined ? losses : multiply(losses, alongClasses(factor, x.rank));
  const positive = weighed(multiply(multiply(hardness(exp(logNegative), gamma), y), logPositive), posWeight);
  const negative = multiply(multiply(hardness(exp(logPositive), gamma), subtract(1, y)), logNegative);
  const both = alpha === null ? add(positive, negative) : add(multiply(positive, alpha), multiply(negative, 1 - alpha));
  const losses = weighed(negate(both), weight);
  if (ignoreIndex === undefined) return reduceLosses(op, losses, reduction);
  const isCounted = notEqual(y, ignoreIndex);
  const counted = where(isCounted, losses, 0);
  return compat === undefined
    ? reduceWeighted(op, counted, isCounted, reduction)
    : reduceLosses(op, counted, reduction);
};
