/** Whether someone asked the run to stop. */
export interface Interruption {
  readonly isRequested: boolean;
  /** Stops listening. */
  release(): void;
}

const signals = ['SIGINT', 'SIGTERM'] as const;

/** Takes the first SIGINT or SIGTERM as a request; at the second, `abort` runs at once. */
export const listenForInterruption = (abort: () => void): Interruption => {
  let count = 0;
  const listener = (): void => {
    count++;
    if (count > 1) abort();
  };
  for (const signal of signals) process.on(signal, listener);
  return {
    get isRequested() {
      return count > 0;
    },
    release() {
      for (const signal of signals) process.off(signal, listener);
    },
  };
};
