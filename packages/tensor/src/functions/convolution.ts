import { ShapeError, shapesEqual, ValueError } from '@cotangent/ir';
import { convolve } from '../ops/contraction.js';
import { add } from '../ops/elementwise.js';
import { flip, reshape, swapAxes } from '../ops/movement.js';
import type { Tensor } from '../tensor.js';
import { requireRank, requireWhole } from './requirements.js';
import { type PerSpatialAxis, perAxis } from './spatial.js';

/** How a convolution walks. */
export interface ConvolutionOptions {
  /** `[out]`, added to each output channel. */
  readonly bias?: Tensor | undefined;
  /** 1 by default. */
  readonly stride?: PerSpatialAxis;
  /** Zeros on both sides of each axis, 0 by default; `'same'` keeps the sizes at stride 1, `'valid'` is 0. */
  readonly padding?: PerSpatialAxis | 'same' | 'valid';
  /** Distance of the kernel's elements; 1 by default. */
  readonly dilation?: PerSpatialAxis;
  /** Channels are split into so many groups that do not mix; 1 by default. */
  readonly groups?: number;
}

const addBias = (name: string, output: Tensor, bias: Tensor | undefined): Tensor => {
  if (bias === undefined) return output;
  const channels = output.shape[1] as number;
  if (!shapesEqual(bias.shape, [channels])) {
    throw new ShapeError(name, `the bias needs ${channels} elements, one for each output channel.`, {
      sides: { output: output.shape, bias: bias.shape },
    });
  }
  return add(output, reshape(bias, [channels, ...output.shape.slice(2).map(() => 1)]));
};

/** Adds the batch axis that a single example lacks, and takes it off the result. */
const batched = (name: string, x: Tensor, spatial: number, body: (x: Tensor) => Tensor): Tensor => {
  requireRank(name, x, spatial + 1, 'at least');
  if (x.rank === spatial + 1) {
    const output = body(reshape(x, [1, ...x.shape]));
    return reshape(output, output.shape.slice(1));
  }
  return body(requireRank(name, x, spatial + 2));
};

const splitGroups = (name: string, label: string, channels: number, groups: number): number => {
  if (channels % groups !== 0) {
    throw new ShapeError(name, `${channels} ${label} do not split into ${groups} groups.`, {
      sides: { channels, groups },
    });
  }
  return channels / groups;
};

const samePadding = (
  name: string,
  kernel: readonly number[],
  stride: readonly number[],
  dilation: readonly number[],
) => {
  if (stride.some((step) => step !== 1)) {
    throw new ValueError(name, "padding 'same' needs stride 1.", { sides: { stride } });
  }
  return kernel.map((size, axis) => {
    const total = (size - 1) * (dilation[axis] as number);
    return [Math.floor(total / 2), Math.ceil(total / 2)] as const;
  });
};

const convolution = (name: string, spatial: number, x: Tensor, weight: Tensor, options: ConvolutionOptions): Tensor => {
  const { bias, groups = 1 } = options;
  requireWhole(name, 'groups', groups, 1);
  requireRank(name, weight, spatial + 2);
  const stride = perAxis(name, 'stride', options.stride ?? 1, spatial, 1);
  const dilation = perAxis(name, 'dilation', options.dilation ?? 1, spatial, 1);
  const [outputs = 0, inputs = 0, ...kernel] = weight.shape;
  const { padding = 0 } = options;
  const widths =
    padding === 'same'
      ? samePadding(name, kernel, stride, dilation)
      : perAxis(name, 'padding', padding === 'valid' ? 0 : padding, spatial, 0).map((width) => [width, width] as const);
  return batched(name, x, spatial, (input) => {
    const [batch = 0, channels = 0, ...sizes] = input.shape;
    if (channels !== inputs * groups) {
      throw new ShapeError(name, `the input has ${channels} channels, the weight takes ${inputs * groups}.`, {
        sides: { input: input.shape, weight: weight.shape, groups },
        hint: 'The weight is [out, in / groups, ...kernel].',
      });
    }
    const perGroup = splitGroups(name, 'output channels', outputs, groups);
    const output = convolve(
      reshape(input, [batch, groups, inputs, ...sizes]),
      reshape(weight, [groups, perGroup, inputs, ...kernel]),
      { stride, padding: widths, kernelDilation: dilation },
    );
    return addBias(name, reshape(output, [batch, outputs, ...output.shape.slice(3)]), bias);
  });
};

/** 1-D cross-correlation: `[n, in, l]` with a weight `[out, in / groups, k]` to `[n, out, l']`; the batch axis may be missing. */
export const conv1d = (x: Tensor, weight: Tensor, options: ConvolutionOptions = {}): Tensor =>
  convolution('conv1d', 1, x, weight, options);

/** 2-D cross-correlation: `[n, in, h, w]` with a weight `[out, in / groups, kh, kw]` to `[n, out, h', w']`; the batch axis may be missing. */
export const conv2d = (x: Tensor, weight: Tensor, options: ConvolutionOptions = {}): Tensor =>
  convolution('conv2d', 2, x, weight, options);

/** 3-D cross-correlation: `[n, in, d, h, w]` with a weight `[out, in / groups, kd, kh, kw]`; the batch axis may be missing. */
export const conv3d = (x: Tensor, weight: Tensor, options: ConvolutionOptions = {}): Tensor =>
  convolution('conv3d', 3, x, weight, options);

/** How a transposed convolution walks: as the convolution does whose gradient it is. */
export interface TransposedConvolutionOptions extends Omit<ConvolutionOptions, 'padding'> {
  /** Taken off both sides of each output axis; 0 by default. */
  readonly padding?: PerSpatialAxis;
  /** Added to the high side of each output axis; 0 by default. */
  readonly outputPadding?: PerSpatialAxis;
}

const transposedConvolution = (
  name: string,
  spatial: number,
  x: Tensor,
  weight: Tensor,
  options: TransposedConvolutionOptions,
): Tensor => {
  const { bias, groups = 1 } = options;
  requireWhole(name, 'groups', groups, 1);
  requireRank(name, weight, spatial + 2);
  const stride = perAxis(name, 'stride', options.stride ?? 1, spatial, 1);
  const dilation = perAxis(name, 'dilation', options.dilation ?? 1, spatial, 1);
  const padding = perAxis(name, 'padding', options.padding ?? 0, spatial, 0);
  const outputPadding = perAxis(name, 'outputPadding', options.outputPadding ?? 0, spatial, 0);
  const [inputs = 0, perGroup = 0, ...kernel] = weight.shape;
  outputPadding.forEach((extra, axis) => {
    if (extra >= Math.max(stride[axis] as number, dilation[axis] as number)) {
      throw new ValueError(name, 'outputPadding must be less than stride or dilation.', {
        sides: { outputPadding, stride, dilation },
      });
    }
  });
  return batched(name, x, spatial, (input) => {
    const [batch = 0, channels = 0, ...sizes] = input.shape;
    if (channels !== inputs) {
      throw new ShapeError(name, `the input has ${channels} channels, the weight takes ${inputs}.`, {
        sides: { input: input.shape, weight: weight.shape },
        hint: 'The weight is [in, out / groups, ...kernel].',
      });
    }
    const inputsPerGroup = splitGroups(name, 'input channels', inputs, groups);
    const grouped = swapAxes(reshape(weight, [groups, inputsPerGroup, perGroup, ...kernel]), 1, 2);
    const output = convolve(
      reshape(input, [batch, groups, inputsPerGroup, ...sizes]),
      flip(
        grouped,
        kernel.map((_, axis) => axis + 3),
      ),
      {
        inputDilation: stride,
        kernelDilation: dilation,
        padding: kernel.map((size, axis) => {
          const reach = (dilation[axis] as number) * (size - 1);
          const low = reach - (padding[axis] as number);
          return [low, low + (outputPadding[axis] as number)] as const;
        }),
      },
    );
    return addBias(name, reshape(output, [batch, groups * perGroup, ...output.shape.slice(3)]), bias);
  });
};

/** Transpose of `conv1d`: `[n, in, l]` with a weight `[in, out / groups, k]` to `[n, out, l']`. */
export const convTranspose1d = (x: Tensor, weight: Tensor, options: TransposedConvolutionOptions = {}): Tensor =>
  transposedConvolution('convTranspose1d', 1, x, weight, options);

/** Transpose of `conv2d`: `[n, in, h, w]` with a weight `[in, out / groups, kh, kw]` to `[n, out, h', w']`. */
export const convTranspose2d = (x: Tensor, weight: Tensor, options: TransposedConvolutionOptions = {}): Tensor =>
  transposedConvolution('convTranspose2d', 2, x, weight, options);

/** Transpose of `conv3d`: `[n, in, d, h, w]` with a weight `[in, out / groups, kd, kh, kw]`. */
export const convTranspose3d = (x: Tensor, weight: Tensor, options: TransposedConvolutionOptions = {}): Tensor =>
  transposedConvolution('convTranspose3d', 3, x, weight, options);
