import {
  convTranspose1d,
  convTranspose2d,
  convTranspose3d,
  type PerSpatialAxis,
  sizeOf,
  type Tensor,
  type TransposedConvolutionOptions,
} from '@cotangent/tensor';
import { kernelShape, requireGroups } from './convolution.js';
import { createWeightAndBias, type InitializationOptions } from './initialization.js';
import { Module } from './module.js';
import type { Parameter } from './parameter.js';

/** How a transposed convolution walks, and how it is made. */
export interface TransposedConvolutionLayerOptions
  extends Omit<TransposedConvolutionOptions, 'bias'>,
    InitializationOptions {
  /** Whether a learned number is added to each output channel; true. */
  readonly bias?: boolean;
}

/** What the transposed convolutions of all ranks share. */
abstract class TransposedConvolution extends Module {
  /** `[inputs, outputs / groups, ...kernel]`. */
  readonly weight: Parameter;
  /** `[outputs]`. */
  readonly bias: Parameter | undefined;
  readonly options: TransposedConvolutionLayerOptions;

  constructor(
    spatialRank: number,
    inputs: number,
    outputs: number,
    kernelSize: PerSpatialAxis,
    options: TransposedConvolutionLayerOptions,
  ) {
    super();
    const { groups = 1 } = options;
    requireGroups(this.constructor.name, { inputs, outputs }, groups);
    const shape = [inputs, outputs / groups, ...kernelShape(kernelSize, spatialRank)];
    // PyTorch takes the second axis for the fan-in here too, though outputs sum over the first.
    const { weight, bias } = createWeightAndBias(shape, [outputs], sizeOf(shape.slice(1)), options);
    this.weight = weight;
    this.bias = bias;
    this.options = options;
  }

  protected convolve(convolution: typeof convTranspose2d, x: Tensor): Tensor {
    return convolution(x, this.weight, { ...this.options, bias: this.bias });
  }
}

/** Transpose of a 1-D convolution: `[n, inputs, l]` to `[n, outputs, l']`. */
export class ConvTranspose1d extends TransposedConvolution {
  constructor(
    inputs: number,
    outputs: number,
    kernelSize: PerSpatialAxis,
    options: TransposedConvolutionLayerOptions = {},
  ) {
    super(1, inputs, outputs, kernelSize, options);
  }

  forward(x: Tensor): Tensor {
    return this.convolve(convTranspose1d, x);
  }
}

/** Transpose of a 2-D convolution: `[n, inputs, h, w]` to `[n, outputs, h', w']`; with stride 2 it doubles the sizes. */
export class ConvTranspose2d extends TransposedConvolution {
  constructor(
    inputs: number,
    outputs: number,
    kernelSize: PerSpatialAxis,
    options: TransposedConvolutionLayerOptions = {},
  ) {
    super(2, inputs, outputs, kernelSize, options);
  }

  forward(x: Tensor): Tensor {
    return this.convolve(convTranspose2d, x);
  }
}

/** Transpose of a 3-D convolution: `[n, inputs, d, h, w]` to `[n, outputs, d', h', w']`. */
export class ConvTranspose3d extends TransposedConvolution {
  constructor(
    inputs: number,
    outputs: number,
    kernelSize: PerSpatialAxis,
    options: TransposedConvolutionLayerOptions = {},
  ) {
    super(3, inputs, outputs, kernelSize, options);
  }

  forward(x: Tensor): Tensor {
    return this.convolve(convTranspose3d, x);
  }
}
