export {
  type BinaryCrossEntropyOptions,
  type BinaryCrossEntropyWithLogitsOptions,
  binaryCrossEntropyLoss,
  binaryCrossEntropyWithLogitsLoss,
} from './binary-cross-entropy.js';
export { combinedLoss, type Loss, type LossTerm } from './combined.js';
export {
  type ConfusionOptions,
  confusionMatrix,
  type IouOptions,
  iouPerClass,
  meanIou,
  pixelAccuracy,
} from './confusion.js';
export type { CountedClasses } from './counted-classes.js';
export { type CrossEntropyOptions, crossEntropyLoss, type NllOptions, nllLoss } from './cross-entropy.js';
export { type DiceOptions, diceLoss, type GeneralizedDiceOptions, generalizedDiceLoss } from './dice.js';
export { type BinaryFocalOptions, binaryFocalLoss, type FocalOptions, focalLoss } from './focal.js';
export {
  psnr,
  psnrLoss,
  type SsimLossOptions,
  type SsimOptions,
  ssim,
  ssimLoss,
  type TotalVariationOptions,
  totalVariation,
} from './image-similarity.js';
export { jaccardLoss } from './jaccard.js';
export {
  type HeatmapDivergenceOptions,
  jsDivergenceLoss2d,
  type KlDivergenceOptions,
  klDivergenceLoss,
  klDivergenceLoss2d,
} from './kl-divergence.js';
export type { LabelOptions } from './labels.js';
export { lovaszGradient } from './lovasz-gradient.js';
export { type LovaszHingeOptions, lovaszHingeLoss } from './lovasz-hinge.js';
export { LovaszSoftmaxLoss, type LovaszSoftmaxOptions, lovaszSoftmaxLoss } from './lovasz-softmax.js';
export {
  cosineEmbeddingLoss,
  type MarginOptions,
  marginRankingLoss,
  softMarginLoss,
  type TripletMarginOptions,
  tripletMarginLoss,
} from './margin.js';
export type { OverlapOptions } from './overlap.js';
export { type PoissonNllOptions, poissonNllLoss } from './poisson.js';
export type { LossReduction } from './reduction.js';
export {
  type ElementLossOptions,
  type HuberOptions,
  huberLoss,
  l1Loss,
  mseLoss,
  type SmoothL1Options,
  smoothL1Loss,
} from './regression.js';
export { cauchyLoss, charbonnierLoss, gemanMcClureLoss, welschLoss } from './robust.js';
export { type FocalTverskyOptions, focalTverskyLoss, type TverskyOptions, tverskyLoss } from './tversky.js';
