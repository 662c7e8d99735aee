import { byteSize } from '@cotangent/ir';
import { accumulatorBase, epilogueBase, makeArguments, scratchBase } from './arguments.js';
import { suffixes } from './blocking.js';
import { ceilDivide, roundUp, type Step } from './plan.js';

const unitLength = 4096;

/** The step that adds partial outputs, `stride` bytes apart at the start of the shared scratch, and what it needs. */
export interface PartialSum {
  readonly step: Step;
  readonly stride: number;
  readonly scratchByteLength: number;
}

export const partialSum = (dtype: 'float32' | 'float64' | 'int32', length: number, count: number): PartialSum => {
  const stride = roundUp(length * byteSize(dtype), 64);
  return {
    step: {
      entry: `sum${suffixes[dtype]}`,
      units: ceilDivide(length, unitLength),
      unitNanoseconds: 0.3 * unitLength * count,
      arguments: makeArguments(
        'SumArguments',
        { source: 0, target: 0, epilogue: 0, length, count, stride, unitLength },
        { source: scratchBase, target: accumulatorBase, epilogue: epilogueBase },
      ),
    },
    stride,
    scratchByteLength: stride * count,
  };
};
