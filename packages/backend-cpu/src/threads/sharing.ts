import type { Phase } from '../kernels/plan.js';

/** When and how phases are shared among threads, in nanoseconds of rough cost where nothing else is said. */
export interface Sharing {
  /** Cheapest phase that repays the few hundred nanoseconds of opening it to threads that are awake. */
  readonly minPhase: number;
  /** What a thread takes at a time: long enough to repay the taking, short enough that threads end together. */
  readonly minChunk: number;
  readonly maxChunk: number;
  /** What phases that could be shared cost together before workers are started. */
  readonly start: number;
  /** What phases that sleeping workers miss may cost together before these are woken. */
  readonly wake: number;
  /** How long the main thread waits for workers to end a phase before it gives them up. */
  readonly patienceMilliseconds: number;
}

export const defaultSharing: Sharing = {
  minPhase: 6000,
  minChunk: 3000,
  maxChunk: 200_000,
  start: 500_000,
  wake: 80_000,
  patienceMilliseconds: 60_000,
};

const chunksPerThread = 16;

/** Units that are done at a time; all of them where the phase isn't worth sharing. */
export const chooseChunk = (
  { units, unitNanoseconds }: Phase,
  threads: number,
  { minPhase, minChunk, maxChunk }: Sharing,
): number => {
  const nanoseconds = units * unitNanoseconds;
  if (units < 2 || nanoseconds < minPhase) return units;
  const wanted = nanoseconds / (chunksPerThread * threads);
  const chunk = Math.round(Math.min(maxChunk, Math.max(minChunk, wanted)) / unitNanoseconds);
  return Math.min(Math.max(1, chunk), Math.ceil(units / 2));
};
