/** First position of the extreme, where NaN beats everything; 0 for nothing. */
export const argExtreme = (values: readonly number[], isBetter: (a: number, b: number) => boolean): number => {
  let best = 0;
  for (let i = 1; i < values.length; i++) {
    const held = values[best] as number;
    const value = values[i] as number;
    if (Number.isNaN(held)) break;
    if (Number.isNaN(value) || isBetter(value, held)) best = i;
  }
  return best;
};

/** Positions in order of their values: equal ones, −0 and +0 among them, keep their order, NaN comes last. */
export const sortedOrder = (values: ArrayLike<number>, descending: boolean): number[] =>
  Array.from({ length: values.length }, (_, i) => i).sort((i, j) => {
    const a = values[i] as number;
    const b = values[j] as number;
    if (Number.isNaN(a) || Number.isNaN(b)) return Number(Number.isNaN(a)) - Number(Number.isNaN(b));
    if (a === b) return 0;
    return a < b !== descending ? -1 : 1;
  });
