import {
  add,
  equal,
  multiply,
  onesLike,
  reciprocal,
  square,
  subtract,
  sum,
  type Tensor,
  where,
} from '@cotangent/tensor';
import { korniaDiceLoss } from './kornia.js';
import { areasOf, type OverlapOptions, overlapLoss, resolveClassReduction, smoothRatio } from './overlap.js';
import { reduceLosses, requireChoice } from './reduction.js';

/** How the dice loss is taken. */
export interface DiceOptions extends OverlapOptions {
  /**
   * `'kornia'` gives the numbers of Kornia's `dice_loss`, which takes each image by itself, labels other classes with
   * 1e-6 and adds `epsilon` below the line; `average` is `'micro'` by default there.
   */
  readonly compat?: 'kornia';
  /** Of `compat: 'kornia'`; 1e-8. */
  readonly epsilon?: number;
}

/**
 * Dice loss: `1 − 2|P ∩ Y| / (|P| + |Y|)` with soft areas.
 *
 * `logits` are `[n, c, ...spatial]` floating point; `target` is `[n, ...spatial]` integer labels, or a share for each class
 * and pixel in the logits' shape and dtype. Gives a scalar unless `reduction` is `'none'`; 0 where no class counts.
 * float16 is computed in float32, and so is the loss. Milletari, Navab and Ahmadi 2016, "V-Net".
 */
export const diceLoss = (logits: Tensor, target: Tensor, options: DiceOptions = {}): Tensor => {
  const op = 'diceLoss';
  if (options.compat !== undefined) {
    requireChoice(op, 'compat', options.compat, ['kornia']);
    return korniaDiceLoss(op, logits, target, options);
  }
  return overlapLoss(op, logits, target, options, ({ overlap, predicted, labelled }) =>
    subtract(1, smoothRatio(multiply(overlap, 2), add(predicted, labelled), options.smooth)),
  );
};

/** How the generalized dice loss is taken. */
export interface GeneralizedDiceOptions extends Omit<OverlapOptions, 'average' | 'weight'> {
  /** How a class weighs by its labelled area: `'square'` (default) `1/area²`, `'simple'` `1/area`, or `'uniform'`. */
  readonly weighting?: 'square' | 'simple' | 'uniform';
}

/**
 * Generalized dice loss: overlaps and areas of classes are added up, small classes weighing more. A class without a
 * labelled pixel has weight 0. Inputs as for `diceLoss`; `reduction: 'none'` keeps `[n]` with `perImage`, else `[1]`.
 *
 * Sudre et al. 2017, "Generalised Dice overlap as a deep learning loss function".
 */
export const generalizedDiceLoss = (logits: Tensor, target: Tensor, options: GeneralizedDiceOptions = {}): Tensor => {
  const op = 'generalizedDiceLoss';
  const { weighting = 'square', smooth, reduction } = options;
  requireChoice(op, 'weighting', weighting, ['square', 'simple', 'uniform']);
  const { overlap, predicted, labelled } = areasOf(
    op,
    logits,
    target,
    options,
    resolveClassReduction(op, logits, options),
  );
  const isAbsent = equal(labelled, 0);
  const present = where(isAbsent, 1, labelled);
  const rarity =
    weighting === 'uniform' ? onesLike(present) : reciprocal(weighting === 'square' ? square(present) : present);
  const weight = where(isAbsent, 0, rarity);
  const total = (area: Tensor): Tensor => sum(multiply(area, weight), { axes: 1 });
  const ratio = smoothRatio(multiply(total(overlap), 2), total(add(predicted, labelled)), smooth);
  return reduceLosses(op, subtract(1, ratio), reduction);
};
