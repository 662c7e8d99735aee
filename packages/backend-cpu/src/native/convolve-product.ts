import { byteSize, type ConvolveKernel } from '@cotangent/ir';
import { epilogueBase, scratchBase } from './arguments.js';
import { accumulatorOf, blockScratchByteLength, chooseBlocking, suffixes } from './blocking.js';
import { convolveArguments, productSizes } from './convolve-arguments.js';
import type { Correlation, CorrelationOptions, CorrelationPlan } from './correlation.js';
import { ceilDivide, roundUp, type Step } from './plan.js';
import { partialSum } from './sum.js';

/** Columns packed at a time: with a block of depth they fill half of a 1 MiB L2 cache. */
const maxColumns = 512;
/** Largest weights that are packed once for all blocks of columns. */
const maxPackedByteLength = 2 ** 22;
/** Shortest row of taps that is worth packing along its length. */
const minInnerTaps = 8;
/** Rows of a packed panel of weights; `PANEL_ROWS` in assembly/pack.ts. */
const panelRows = 4;
/** Bytes at the start of a thread's scratch; `productBytes` in assembly/tile.ts. */
const headByteLength = 192;
/** Bytes of a column's entries in the tables of assembly/columns.ts, beside its place in the output. */
const columnByteLength = 16;

/** At most `columns`: whole output rows and whole panels of eight where some number of rows gives both. */
const alignColumns = (columns: number, width: number): number => {
  const period = [1, 2, 4, 8].map((rows) => rows * width).find((length) => length % 8 === 0) ?? 1;
  return period > columns ? columns : columns - (columns % period);
};

/** Plans a correlation as a product of its weights with patches of the image, which are packed on the fly. */
export const planProduct = (
  kernel: ConvolveKernel,
  correlation: Correlation,
  { threads, isWhole, scratchOffset }: CorrelationOptions,
): CorrelationPlan => {
  const accumulator = accumulatorOf(kernel.dtype);
  const { groups } = kernel;
  const { m, n, k } = productSizes(kernel, correlation);
  const { positions, taps } = correlation.axes[2];
  const chosen = chooseBlocking(accumulator, { items: groups, m, n, k, threads, maxColumns, isSplittable: isWhole });
  const blocking = { ...chosen, unitColumns: alignColumns(chosen.unitColumns, positions) };
  const { splits } = blocking;
  const columnUnits = ceilDivide(n, blocking.unitColumns);
  const packedByteLength = groups * roundUp(m, panelRows) * k * byteSize(accumulator);
  const isPacked = k > 0 && splits === 1 && columnUnits > 1 && packedByteLength <= maxPackedByteLength;
  const units = groups * splits * ceilDivide(m, blocking.unitRows) * columnUnits;
  const tapsInside = taps >= Math.max(minInnerTaps, kernel.inputChannels);
  const sum = splits > 1 ? partialSum(accumulator, groups * m * n, splits) : undefined;
  const operands = convolveArguments(
    kernel,
    correlation,
    {
      ...blocking,
      splitBytes: sum?.stride ?? 0,
      packed: isPacked ? scratchOffset : 0,
      tapsInside: Number(tapsInside),
      innerDepth: tapsInside ? taps : kernel.inputChannels,
      phaseLength: 0,
      unitImages: 0,
    },
    {
      ...(sum && { target: scratchBase }),
      packed: isPacked ? scratchBase : undefined,
      epilogue: isWhole && !sum ? epilogueBase : undefined,
    },
  );
  const steps: Step[] = [];
  if (isPacked) {
    steps.push({
      entry: `pack${suffixes[accumulator]}`,
      units: groups * ceilDivide(k, blocking.blockDepth),
      unitNanoseconds: m * blocking.blockDepth,
      arguments: operands,
    });
  }
  steps.push({
    entry: `convolve${suffixes[accumulator]}`,
    units,
    unitNanoseconds: (groups * m * n * k) / (15 * units),
    arguments: operands,
  });
  if (sum) steps.push(sum.step);
  return {
    steps,
    scratchByteLength: sum?.scratchByteLength ?? (isPacked ? roundUp(packedByteLength, 64) : 0),
    threadScratchByteLength:
      headByteLength + blockScratchByteLength(accumulator, blocking) + columnByteLength * blocking.blockColumns,
  };
};
