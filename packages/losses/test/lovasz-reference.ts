/** Which pixels and classes count, as in the losses' options. */
export interface ReferenceOptions {
  readonly classes?: 'present' | 'all' | readonly number[];
  readonly perImage?: boolean;
  readonly ignoreIndex?: number;
}

/** Algorithm 1 of the paper as it is printed: running Jaccard losses, then their differences. */
const lovaszGradient = (foreground: readonly number[]): number[] => {
  const total = foreground.reduce((sum, f) => sum + f, 0);
  let reached = 0;
  const jaccard = foreground.map((f, i) => {
    reached += f;
    return 1 - (total - reached) / (total + i + 1 - reached);
  });
  return jaccard.map((value, i) => value - (jaccard[i - 1] ?? 0));
};

/**
 * The Lovász-softmax loss of probabilities `[n][c][p]` and labels `[n][p]`, and its gradient, with plain loops; pixels to ignore
 * are removed first, as Berman's implementation does.
 */
export const lovaszReference = (
  probabilities: readonly (readonly (readonly number[])[])[],
  labels: readonly (readonly number[])[],
  { classes = 'present', perImage = false, ignoreIndex }: ReferenceOptions = {},
): { loss: number; gradient: number[][][] } => {
  const gradient = probabilities.map((image) => image.map((plane) => plane.map(() => 0)));
  const classCount = probabilities[0]?.length ?? 0;
  const all = labels.flatMap((row, n) => row.map((label, p) => ({ n, p, label })));
  const kept = all.filter(({ label }) => label !== ignoreIndex);
  const sets = perImage ? labels.map((_, n) => kept.filter((pixel) => pixel.n === n)) : [kept];
  let loss = 0;
  for (const pixels of sets) {
    const chosen = Array.from({ length: classCount }, (_, c) => c).filter((c) =>
      classes === 'present' ? pixels.some(({ label }) => label === c) : classes === 'all' || classes.includes(c),
    );
    for (const c of chosen) {
      const errors = pixels.map(({ n, p, label }) => {
        const difference = (label === c ? 1 : 0) - (probabilities[n]?.[c]?.[p] as number);
        return { n, p, label, error: Math.abs(difference), slope: -Math.sign(difference) };
      });
      errors.sort((a, b) => b.error - a.error);
      const weights = lovaszGradient(errors.map(({ label }) => (label === c ? 1 : 0)));
      const share = 1 / chosen.length / sets.length;
      for (const [i, { n, p, error, slope }] of errors.entries()) {
        loss += share * error * (weights[i] as number);
        ((gradient[n] as number[][])[c] as number[])[p] = share * slope * (weights[i] as number);
      }
    }
  }
  return { loss, gradient };
};
