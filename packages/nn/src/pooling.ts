import {
  type AveragePoolingOptions,
  adaptiveAvgPool2d,
  adaptiveMaxPool2d,
  avgPool1d,
  avgPool2d,
  type InterpolateOptions,
  interpolate,
  type MaxPoolingOptions,
  maxPool1d,
  maxPool2d,
  type PerSpatialAxis,
  type Tensor,
} from '@cotangent/tensor';
import { Module } from './module.js';

/** `maxPool1d`, as a layer. */
export class MaxPool1d extends Module {
  constructor(
    readonly kernelSize: PerSpatialAxis,
    readonly options: Omit<MaxPoolingOptions, 'kernelSize'> = {},
  ) {
    super();
  }

  forward(x: Tensor): Tensor {
    return maxPool1d(x, { ...this.options, kernelSize: this.kernelSize });
  }
}

/** `maxPool2d`, as a layer. */
export class MaxPool2d extends Module {
  constructor(
    readonly kernelSize: PerSpatialAxis,
    readonly options: Omit<MaxPoolingOptions, 'kernelSize'> = {},
  ) {
    super();
  }

  forward(x: Tensor): Tensor {
    return maxPool2d(x, { ...this.options, kernelSize: this.kernelSize });
  }
}

/** `avgPool1d`, as a layer. */
export class AvgPool1d extends Module {
  constructor(
    readonly kernelSize: PerSpatialAxis,
    readonly options: Omit<AveragePoolingOptions, 'kernelSize'> = {},
  ) {
    super();
  }

  forward(x: Tensor): Tensor {
    return avgPool1d(x, { ...this.options, kernelSize: this.kernelSize });
  }
}

/** `avgPool2d`, as a layer. */
export class AvgPool2d extends Module {
  constructor(
    readonly kernelSize: PerSpatialAxis,
    readonly options: Omit<AveragePoolingOptions, 'kernelSize'> = {},
  ) {
    super();
  }

  forward(x: Tensor): Tensor {
    return avgPool2d(x, { ...this.options, kernelSize: this.kernelSize });
  }
}

/** `adaptiveAvgPool2d`, as a layer. */
export class AdaptiveAvgPool2d extends Module {
  constructor(readonly outputSize: PerSpatialAxis) {
    super();
  }

  forward(x: Tensor): Tensor {
    return adaptiveAvgPool2d(x, this.outputSize);
  }
}

/** `adaptiveMaxPool2d`, as a layer. */
export class AdaptiveMaxPool2d extends Module {
  constructor(readonly outputSize: PerSpatialAxis) {
    super();
  }

  forward(x: Tensor): Tensor {
    return adaptiveMaxPool2d(x, this.outputSize);
  }
}

/** `interpolate`, as a layer. */
export class Upsample extends Module {
  constructor(readonly options: InterpolateOptions) {
    super();
  }

  forward(x: Tensor): Tensor {
    return interpolate(x, this.options);
  }
}
