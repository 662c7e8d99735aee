import { add, matmul, swapAxes, type Tensor } from '@cotangent/tensor';
import { createWeightAndBias, type InitializationOptions } from './initialization.js';
import { Module } from './module.js';
import type { Parameter } from './parameter.js';

/** How a linear layer is made. */
export interface LinearOptions extends InitializationOptions {
  /** Whether a learned vector is added; true. */
  readonly bias?: boolean;
}

/** `x·weightᵀ + bias` over the last axis: `[..., inputs]` to `[..., outputs]`. */
export class Linear extends Module {
  /** `[outputs, inputs]`. */
  readonly weight: Parameter;
  /** `[outputs]`. */
  readonly bias: Parameter | undefined;

  constructor(inputs: number, outputs: number, options: LinearOptions = {}) {
    super();
    const { weight, bias } = createWeightAndBias([outputs, inputs], [outputs], inputs, options);
    this.weight = weight;
    this.bias = bias;
  }

  forward(x: Tensor): Tensor {
    const product = matmul(x, swapAxes(this.weight, 0, 1));
    return this.bias === undefined ? product : add(product, this.bias);
  }
}
