import type { Failure, FileResult } from '../fixtures/run.js';

export interface Counts {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
}

export const addCounts = (results: readonly Counts[]): Counts =>
  results.reduce(
    (sum, { passed, failed, skipped }) => ({
      passed: sum.passed + passed,
      failed: sum.failed + failed,
      skipped: sum.skipped + skipped,
    }),
    { passed: 0, failed: 0, skipped: 0 },
  );

export const formatCounts = ({ passed, failed, skipped }: Counts): string =>
  `${passed} passed, ${failed} failed, ${skipped} skipped`;

const formatValue = (value: unknown): string => {
  if (typeof value === 'number') return String(value);
  return typeof value === 'string' ? value.replaceAll(/\s*\n\s*/g, ' | ') : JSON.stringify(value);
};

const formatMismatch = ({ what, expected, actual, tolerance }: Failure): string => {
  const margin = tolerance > 0 ? ` ± ${tolerance.toPrecision(3)}` : '';
  return `${what}: ${formatValue(actual)}, not ${formatValue(expected)}${margin}`;
};

const formatCase = ([first, ...others]: readonly [Failure, ...Failure[]]): string => {
  const rest = others.length === 0 ? '' : `; and ${others.map(({ what }) => what).join(', ')}`;
  return `FAIL ${first.file} ${first.case} (${first.op}) ${formatMismatch(first)}${rest}`;
};

/** A line for each failing case. */
export const formatFailures = (failures: readonly Failure[]): string[] => {
  const byCase = new Map<string, [Failure, ...Failure[]]>();
  for (const failure of failures) {
    const others = byCase.get(failure.case);
    if (others === undefined) byCase.set(failure.case, [failure]);
    else others.push(failure);
  }
  return Array.from(byCase.values(), formatCase);
};

/** JSON has no literal for numbers that are not finite; fixtures spell them as strings. */
const spell = (_: string, value: unknown): unknown =>
  typeof value === 'number' && !Number.isFinite(value) ? String(value) : value;

/** The result for machines. */
export const toJson = (device: string, mode: string, results: readonly FileResult[]): string => {
  const failures = results.flatMap((result) => result.failures);
  return `${JSON.stringify({ device, mode, ...addCounts(results), failures }, spell, 2)}\n`;
};
