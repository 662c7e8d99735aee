import { type ConvolveKernel, type MatmulKernel, sizeOf } from '@cotangent/ir';
import { accumulatorOf } from './blocking.js';
import { planDirectly } from './convolve-direct.js';
import { planProduct } from './convolve-product.js';
import { planWinograd } from './convolve-winograd.js';
import { planWinogradWeights } from './convolve-winograd-weights.js';
import { splitByResidue } from './correlation.js';
import { planMatmul } from './matmul.js';
import { makePlan, type NativePlan, type Step } from './plan.js';

/** Fewest output positions for which one product an image wastes little on the last panel. */
const minPointwisePositions = 64;

const every = (values: readonly number[], expected: number): boolean => values.every((value) => value === expected);

/** The convolution as a batched matmul of views, where it is one: 1×1 taps that visit each position once. */
const asMatmul = (kernel: ConvolveKernel): MatmulKernel | undefined => {
  const { inputSize, outputSize, left, right } = kernel;
  const isPointwise =
    every(kernel.kernelSize, 1) &&
    every(kernel.stride, 1) &&
    every(kernel.inputDilation, 1) &&
    every(kernel.padding, 0) &&
    inputSize.every((size, axis) => size === outputSize[axis]);
  if (!isPointwise) return undefined;
  const n = sizeOf(outputSize);
  if (n < minPointwisePositions && kernel.batch > 1) return undefined;
  const [leftBatch, leftGroup, leftChannel, ...leftSpatial] = left.strides as [number, number, number, ...number[]];
  const [rightGroup, rightRow, rightChannel] = right.strides as [number, number, number];
  const isOneAxis = leftSpatial.every((stride, axis) => {
    const inner = leftSpatial[axis + 1];
    return inner === undefined || stride === inner * (inputSize[axis + 1] as number);
  });
  if (!isOneAxis) return undefined;
  return {
    ...kernel,
    kind: 'matmul',
    batch: [kernel.batch, kernel.groups],
    m: kernel.outputChannels,
    n,
    k: kernel.inputChannels,
    left: { ...right, strides: [0, rightGroup, rightRow, rightChannel] },
    right: { ...left, strides: [leftBatch, leftGroup, leftChannel, leftSpatial.at(-1) ?? 1] },
  };
};

/** Plans a convolve for a number of threads, which changes how it is shared out but no bit of the result. */
export const planConvolve = (kernel: ConvolveKernel, { threads = 1 }: { threads?: number } = {}): NativePlan => {
  const matmul = asMatmul(kernel);
  if (matmul) return planMatmul(matmul, { threads });
  const accumulator = accumulatorOf(kernel.dtype);
  const length = kernel.batch * kernel.groups * kernel.outputChannels * sizeOf(kernel.outputSize);
  const correlations = length === 0 ? [] : splitByResidue(kernel);
  const isWhole = correlations.length === 1;
  const steps: Step[] = [];
  let scratchByteLength = 0;
  let threadScratchByteLength = 0;
  for (const correlation of correlations) {
    const options = { threads, isWhole, scratchOffset: scratchByteLength };
    const part =
      planDirectly(kernel, correlation, options) ??
      planWinograd(kernel, correlation, options) ??
      planWinogradWeights(kernel, correlation, options) ??
      planProduct(kernel, correlation, options);
    steps.push(...part.steps);
    scratchByteLength += part.scratchByteLength;
    threadScratchByteLength = Math.max(threadScratchByteLength, part.threadScratchByteLength);
  }
  const epilogue = isWhole ? 'during' : 'after';
  return makePlan(steps, { accumulator, epilogue, scratchByteLength, threadScratchByteLength });
};
