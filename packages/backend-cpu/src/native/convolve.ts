import { byteSize, type ConvolveKernel, type DType, type MatmulKernel, sizeOf } from '@cotangent/ir';
import { accumulatorOf, blockScratchByteLength, chooseBlocking, suffixes } from './blocking.js';
import { type Correlation, splitByResidue } from './correlation.js';
import { planMatmul } from './matmul.js';
import { argumentsByteLength, argumentWords, ceilDivide, type NativePlan, type Phase, roundUp } from './plan.js';
import { partialSum } from './sum.js';

/** Columns packed at a time: with a block of depth they fill half of a 1 MiB L2 cache. */
const maxColumns = 512;
/** Largest weights that are packed once for all blocks of columns. */
const maxPackedByteLength = 2 ** 22;
/** Fewest output positions for which one product an image wastes little on the last panel. */
const minPointwisePositions = 64;

/** Bytes at the start of a thread's scratch; `productBytes` in assembly/tile.ts. */
const headByteLength = 192;

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

/** At most `columns`: whole output rows and whole panels of eight where some number of rows gives both. */
const alignColumns = (columns: number, width: number): number => {
  const period = [1, 2, 4, 8].map((rows) => rows * width).find((length) => length % 8 === 0) ?? 1;
  return period > columns ? columns : columns - (columns % period);
};

/** One implicit product over part of the output. */
const planCorrelation = (
  kernel: ConvolveKernel,
  { axes, rightOffset, targetOffset }: Correlation,
  { threads, isWhole }: { threads: number; isWhole: boolean },
) => {
  const accumulator = accumulatorOf(kernel.dtype);
  const { groups, left, right } = kernel;
  const leftDtype = kernel.inputs[left.input] as DType;
  const rightDtype = kernel.inputs[right.input] as DType;
  const [leftBytes, rightBytes, targetBytes] = [byteSize(leftDtype), byteSize(rightDtype), byteSize(accumulator)];
  const positions = axes.map((axis) => axis.positions);
  const taps = axes.map((axis) => axis.taps);
  const m = kernel.outputChannels;
  const n = kernel.batch * sizeOf(positions);
  const k = kernel.inputChannels * sizeOf(taps);
  const outputPositions = sizeOf(kernel.outputSize);
  const chosen = chooseBlocking(accumulator, { items: groups, m, n, k, threads, maxColumns, isSplittable: isWhole });
  const unitColumns = alignColumns(chosen.unitColumns, positions[2] as number);
  const blocking = { ...chosen, unitColumns };
  const { splits, blockDepth } = blocking;
  const columnUnits = ceilDivide(n, unitColumns);
  const packedByteLength = groups * roundUp(m, 4) * k * targetBytes;
  const isPacked = splits === 1 && columnUnits > 1 && packedByteLength <= maxPackedByteLength;
  const units = m * n === 0 ? 0 : groups * splits * ceilDivide(m, blocking.unitRows) * columnUnits;
  const tapsInside = (taps[2] as number) > kernel.inputChannels;
  const phases: Omit<Phase, 'argumentsOffset'>[] = [];
  if (isPacked && k > 0) {
    phases.push({
      entry: `pack${suffixes[accumulator]}`,
      units: groups * ceilDivide(k, blockDepth),
      unitNanoseconds: m * blockDepth,
    });
  }
  phases.push({
    entry: `convolve${suffixes[accumulator]}`,
    units,
    unitNanoseconds: (groups * m * n * k) / (15 * Math.max(1, units)),
  });
  const words = (
    pointers: { left: number; right: number; target: number; epilogue: number; packed: number },
    splitBytes: number,
  ) => {
    const [first, second, third] = axes;
    return argumentWords('ConvolveArguments', {
      ...blocking,
      left: pointers.left + left.offset * leftBytes,
      right: pointers.right + (right.offset + rightOffset) * rightBytes,
      target: pointers.target + targetOffset * targetBytes,
      epilogue: pointers.epilogue,
      packed: isPacked ? pointers.packed : 0,
      leftIsHalf: leftDtype === 'float16' ? 1 : 0,
      rightIsHalf: rightDtype === 'float16' ? 1 : 0,
      groups,
      rows: m,
      columns: n,
      depth: k,
      positions0: first.positions,
      positions1: second.positions,
      positions2: third.positions,
      size0: first.size,
      size1: second.size,
      size2: third.size,
      taps0: first.taps,
      taps1: second.taps,
      taps2: third.taps,
      step0: first.step,
      step1: second.step,
      step2: third.step,
      start0: first.start,
      start1: second.start,
      start2: third.start,
      dilation0: first.dilation,
      dilation1: second.dilation,
      dilation2: third.dilation,
      leftBatch: (left.strides[0] as number) * leftBytes,
      leftGroup: (left.strides[1] as number) * leftBytes,
      leftChannel: (left.strides[2] as number) * leftBytes,
      left0: first.left * leftBytes,
      left1: second.left * leftBytes,
      left2: third.left * leftBytes,
      rightGroup: (right.strides[0] as number) * rightBytes,
      rightRow: (right.strides[1] as number) * rightBytes,
      rightChannel: (right.strides[2] as number) * rightBytes,
      right0: first.right * rightBytes,
      right1: second.right * rightBytes,
      right2: third.right * rightBytes,
      targetBatch: groups * m * outputPositions * targetBytes,
      targetGroup: m * outputPositions * targetBytes,
      targetRow: outputPositions * targetBytes,
      target0: first.target * targetBytes,
      target1: second.target * targetBytes,
      target2: third.target * targetBytes,
      tapsInside: tapsInside ? 1 : 0,
      innerDepth: tapsInside ? third.taps : kernel.inputChannels,
      splitBytes,
    });
  };
  return {
    phases,
    splits,
    packedByteLength: isPacked ? roundUp(packedByteLength, 64) : 0,
    threadScratchByteLength:
      headByteLength + blockScratchByteLength(accumulator, blocking) + 16 * blocking.blockColumns,
    words,
  };
};

/** Plans a convolve for a number of threads, which changes how it is shared out but no bit of the result. */
export const planConvolve = (kernel: ConvolveKernel, { threads = 1 }: { threads?: number } = {}): NativePlan => {
  const matmul = asMatmul(kernel);
  if (matmul) return planMatmul(matmul, { threads });
  const accumulator = accumulatorOf(kernel.dtype);
  const correlations = splitByResidue(kernel);
  const isWhole = correlations.length === 1;
  const parts = correlations.map((correlation) => planCorrelation(kernel, correlation, { threads, isWhole }));
  const length = kernel.batch * kernel.groups * kernel.outputChannels * sizeOf(kernel.outputSize);
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
    scratchByteLength: sum?.scratchByteLength ?? parts.reduce((total, part) => total + part.packedByteLength, 0),
    threadScratchByteLength: Math.max(0, ...parts.map((part) => part.threadScratchByteLength)),
    fill(block, pointers) {
      const isFusing = isWhole && !sum;
      let packed = pointers.scratch;
      parts.forEach((part, i) => {
        const words = part.words(
          {
            left: pointers.inputs[kernel.left.input] as number,
            right: pointers.inputs[kernel.right.input] as number,
            target: sum ? pointers.scratch : pointers.accumulator,
            epilogue: isFusing ? pointers.epilogue : 0,
            packed,
          },
          sum?.stride ?? 0,
        );
        block.set(words, (i * blockBytes) / 4);
        packed += part.packedByteLength;
      });
      if (sum) block.set(sum.words(pointers), (parts.length * blockBytes) / 4);
    },
  };
};
