import { groupNorm, layerNorm, ones, rmsNorm, type Shape, type Tensor, zeros } from '@cotangent/tensor';
import type { InitializationOptions } from './initialization.js';
import { Module } from './module.js';
import { Parameter } from './parameter.js';

/** How a normalization works, and how it is made. */
export interface NormalizationLayerOptions extends Omit<InitializationOptions, 'key'> {
  /** Added to the variance; 1e-5. */
  readonly epsilon?: number;
  /** Whether a learned scale and shift follow; true. */
  readonly affine?: boolean;
  /** Whether the shift is there too; true. */
  readonly bias?: boolean;
}

const createScaleAndShift = (
  shape: Shape,
  { affine = true, bias = true, ...placement }: NormalizationLayerOptions,
) => ({
  weight: affine ? new Parameter(ones(shape, placement), { name: 'weight' }) : undefined,
  bias: affine && bias ? new Parameter(zeros(shape, placement), { name: 'bias' }) : undefined,
});

/** Normalizes over the last axes, whose sizes are `shape`. Ba, Kiros and Hinton 2016. */
export class LayerNorm extends Module {
  readonly weight: Parameter | undefined;
  readonly bias: Parameter | undefined;
  readonly shape: Shape;
  readonly epsilon: number;

  constructor(shape: number | Shape, options: NormalizationLayerOptions = {}) {
    super();
    this.shape = typeof shape === 'number' ? [shape] : shape;
    this.epsilon = options.epsilon ?? 1e-5;
    const { weight, bias } = createScaleAndShift(this.shape, options);
    this.weight = weight;
    this.bias = bias;
  }

  forward(x: Tensor): Tensor {
    const { weight, bias, epsilon } = this;
    return layerNorm(x, this.shape, { weight, bias, epsilon });
  }
}

/** Normalizes groups of channels of each example. Wu and He 2018. */
export class GroupNorm extends Module {
  /** `[channels]`. */
  readonly weight: Parameter | undefined;
  /** `[channels]`. */
  readonly bias: Parameter | undefined;
  readonly epsilon: number;

  constructor(
    readonly groups: number,
    channels: number,
    options: Omit<NormalizationLayerOptions, 'bias'> = {},
  ) {
    super();
    this.epsilon = options.epsilon ?? 1e-5;
    const { weight, bias } = createScaleAndShift([channels], options);
    this.weight = weight;
    this.bias = bias;
  }

  forward(x: Tensor): Tensor {
    const { weight, bias, epsilon } = this;
    return groupNorm(x, this.groups, { weight, bias, epsilon });
  }
}

/** Divides by the root mean square over the last axes, whose sizes are `shape`. Zhang and Sennrich 2019. */
export class RMSNorm extends Module {
  readonly weight: Parameter | undefined;
  readonly shape: Shape;
  readonly epsilon: number;

  constructor(shape: number | Shape, options: Omit<NormalizationLayerOptions, 'bias'> = {}) {
    super();
    this.shape = typeof shape === 'number' ? [shape] : shape;
    this.epsilon = options.epsilon ?? 1e-5;
    this.weight = createScaleAndShift(this.shape, options).weight;
  }

  forward(x: Tensor): Tensor {
    const { weight, epsilon } = this;
    return rmsNorm(x, this.shape, { weight, epsilon });
  }
}
