import { add, divide, greater, multiply, power, subtract, type Tensor, ValueError, where } from '@cotangent/tensor';
import { type Areas, type OverlapOptions, overlapLoss, smoothRatio } from './overlap.js';
import { requireChoice } from './reduction.js';

/** How false positives and false negatives weigh. */
export interface TverskyOptions extends OverlapOptions {
  /** Weight of false positives; 0.5. */
  readonly alpha?: number;
  /** Weight of false negatives; 0.5. With 0.5 for both it is the dice loss, with 1 the Jaccard loss. */
  readonly beta?: number;
  /**
   * `'kornia'` gives the numbers of Kornia's `tversky_loss`: `average: 'micro'`, each image by itself, `epsilon` below the
   * line. False positives and negatives of all classes are equally many there, so that only `alpha + beta` matters.
   */
  readonly compat?: 'kornia';
  /** Of `compat: 'kornia'`; 1e-8. */
  readonly epsilon?: number;
}

/** The Tversky index `TP / (TP + α·FP + β·FN)`. */
const tverskyIndex = ({ overlap, predicted, labelled }: Areas, options: TverskyOptions): Tensor => {
  const { alpha = 0.5, beta = 0.5, smooth, compat, epsilon = 1e-8 } = options;
  const falsePositive = subtract(predicted, overlap);
  const falseNegative = subtract(labelled, overlap);
  const below = add(overlap, add(multiply(falsePositive, alpha), multiply(falseNegative, beta)));
  return compat === 'kornia' ? divide(overlap, add(below, epsilon)) : smoothRatio(overlap, below, smooth);
};

const resolveCompat = (op: string, options: TverskyOptions): TverskyOptions => {
  if (options.compat === undefined) return options;
  requireChoice(op, 'compat', options.compat, ['kornia']);
  return { ...options, average: 'micro', perImage: true, classes: 'all' };
};

/**
 * Tversky loss: `1 − TP / (TP + α·FP + β·FN)` with soft areas. Inputs as for `diceLoss`.
 *
 * Salehi, Erdogmus and Gholipour 2017.
 */
export const tverskyLoss = (logits: Tensor, target: Tensor, options: TverskyOptions = {}): Tensor => {
  const resolved = resolveCompat('tverskyLoss', options);
  return overlapLoss('tverskyLoss', logits, target, resolved, (areas) => subtract(1, tverskyIndex(areas, resolved)));
};

/** How the focal Tversky loss is taken. */
export interface FocalTverskyOptions extends Omit<TverskyOptions, 'compat' | 'epsilon'> {
  /** The loss is `(1 − index)^(1/γ)`: above 1 it dwells on classes that are nearly right less; 4/3. */
  readonly gamma?: number;
}

/** Focal Tversky loss: `(1 − index)^(1/γ)`. Inputs as for `diceLoss`. Abraham and Khan 2019. */
export const focalTverskyLoss = (logits: Tensor, target: Tensor, options: FocalTverskyOptions = {}): Tensor => {
  const op = 'focalTverskyLoss';
  const { gamma = 4 / 3 } = options;
  if (!(gamma > 0)) throw new ValueError(op, 'gamma is above 0.', { sides: { gamma } });
  return overlapLoss(op, logits, target, options, (areas) => {
    const loss = subtract(1, tverskyIndex(areas, options));
    const isAbove = greater(loss, 0);
    return where(isAbove, power(where(isAbove, loss, 1), 1 / gamma), 0);
  });
};
