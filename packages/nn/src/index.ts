export * from './activations.js';
export { type AttentionMaskOptions, MultiHeadAttention, type MultiHeadAttentionOptions } from './attention.js';
export { BatchNorm1d, BatchNorm2d, BatchNorm3d, type BatchNormLayerOptions } from './batch-norm.js';
export { Flatten, Identity, type Layer, Sequential } from './containers.js';
export { Conv1d, Conv2d, Conv3d, type ConvolutionLayerOptions } from './convolution.js';
export { Dropout, type DropoutLayerOptions } from './dropout.js';
export { Embedding, type EmbeddingLayerOptions } from './embedding.js';
export type { InitializationOptions } from './initialization.js';
export { Linear, type LinearOptions } from './linear.js';
export { type LoadStateDictOptions, Module, type StateDictOptions } from './module.js';
export { GroupNorm, LayerNorm, type NormalizationLayerOptions, RMSNorm } from './normalization.js';
export { Parameter } from './parameter.js';
export * from './pooling.js';
export type { StateDict, StateDictDifference } from './state-dict.js';
export {
  ConvTranspose1d,
  ConvTranspose2d,
  ConvTranspose3d,
  type TransposedConvolutionLayerOptions,
} from './transposed-convolution.js';
