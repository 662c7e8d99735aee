import { type ConvolveKernel, sizeOf } from '@cotangent/ir';
import { epilogueBase, scratchBase } from './arguments.js';
import { accumulatorOf } from './blocking.js';
import { convolveArguments, noBlocking } from './convolve-arguments.js';
import type { Correlation, CorrelationOptions, CorrelationPlan } from './correlation.js';
import { ceilDivide, roundUp } from './plan.js';
import { chooseTiles, headByteLength, isCovered, minChannels, points, spread, tileSize } from './winograd-tiles.js';

/** Bytes of transformed tiles and products that a unit works on: they should stay in the L2 cache. */
const unitByteLength = 2 ** 20;
const minUnitTiles = 16;
const maxUnitTiles = 128;
const unitsPerThread = 4;

/** Whether the correlation is one that Winograd's filtering does with fewer operations. */
const isSuited = (kernel: ConvolveKernel, { axes: [outer, middle, inner] }: Correlation): boolean =>
  accumulatorOf(kernel.dtype) === 'float32' &&
  outer.taps === 1 &&
  [middle, inner].every(({ taps, step, dilation }) => taps === 3 && step === 1 && dilation === 1) &&
  Math.min(kernel.inputChannels, kernel.outputChannels) >= minChannels &&
  isCovered(middle.positions, inner.positions);

/** Plans a 3×3 correlation by Winograd's filtering, where that pays. */
export const planWinograd = (
  kernel: ConvolveKernel,
  correlation: Correlation,
  { threads, isWhole, scratchOffset }: CorrelationOptions,
): CorrelationPlan | undefined => {
  if (!isWhole || !isSuited(kernel, correlation)) return undefined;
  const { batch, groups, inputChannels, outputChannels } = kernel;
  const [outer, middle, inner] = correlation.axes;
  const height = ceilDivide(middle.positions, tileSize);
  const width = ceilDivide(inner.positions, tileSize);
  const fitting = Math.floor(unitByteLength / (4 * points * (inputChannels + outputChannels)));
  const share = Math.ceil((batch * groups * outer.positions * height * width) / (unitsPerThread * threads));
  const wanted = Math.min(maxUnitTiles, fitting, threads === 1 ? maxUnitTiles : share);
  const unit = chooseTiles({ height, width, images: batch, tiles: Math.max(minUnitTiles, wanted) });
  const { unitRows, unitColumns, unitImages } = unit;
  const phaseLength = unitColumns * tileSize + 2;
  const columns = roundUp(unitImages * roundUp(unitRows * unitColumns, 4), 8);
  const panels = ceilDivide(outputChannels, 4);
  const imageUnits = ceilDivide(batch, unitImages) * ceilDivide(height, unitRows) * ceilDivide(width, unitColumns);
  const units = groups * outer.positions * imageUnits;
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
      { entry: 'winogradFloat32', units, unitNanoseconds: products / (5 * units), arguments: operands },
    ],
    scratchByteLength: roundUp(4 * points * groups * 4 * panels * inputChannels, 64),
    threadScratchByteLength:
      headByteLength +
      4 * columns +
      4 * phaseLength * (unitRows * tileSize + 2) +
      points * (spread(4 * columns * inputChannels) + spread(4 * columns * outputChannels)),
  };
};
