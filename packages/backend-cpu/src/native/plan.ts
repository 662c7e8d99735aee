import type { DType } from '@cotangent/ir';
import { type Arguments, type PlanPointers, writeArguments } from './arguments.js';

/** Exports of the native module that do units of work. */
export type PhaseEntry =
  | `${'matmul' | 'convolve' | 'convolveRows' | 'convolveDots' | 'pack' | 'sum'}${'Float32' | 'Float64' | 'Int32'}`
  | `winograd${'' | 'Weights' | 'Slices' | 'Sums'}Float32`
  | `${'sortRows' | 'orderKeys' | 'countDigits' | 'scatterDigits' | 'restoreKeys' | 'signZeros'}${32 | 64}`
  | 'placeDigits';

/** One step of a plan: independent units that any threads may do in any order, after the step before. */
export interface Phase {
  readonly entry: PhaseEntry;
  readonly units: number;
  /** Rough cost of one unit on one thread. */
  readonly unitNanoseconds: number;
  /** Where its arguments lie in the plan's block, bytes. */
  readonly argumentsOffset: number;
}

/** How a fixed kernel runs. */
export interface NativePlan {
  readonly phases: readonly Phase[];
  /** Type of the accumulators (or of a sort's keys), row-major over the body's axes. */
  readonly accumulator: DType;
  /** Whether phases call the epilogue on what they finish, or it has to run over everything after them. */
  readonly epilogue: 'during' | 'after';
  readonly argumentsByteLength: number;
  readonly scratchByteLength: number;
  readonly threadScratchByteLength: number;
  /** Writes the argument block, `argumentsByteLength / 4` words. */
  fill(block: Int32Array, pointers: PlanPointers): void;
}

/** A phase with its arguments, which several may share. */
export interface Step extends Omit<Phase, 'argumentsOffset'> {
  readonly arguments: Arguments;
}

/** A plan of some steps, without those that have no units. */
export const makePlan = (
  steps: readonly Step[],
  rest: Omit<NativePlan, 'phases' | 'argumentsByteLength' | 'fill'>,
): NativePlan => {
  const starts = new Map<Arguments, number>();
  let words = 0;
  const phases: Phase[] = [];
  for (const { arguments: ownArguments, ...phase } of steps) {
    if (phase.units === 0) continue;
    const start = starts.get(ownArguments) ?? words;
    if (start === words) words += ownArguments.words.length;
    starts.set(ownArguments, start);
    phases.push({ ...phase, argumentsOffset: 4 * start });
  }
  return {
    ...rest,
    phases,
    argumentsByteLength: 4 * words,
    fill(block, pointers) {
      for (const [ownArguments, start] of starts) writeArguments(ownArguments, pointers, block, start);
    },
  };
};

export const ceilDivide = (dividend: number, divisor: number): number => Math.ceil(dividend / divisor);
export const roundUp = (value: number, multiple: number): number => Math.ceil(value / multiple) * multiple;
