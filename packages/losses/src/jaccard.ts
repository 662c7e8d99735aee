import { add, subtract, type Tensor } from '@cotangent/tensor';
import { type OverlapOptions, overlapLoss, smoothRatio } from './overlap.js';

/**
 * Soft Jaccard loss: `1 − |P ∩ Y| / |P ∪ Y|`. Inputs as for `diceLoss`.
 *
 * Rahman and Wang 2016. For intersection over union `lovaszSoftmaxLoss` is the tighter surrogate.
 */
export const jaccardLoss = (logits: Tensor, target: Tensor, options: OverlapOptions = {}): Tensor =>
  overlapLoss('jaccardLoss', logits, target, options, ({ overlap, predicted, labelled }) =>
    subtract(1, smoothRatio(overlap, subtract(add(predicted, labelled), overlap), options.smooth)),
  );
