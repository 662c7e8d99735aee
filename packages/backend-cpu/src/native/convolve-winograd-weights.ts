import type { ConvolveKernel } from '@cotangent/ir';
import { epilogueBase, scratchBase } from './arguments.js';
import { accumulatorOf } from './blocking.js';
import { convolveArguments, noBlocking } from './convolve-arguments.js';
import type { Correlation, CorrelationOptions, CorrelationPlan } from './correlation.js';
import { ceilDivide, roundUp } from './plan.js';
import { chooseTiles, headByteLength, isCovered, minChannels, points, spread, tileSize } from './winograd-tiles.js';

/** Bytes of transformed tiles that a block works on. */
const blockByteLength = 2 ** 19;
const minBlockTiles = 16;
const maxBlockTiles = 64;
/** Fewest tiles whose products repay the transforms of the weights. */
const minTiles = 32;
/** Slices of the tiles, whatever the number of threads, and most bytes that their products take. */
const maxSplits = 8;
const maxPartialByteLength = 2 ** 25;

/**
 * Whether the correlation is the gradient of 3×3 weights: few positions over an image as large as the kernel. The batch is
 * the image's channels, the channels are the images.
 */
const isSuited = (kernel: ConvolveKernel, { axes: [outer, middle, inner] }: Correlation): boolean =>
  accumulatorOf(kernel.dtype) === 'float32' &&
  outer.taps === 1 &&
  outer.positions === 1 &&
  [middle, inner].every(({ positions, step, dilation }) => positions === 3 && step === 1 && dilation === 1) &&
  Math.min(kernel.batch, kernel.outputChannels) >= minChannels &&
  isCovered(middle.taps, inner.taps) &&
  kernel.inputChannels * middle.taps * inner.taps >= minTiles * tileSize ** 2;

/** Plans the gradient of 3×3 weights by Winograd's filtering, where that pays. */
export const planWinogradWeights = (
  kernel: ConvolveKernel,
  correlation: Correlation,
  { isWhole, scratchOffset }: CorrelationOptions,
): CorrelationPlan | undefined => {
  if (!isWhole || !isSuited(kernel, correlation)) return undefined;
  const { batch, groups, inputChannels: images, outputChannels } = kernel;
  const [, middle, inner] = correlation.axes;
  const height = ceilDivide(middle.taps, tileSize);
  const width = ceilDivide(inner.taps, tileSize);
  const columns = roundUp(batch, 8);
  const rows = roundUp(outputChannels, 4);
  const fitting = Math.floor(blockByteLength / (4 * points * (columns + rows)));
  const tiles = Math.max(minBlockTiles, Math.min(maxBlockTiles, fitting));
  const block = chooseTiles({ height, width, images, tiles });
  const { unitRows, unitColumns, unitImages } = block;
  const blocks = ceilDivide(images, unitImages) * ceilDivide(height, unitRows) * ceilDivide(width, unitColumns);
  const partialByteLength = 4 * points * groups * outputChannels * columns;
  const wantedSplits = Math.min(maxSplits, blocks, Math.max(1, Math.floor(maxPartialByteLength / partialByteLength)));
  const splitDepth = ceilDivide(blocks, wantedSplits);
  const splits = ceilDivide(blocks, splitDepth);
  const phaseLength = unitColumns * tileSize + 2;
  const capacity = unitImages * unitRows * unitColumns;
  const operands = convolveArguments(
    kernel,
    correlation,
    { ...noBlocking, ...block, phaseLength, splits, splitDepth, packed: scratchOffset },
    { packed: scratchBase, epilogue: epilogueBase },
  );
  const products = groups * batch * outputChannels * images * middle.taps * inner.taps * 9;
  return {
    steps: [
      {
        entry: 'winogradSlicesFloat32',
        units: groups * splits,
        unitNanoseconds: products / (45 * groups * splits),
        arguments: operands,
      },
      {
        entry: 'winogradSumsFloat32',
        units: groups * outputChannels,
        unitNanoseconds: batch * (40 + 4 * splits),
        arguments: operands,
      },
    ],
    scratchByteLength: splits * partialByteLength,
    threadScratchByteLength:
      headByteLength +
      4 * columns +
      16 * phaseLength * (unitRows * tileSize + 2) +
      16 * tileSize * tileSize * unitRows * unitColumns +
      points * (spread(4 * capacity * columns) + spread(4 * capacity * rows)),
  };
};
