import { byteSize } from '@cotangent/ir';
import { suffixes } from './blocking.js';
import { argumentsByteLength, argumentWords, ceilDivide, type Phase, type PlanPointers, roundUp } from './plan.js';

const unitLength = 4096;

/** The phase that adds partial outputs, `stride` bytes apart at the start of the shared scratch, and what it needs. */
export interface PartialSum {
  readonly phase: Omit<Phase, 'argumentsOffset'>;
  readonly stride: number;
  readonly scratchByteLength: number;
  readonly argumentsByteLength: number;
  words(pointers: PlanPointers): number[];
}

export const partialSum = (dtype: 'float32' | 'float64' | 'int32', length: number, count: number): PartialSum => {
  const stride = roundUp(length * byteSize(dtype), 64);
  return {
    phase: {
      entry: `sum${suffixes[dtype]}`,
      units: ceilDivide(length, unitLength),
      unitNanoseconds: 0.3 * unitLength * count,
    },
    stride,
    scratchByteLength: stride * count,
    argumentsByteLength: argumentsByteLength('SumArguments'),
    words: ({ scratch, accumulator, epilogue }) =>
      argumentWords('SumArguments', {
        source: scratch,
        target: accumulator,
        epilogue,
        length,
        count,
        stride,
        unitLength,
      }),
  };
};
