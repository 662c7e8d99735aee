import { byteSize, type ConvolveKernel, sizeOf } from '@cotangent/ir';
import { epilogueBase } from './arguments.js';
import { accumulatorOf, suffixes } from './blocking.js';
import { convolveArguments, noBlocking } from './convolve-arguments.js';
import type { Correlation, CorrelationOptions, CorrelationPlan, SpatialAxis } from './correlation.js';
import { ceilDivide, roundUp, type Step } from './plan.js';

/** Bytes of padded rows that a unit works on: half of a 256 KiB L2 cache. */
const blockByteLength = 2 ** 17;
/** Bytes of the `RowBlock` and of one sweep's outputs; assembly/rows.ts. */
const headByteLength = 32 + 64;
/** Elements that one sweep covers. */
const sweepLength = 16;

/** Rows for a unit, such that `planes` planes of the image rows they need fit the block. */
const chooseRows = (
  count: number,
  { planes, rowByteLength, step, reach }: { planes: number; rowByteLength: number; step: number; reach: number },
): { unitRows: number; byteLength: number } => {
  const room = Math.floor(blockByteLength / (planes * rowByteLength)) - reach - 1;
  const unitRows = Math.min(count, Math.max(1, Math.floor(room / step) + 1));
  return { unitRows, byteLength: planes * ((unitRows - 1) * step + reach + 1) * rowByteLength };
};

/** How far the last tap or position lies behind the first. */
const reachOf = (count: number, distance: number): number => (count - 1) * distance;

const planDirect = (
  kernel: ConvolveKernel,
  correlation: Correlation,
  options: {
    entry: 'convolveRows' | 'convolveDots';
    units: number;
    unitRows: number;
    phaseLength: number;
    threadScratchByteLength: number;
    isWhole: boolean;
  },
): CorrelationPlan => {
  const accumulator = accumulatorOf(kernel.dtype);
  const { entry, units, unitRows, phaseLength, threadScratchByteLength, isWhole } = options;
  const { batch, groups, inputChannels, outputChannels } = kernel;
  const operations =
    batch *
    groups *
    inputChannels *
    outputChannels *
    sizeOf(correlation.axes.map((axis) => axis.positions * axis.taps));
  const step: Step = {
    entry: `${entry}${suffixes[accumulator]}`,
    units,
    unitNanoseconds: operations / (8 * units),
    arguments: convolveArguments(
      kernel,
      correlation,
      { ...noBlocking, unitRows, phaseLength },
      { epilogue: isWhole ? epilogueBase : undefined },
    ),
  };
  return { steps: [step], scratchByteLength: 0, threadScratchByteLength };
};

/** Plans sums over taps of rows of the image, for vectors of output positions. */
const planRows = (kernel: ConvolveKernel, correlation: Correlation, isWhole: boolean): CorrelationPlan => {
  const [outer, middle, inner] = correlation.axes;
  const elementByteLength = byteSize(accumulatorOf(kernel.dtype));
  const taps = kernel.inputChannels * sizeOf(correlation.axes.map((axis) => axis.taps));
  const phaseLength =
    roundUp(inner.positions, sweepLength) + roundUp(Math.floor(reachOf(inner.taps, inner.dilation) / inner.step), 4);
  const { unitRows, byteLength } = chooseRows(middle.positions, {
    planes: kernel.inputChannels * outer.taps,
    rowByteLength: inner.step * phaseLength * elementByteLength,
    step: middle.step,
    reach: reachOf(middle.taps, middle.dilation),
  });
  return planDirect(kernel, correlation, {
    entry: 'convolveRows',
    units: kernel.batch * kernel.groups * outer.positions * ceilDivide(middle.positions, unitRows),
    isWhole,
    unitRows,
    phaseLength,
    threadScratchByteLength:
      headByteLength + roundUp(4 * taps, 16) + roundUp(elementByteLength * taps, 16) + byteLength,
  });
};

/** Plans dot products of rows of weights with rows of the image, for each output position. */
const planDots = (kernel: ConvolveKernel, correlation: Correlation, isWhole: boolean): CorrelationPlan => {
  const [outer, middle, inner] = correlation.axes;
  const elementByteLength = byteSize(accumulatorOf(kernel.dtype));
  const positions = roundUp(sizeOf(correlation.axes.map((axis) => axis.positions)), 4);
  const phaseLength =
    roundUp(inner.taps, 4) + roundUp(Math.floor(reachOf(inner.positions, inner.step) / inner.dilation), 4);
  const { unitRows, byteLength } = chooseRows(middle.taps, {
    planes: outer.positions,
    rowByteLength: inner.dilation * phaseLength * elementByteLength,
    step: middle.dilation,
    reach: reachOf(middle.positions, middle.step),
  });
  return planDirect(kernel, correlation, {
    entry: 'convolveDots',
    units: kernel.batch * kernel.groups * kernel.outputChannels,
    isWhole,
    unitRows,
    phaseLength,
    threadScratchByteLength: headByteLength + 20 * positions + roundUp(elementByteLength * inner.taps, 16) + byteLength,
  });
};

/** Most output channels of a group for which loops over rows beat packing patches that few products share. */
const maxRowsChannels = 4;
/** The same where a group has so few input channels that packing works on short runs. */
const maxThinRowsChannels = 16;
const maxThinChannels = 2;

/** Largest distance between neighbouring outputs (or taps) that rows are pulled apart for. */
const maxPhases = 4;
/** Shortest rows worth their padding. */
const minRowLength = 4;
/** Most padded image rows, in bytes, of all channels that one output row may need. */
const maxRowsByteLength = 2 ** 19;

const isLong = (length: number, distance: number): boolean => length >= minRowLength && distance <= maxPhases;

/** The direct plan, where the correlation has one that beats the product. */
export const planDirectly = (
  kernel: ConvolveKernel,
  correlation: Correlation,
  { isWhole }: CorrelationOptions,
): CorrelationPlan | undefined => {
  const [outer, middle, inner] = correlation.axes as readonly [SpatialAxis, SpatialAxis, SpatialAxis];
  if (sizeOf(correlation.axes.map((axis) => axis.taps)) * kernel.inputChannels === 0) return undefined;
  const { inputChannels, outputChannels } = kernel;
  if (inner.taps > inner.positions) {
    return isWhole && outputChannels === 1 && isLong(inner.taps, inner.dilation)
      ? planDots(kernel, correlation, isWhole)
      : undefined;
  }
  if (outputChannels > (inputChannels <= maxThinChannels ? maxThinRowsChannels : maxRowsChannels)) return undefined;
  const rowElements = inner.positions * inner.step + reachOf(inner.taps, inner.dilation);
  const rows = inputChannels * outer.taps * (reachOf(middle.taps, middle.dilation) + 1);
  return isLong(inner.positions, inner.step) && rows * rowElements * 4 <= maxRowsByteLength
    ? planRows(kernel, correlation, isWhole)
    : undefined;
};
