import { type ConvolveKernel, contiguousStrides } from '@cotangent/ir';
import type { Step } from './plan.js';

/**
 * One spatial axis of a convolution without input dilation: output position p and tap q meet the image at
 * p·step + start + q·dilation. Strides are in elements.
 */
export interface SpatialAxis {
  readonly positions: number;
  readonly taps: number;
  readonly size: number;
  readonly step: number;
  readonly start: number;
  readonly dilation: number;
  readonly left: number;
  readonly right: number;
  readonly target: number;
}

/** A convolution without input dilation over part of the output; offsets in elements. */
export interface Correlation {
  /** Exactly three, outermost first. */
  readonly axes: readonly [SpatialAxis, SpatialAxis, SpatialAxis];
  readonly rightOffset: number;
  readonly targetOffset: number;
}

/** How one correlation runs. */
export interface CorrelationPlan {
  readonly steps: readonly Step[];
  readonly scratchByteLength: number;
  readonly threadScratchByteLength: number;
}

/** What planning a correlation depends on beside the kernel. */
export interface CorrelationOptions {
  readonly threads: number;
  /** Whether it computes the whole output, so that slices may be summed and the epilogue called. */
  readonly isWhole: boolean;
  /** Where its part of the shared scratch begins. */
  readonly scratchOffset: number;
}

/** An axis with what its part of the output and its taps start at. */
interface AxisPart {
  readonly axis: SpatialAxis;
  readonly rightOffset: number;
  readonly targetOffset: number;
}

const greatestCommonDivisor = (a: number, b: number): number => (b === 0 ? a : greatestCommonDivisor(b, a % b));

/**
 * Splits one axis by the residue of output positions modulo the input dilation. The positions of one residue see every
 * `tapPeriod`-th tap alone, so that no zero between input elements is ever multiplied.
 */
const splitAxis = (kernel: ConvolveKernel, spatial: number, target: number): AxisPart[] => {
  const at = (values: readonly number[], axis = spatial) => values[axis] as number;
  const [step, dilation, inputDilation] = [at(kernel.stride), at(kernel.kernelDilation), at(kernel.inputDilation)];
  const [outputSize, kernelSize] = [at(kernel.outputSize), at(kernel.kernelSize)];
  const low = at(kernel.padding);
  const left = at(kernel.left.strides, 3 + spatial);
  const right = at(kernel.right.strides, 3 + spatial);
  const period = inputDilation / greatestCommonDivisor(step, inputDilation);
  const tapPeriod = inputDilation / greatestCommonDivisor(dilation, inputDilation);
  const parts: AxisPart[] = [];
  for (let residue = 0; residue < Math.min(period, outputSize); residue++) {
    const origin = residue * step - low;
    let firstTap = 0;
    while (firstTap < Math.min(tapPeriod, kernelSize) && (origin + firstTap * dilation) % inputDilation !== 0)
      firstTap++;
    const taps = firstTap < tapPeriod ? Math.max(0, Math.ceil((kernelSize - firstTap) / tapPeriod)) : 0;
    parts.push({
      axis: {
        positions: Math.ceil((outputSize - residue) / period),
        taps,
        size: at(kernel.inputSize),
        step: (period * step) / inputDilation,
        start: taps === 0 ? 0 : (origin + firstTap * dilation) / inputDilation,
        dilation: (tapPeriod * dilation) / inputDilation,
        left,
        right: right * tapPeriod,
        target: target * period,
      },
      rightOffset: right * (taps === 0 ? 0 : firstTap),
      targetOffset: target * residue,
    });
  }
  return parts;
};

const absentAxis: AxisPart = {
  axis: { positions: 1, taps: 1, size: 1, step: 1, start: 0, dilation: 1, left: 0, right: 0, target: 0 },
  rightOffset: 0,
  targetOffset: 0,
};

/** The kernel as convolutions without input dilation over disjoint parts of the output: one, where it has none anyway. */
export const splitByResidue = (kernel: ConvolveKernel): Correlation[] => {
  const targets = contiguousStrides(kernel.outputSize);
  const spatial = kernel.outputSize.map((_, axis) => splitAxis(kernel, axis, targets[axis] as number));
  const [first, second, third] = [...new Array(3 - spatial.length).fill([absentAxis]), ...spatial] as AxisPart[][];
  const correlations: Correlation[] = [];
  for (const outer of first as AxisPart[]) {
    for (const middle of second as AxisPart[]) {
      for (const inner of third as AxisPart[]) {
        correlations.push({
          axes: [outer.axis, middle.axis, inner.axis],
          rightOffset: outer.rightOffset + middle.rightOffset + inner.rightOffset,
          targetOffset: outer.targetOffset + middle.targetOffset + inner.targetOffset,
        });
      }
    }
  }
  return correlations;
};
