import { type ConvolveKernel, type MatmulKernel, sizeOf } from '@cotangent/ir';
import { accumulatorOf } from './blocking.js';
import { planDirectly } from './convolve-direct.js';
import { planProduct } from './convolve-product.js';
import { splitByResidue } from './correlation.js';
import { planMatmul } from './matmul.js';
import { argumentsByteLength, type NativePlan, type Phase } from './plan.js';
import { partialSum } from './sum.js';

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
  const parts = correlations.map(
    (correlation) =>
      planDirectly(kernel, correlation, isWhole) ??
      planProduct(kernel, correlation, { threads, isSplittable: isWhole }),
  );
  const splits = parts[0]?.splits ?? 1;
  const sum = splits > 1 ? partialSum(accumulator, length, splits) : undefined;
  const blockBytes = argumentsByteLength('ConvolveArguments');
  const phases: Phase[] = parts.flatMap((part, i) =>
    part.phases.map((phase) => ({ ...phase, argumentsOffset: i * blockBytes })),
  );
  if (sum) phases.push({ ...sum.phase, argumentsOffset: parts.length * blockBytes });
  return {
    phases,
    accumulator,
    epilogue: isWhole ? 'during' : 'after',
    argumentsByteLength: parts.length * blockBytes + (sum?.argumentsByteLength ?? 0),
    scratchByteLength: sum?.scratchByteLength ?? parts.reduce((total, part) => total + part.scratchByteLength, 0),
    threadScratchByteLength: Math.max(0, ...parts.map((part) => part.threadScratchByteLength)),
    fill(block, pointers) {
      const finishes = isWhole && !sum;
      const place = { ...pointers, ...(sum && { accumulator: pointers.scratch }), ...(!finishes && { epilogue: 0 }) };
      let { scratch } = pointers;
      parts.forEach((part, i) => {
        block.set(part.words({ ...place, scratch }, sum?.stride ?? 0), (i * blockBytes) / 4);
        scratch += part.scratchByteLength;
      });
      if (sum) block.set(sum.words(pointers), (parts.length * blockBytes) / 4);
    },
  };
};
