/** What is kept of samples: milliseconds below which half, a tenth and nine tenths of them lie. */
export interface Spread {
  readonly median: number;
  readonly p10: number;
  readonly p90: number;
}

/** Element at a fraction of the order, linear between neighbours. */
const quantile = (sorted: readonly number[], fraction: number): number => {
  const position = fraction * (sorted.length - 1);
  const below = Math.floor(position);
  const low = sorted[below] as number;
  const high = sorted[Math.min(below + 1, sorted.length - 1)] as number;
  return low + (high - low) * (position - below);
};

/** Throws RangeError where there are no samples. */
export const spreadOf = (samples: readonly number[]): Spread => {
  if (samples.length === 0) throw new RangeError('There are no samples.');
  const sorted = samples.toSorted((a, b) => a - b);
  return { median: quantile(sorted, 0.5), p10: quantile(sorted, 0.1), p90: quantile(sorted, 0.9) };
};
