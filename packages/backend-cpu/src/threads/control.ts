/** Ranges that the units of a phase are cut into at most; see `ThreadPool`. */
export const maxRanges = 16;
/** Words on a cache line, and on the one that processors fetch along with it. */
export const wordsPerLine = 32;

/**
 * Words of the block through which the main thread and its workers agree. Words that different threads write lie on
 * different cache lines.
 */
export const controlWords = {
  /** Changes with everything that workers should look at; idle workers wait for that. */
  turn: 0,
  /** Value of `turn` since which the phase below is open to workers; 0 while none is. */
  open: 1,
  /** Messages posted to each worker so far. */
  mail: 2,
  /* The open phase. */
  executable: 3,
  phase: 4,
  arguments: 5,
  units: 6,
  /** Units that a thread takes at a time. */
  chunk: 7,
  /** Address of the main thread's scratch; that of worker `i`, from 1 on, is `i` times `scratchStride` further. */
  scratch: 8,
  scratchStride: 9,
  /** Whether the main thread waits for `active` to change. */
  isJoining: 10,
  /** Units in each range of the open phase. */
  rangeUnits: 11,
  ranges: 12,
  /** Workers inside the open phase. */
  active: 32,
  /** Workers that wait for `turn` to change. */
  sleeping: 64,
  /** Workers that have started. */
  started: 65,
  /** First unit of a range that no thread has taken, one cache line for each range. */
  next: 96,
  /** Length of the message of the first failure in a worker, then its UTF-16 codes. */
  failure: 96 + maxRanges * wordsPerLine,
} as const;

/** Longest message of a failure. */
const maxFailureLength = 511;

export const controlByteLength = 4 * (controlWords.failure + 1 + maxFailureLength);

/** Takes out the message of the first failure in a worker since the last call. */
export const takeFailure = (control: Int32Array): string | undefined => {
  const length = control[controlWords.failure] as number;
  if (length === 0) return undefined;
  control[controlWords.failure] = 0;
  const first = controlWords.failure + 1;
  return String.fromCharCode(...control.subarray(first, first + length));
};
