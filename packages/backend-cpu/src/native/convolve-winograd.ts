import { type ConvolveKernel, sizeOf } from '@cotangent/ir';
import { epilogueBase, scratchBase } from './arguments.js';
import { accumulatorOf } from './blocking.js';
import { convolveArguments, noBlocking } from './convolve-arguments.js';
import type { Correlation, CorrelationPlan } from './correlation.js';
import { ceilDivide, roundUp } from './plan.js';

/** Outputs along a tile's sides and products of a tile; assembly/winograd.ts. */
const tileSize = 4;
const points = 36;
/** Bytes at the start of a thread's scratch: row block, tile block, product, and what four tiles are transformed in. */
const headByteLength = 32 + 64 + 192 + 16 * points + 256;
/** Bytes of transformed tiles and products that a unit works on: they should stay in the L2 cache. */
const unitByteLength = 2 ** 20;
const minUnitTiles = 16;
const maxUnitTiles = 128;
const unitsPerThread = 4;

/** Channels on either side below which transforms cost more than products save. */
const minChannels = 8;
/** Part of the tiles' area that has to be output. */
const minCoverage = 0.5;

/** Whether the correlation is one that Winograd's filtering does with fewer operations. */
const isSuited = (kernel: ConvolveKernel, { axes }: Correlation): boolean => {
  const [outer, middle, inner] = axes;
  const isFiltering = [middle, inner].every(({ taps, step, dilation }) => taps === 3 && step === 1 && dilation === 1);
  const area = [middle, inner].reduce((product, { positions }) => product * roundUp(positions, tileSize), 1);
  return (
    accumulatorOf(kernel.dtype) === 'float32' &&
    outer.taps === 1 &&
    isFiltering &&
    Math.min(kernel.inputChannels, kernel.outputChannels) >= minChannels &&
    middle.positions * inner.positions >= minCoverage * area
  );
};

/** Rows and columns of tiles, and images, of one unit. */
const chooseUnit = (
  { inputChannels, outputChannels, batch, groups }: ConvolveKernel,
  { axes }: Correlation,
  threads: number,
) => {
  const [outer, middle, inner] = axes;
  const height = ceilDivide(middle.positions, tileSize);
  const width = ceilDivide(inner.positions, tileSize);
  const perImage = roundUp(height * width, 4);
  const tileBytes = 4 * points * (inputChannels + outputChannels);
  const fitting = Math.min(maxUnitTiles, Math.floor(unitByteLength / tileBytes));
  const share = Math.ceil((batch * groups * outer.positions * perImage) / (unitsPerThread * threads));
  const tiles = Math.max(minUnitTiles, threads === 1 ? fitting : Math.min(fitting, share));
  if (perImage <= tiles) {
    return { unitRows: height, unitColumns: width, unitImages: Math.min(batch, Math.floor(tiles / perImage)) };
  }
  if (width <= tiles) {
    const blocks = ceilDivide(height, Math.floor(tiles / width));
    return { unitRows: ceilDivide(height, blocks), unitColumns: width, unitImages: 1 };
  }
  const blocks = ceilDivide(width, tiles);
  return { unitRows: 1, unitColumns: roundUp(ceilDivide(width, blocks), 4), unitImages: 1 };
};

/** Distance of the points' matrices; `spread` in assembly/convolve-winograd.ts. */
const spread = (byteLength: number): number => roundUp(byteLength, 4096) + 64;

/** Plans a 3×3 correlation by Winograd's filtering, where that pays. */
export const planWinograd = (
  kernel: ConvolveKernel,
  correlation: Correlation,
  { threads, isWhole, scratchOffset }: { threads: number; isWhole: boolean; scratchOffset: number },
): CorrelationPlan | undefined => {
  if (!isWhole || !isSuited(kernel, correlation)) return undefined;
  const { batch, groups, inputChannels, outputChannels } = kernel;
  const [outer, middle, inner] = correlation.axes;
  const unit = chooseUnit(kernel, correlation, threads);
  const { unitRows, unitColumns, unitImages } = unit;
  const phaseLength = unitColumns * tileSize + 2;
  const columns = roundUp(unitImages * roundUp(unitRows * unitColumns, 4), 8);
  const panels = ceilDivide(outputChannels, 4);
  const units =
    groups *
    outer.positions *
    ceilDivide(batch, unitImages) *
    ceilDivide(ceilDivide(middle.positions, tileSize), unitRows) *
    ceilDivide(ceilDivide(inner.positions, tileSize), unitColumns);
  const operands = convolveArguments(
    kernel,
    correlation,
    { ...noBlocking, ...unit, phaseLength, packed: scratchOffset },
    { packed: scratchBase, epilogue: epilogueBase },
  );
  const products =
    batch * groups * inputChannels * outputChannels * sizeOf(correlation.axes.map((axis) => axis.positions));
  return {
    steps: [
      {
        entry: 'winogradWeightsFloat32',
        units: groups * panels,
        unitNanoseconds: 100 * inputChannels,
        arguments: operands,
      },
      { entry: 'winogradFloat32', units, unitNanoseconds: products / (4 * units), arguments: operands },
    ],
    scratchByteLength: roundUp(4 * points * groups * 4 * panels * inputChannels, 64),
    threadScratchByteLength:
      headByteLength +
      4 * columns +
      4 * phaseLength * (unitRows * tileSize + 2) +
      points * (spread(4 * columns * inputChannels) + spread(4 * columns * outputChannels)),
  };
};
