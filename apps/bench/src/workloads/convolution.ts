import { bytesOf, input, type Mode, type Problem, problem, type Workload } from './problem.js';

interface ConvolutionSize {
  readonly batch: number;
  readonly channels: number;
  readonly outputs: number;
  readonly extent: number;
  readonly kernel: number;
  readonly stride?: number;
  readonly groups?: number;
}

const convolution = (size: ConvolutionSize, mode: Mode = 'value'): Problem => {
  const { batch, channels, outputs, extent, kernel, stride = 1, groups = 1 } = size;
  const padding = (kernel - 1) / 2;
  const outputExtent = Math.floor((extent + 2 * padding - kernel) / stride) + 1;
  const inputsPerGroup = channels / groups;
  const x = [batch, channels, extent, extent];
  const weight = [outputs, inputsPerGroup, kernel, kernel];
  const y = [batch, outputs, outputExtent, outputExtent];
  const flops = 2 * batch * outputs * outputExtent ** 2 * inputsPerGroup * kernel ** 2;
  const bytes = bytesOf(...[x, weight, y].map((shape) => shape.reduce((count, size) => count * size, 1)));
  const isGradient = mode === 'gradient';
  return problem(
    'convolution',
    {
      x: input.uniform(...x),
      weight: input.uniform(...weight),
      ...(isGradient && { cotangent: input.uniform(...y) }),
    },
    {
      options: { stride, padding, groups },
      mode,
      variables: isGradient ? ['x', 'weight'] : [],
      cost: isGradient ? { flops: 3 * flops, bytes: 2 * bytes } : { flops, bytes },
    },
  );
};

interface TransposedSize {
  readonly batch: number;
  readonly channels: number;
  readonly outputs: number;
  readonly extent: number;
  /** Of the kernel, and the step: windows don't overlap. */
  readonly kernel: number;
}

const transposedConvolution = ({ batch, channels, outputs, extent, kernel }: TransposedSize): Problem => {
  const pixels = batch * extent ** 2;
  return problem(
    'transposedConvolution',
    { x: input.uniform(batch, channels, extent, extent), weight: input.uniform(channels, outputs, kernel, kernel) },
    {
      options: { stride: kernel },
      cost: {
        flops: 2 * pixels * channels * outputs * kernel ** 2,
        bytes: bytesOf(pixels * channels, channels * outputs * kernel ** 2, pixels * outputs * kernel ** 2),
      },
    },
  );
};

const standard: ConvolutionSize = { batch: 8, channels: 32, outputs: 64, extent: 64, kernel: 3 };
const small: ConvolutionSize = { batch: 2, channels: 3, outputs: 4, extent: 5, kernel: 3 };

export const convolutionWorkloads: readonly Workload[] = [
  { name: 'conv2d', full: convolution(standard), small: convolution(small) },
  { name: 'conv2d-grad', full: convolution(standard, 'gradient'), small: convolution(small, 'gradient') },
  {
    name: 'conv2d-1x1',
    full: convolution({ ...standard, channels: 64, kernel: 1 }),
    small: convolution({ ...small, kernel: 1 }),
  },
  {
    name: 'conv2d-stride2',
    full: convolution({ ...standard, stride: 2 }),
    small: convolution({ ...small, stride: 2 }),
  },
  {
    name: 'conv2d-depthwise',
    full: convolution({ ...standard, channels: 64, groups: 64 }),
    small: convolution({ ...small, channels: 4, groups: 4 }),
  },
  {
    name: 'conv-transpose2d',
    full: transposedConvolution({ batch: 8, channels: 64, outputs: 32, extent: 32, kernel: 2 }),
    small: transposedConvolution({ batch: 2, channels: 3, outputs: 4, extent: 5, kernel: 2 }),
  },
];
