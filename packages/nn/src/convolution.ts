import {
  type ConvolutionOptions,
  conv1d,
  conv2d,
  conv3d,
  type PerSpatialAxis,
  sizeOf,
  type Tensor,
  ValueError,
} from '@cotangent/tensor';
import { createWeightAndBias, type InitializationOptions } from './initialization.js';
import { Module } from './module.js';
import type { Parameter } from './parameter.js';

/** How a convolution walks, and how it is made. */
export interface ConvolutionLayerOptions extends Omit<ConvolutionOptions, 'bias'>, InitializationOptions {
  /** Whether a learned number is added to each output channel; true. */
  readonly bias?: boolean;
}

/** Sizes of a kernel with one number, or one for each of `spatialRank` axes. */
export const kernelShape = (kernelSize: PerSpatialAxis, spatialRank: number): readonly number[] =>
  typeof kernelSize === 'number' ? new Array<number>(spatialRank).fill(kernelSize) : kernelSize;

/** Throws ValueError where channels do not split into groups. */
export const requireGroups = (name: string, channels: Readonly<Record<string, number>>, groups: number): void => {
  for (const [label, count] of Object.entries(channels)) {
    if (!Number.isInteger(groups) || groups < 1 || count % groups !== 0) {
      throw new ValueError(name, `${count} ${label} do not split into ${groups} groups.`, {
        sides: { [label]: count, groups },
      });
    }
  }
};

/** What the convolutions of all ranks share. */
abstract class Convolution extends Module {
  /** `[outputs, inputs / groups, ...kernel]`. */
  readonly weight: Parameter;
  /** `[outputs]`. */
  readonly bias: Parameter | undefined;
  readonly options: ConvolutionLayerOptions;

  constructor(
    spatialRank: number,
    inputs: number,
    outputs: number,
    kernelSize: PerSpatialAxis,
    options: ConvolutionLayerOptions,
  ) {
    super();
    const { groups = 1 } = options;
    requireGroups(this.constructor.name, { inputs, outputs }, groups);
    const shape = [outputs, inputs / groups, ...kernelShape(kernelSize, spatialRank)];
    const { weight, bias } = createWeightAndBias(shape, [outputs], sizeOf(shape.slice(1)), options);
    this.weight = weight;
    this.bias = bias;
    this.options = options;
  }

  protected convolve(convolution: typeof conv2d, x: Tensor): Tensor {
    return convolution(x, this.weight, { ...this.options, bias: this.bias });
  }
}

/** 1-D convolution `[n, inputs, l]` to `[n, outputs, l']`. */
export class Conv1d extends Convolution {
  constructor(inputs: number, outputs: number, kernelSize: PerSpatialAxis, options: ConvolutionLayerOptions = {}) {
    super(1, inputs, outputs, kernelSize, options);
  }

  forward(x: Tensor): Tensor {
    return this.convolve(conv1d, x);
  }
}

/** 2-D convolution `[n, inputs, h, w]` to `[n, outputs, h', w']`. */
export class Conv2d extends Convolution {
  constructor(inputs: number, outputs: number, kernelSize: PerSpatialAxis, options: ConvolutionLayerOptions = {}) {
    super(2, inputs, outputs, kernelSize, options);
  }

  forward(x: Tensor): Tensor {
    return this.convolve(conv2d, x);
  }
}

/** 3-D convolution `[n, inputs, d, h, w]` to `[n, outputs, d', h', w']`. */
export class Conv3d extends Convolution {
  constructor(inputs: number, outputs: number, kernelSize: PerSpatialAxis, options: ConvolutionLayerOptions = {}) {
    super(3, inputs, outputs, kernelSize, options);
  }

  forward(x: Tensor): Tensor {
    return this.convolve(conv3d, x);
  }
}
