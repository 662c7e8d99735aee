import type { HostOutputs } from './workloads/problem.js';

/** Distance of two results, relative to the first, in the Euclidean norm; infinite where they can't be compared. */
export const relativeDistance = (a: ArrayLike<number>, b: ArrayLike<number>): number => {
  if (a.length !== b.length) return Number.POSITIVE_INFINITY;
  let difference = 0;
  let size = 0;
  for (let i = 0; i < a.length; i++) {
    const [x, y] = [a[i] as number, b[i] as number];
    difference += (x - y) ** 2;
    size += x ** 2;
  }
  if (difference === 0) return 0;
  const distance = Math.sqrt(difference / size);
  return Number.isNaN(distance) ? Number.POSITIVE_INFINITY : distance;
};

/** Whether two sets of results have the same names and lie within a tolerance of each other. */
export const resultsAgree = (a: HostOutputs, b: HostOutputs, tolerance: number): boolean => {
  const names = Object.keys(a);
  return (
    names.length === Object.keys(b).length &&
    names.every((name) => {
      const [mine, theirs] = [a[name], b[name]];
      return mine !== undefined && theirs !== undefined && relativeDistance(mine, theirs) <= tolerance;
    })
  );
};

/** For each set of results whether at least half of the others agree with it; one that is alone does. */
export const findAgreement = (results: readonly HostOutputs[], tolerance: number): boolean[] =>
  results.map((mine, i) => {
    const others = results.filter((_, j) => j !== i);
    return 2 * others.filter((other) => resultsAgree(mine, other, tolerance)).length >= others.length;
  });
