import { type DType, isFloat } from '@cotangent/ir';
import { setFusion, type Tensor } from '@cotangent/tensor';
import { compareValues } from '../fixtures/compare.js';
import { exact, type Tolerance, toleranceOf } from '../fixtures/tolerance.js';
import { interpret } from '../interpreter/interpret.js';

/** A backend gave something else than what the graph means. */
export class DisagreementError extends Error {}

/** float16 has 11 bits, and may be rounded once for each op or once for each kernel. */
const halfTolerance: Tolerance = { relative: 4e-3, scaled: 2e-3, absolute: 1e-3 };

/** The error of a product goes with the sum of its terms' magnitudes, which is several times the largest result. */
const singleTolerance: Tolerance = { ...toleranceOf('float32'), scaled: 4e-6 };

const toleranceFor = (dtype: DType): Tolerance => {
  if (!isFloat(dtype)) return exact;
  if (dtype === 'float16') return halfTolerance;
  return dtype === 'float64' ? toleranceOf('float64') : singleTolerance;
};

/** Throws DisagreementError where values are not those expected. */
export const requireValues = (
  what: string,
  actual: ArrayLike<number>,
  expected: ArrayLike<number>,
  tolerance: Tolerance = exact,
): void => {
  if (actual.length !== expected.length) {
    throw new DisagreementError(`${what}: ${actual.length} elements, not ${expected.length}`);
  }
  const mismatch = compareValues(what, actual, Float64Array.from(expected), tolerance);
  if (mismatch !== undefined) {
    const { what: where, actual: got, expected: wanted, tolerance: margin } = mismatch;
    throw new DisagreementError(`${where}: ${got}, not ${wanted} ± ${margin}`);
  }
};

const runModes = ['fused', 'unfused'] as const;

/** Runs `body` once with fusion and once without. */
export const inEachMode = async (body: (mode: string) => Promise<void>): Promise<void> => {
  for (const mode of runModes) {
    setFusion(mode === 'fused');
    try {
      await body(mode);
    } finally {
      setFusion(true);
    }
  }
};

/** Evaluates graphs with and without fusion, and holds the results to the interpreter's. */
export const requireAgreement = (
  make: () => readonly Tensor[],
  tolerance?: (dtype: DType) => Tolerance,
): Promise<void> =>
  inEachMode(async (mode) => {
    const tensors = make();
    const expected = interpret(tensors);
    const actual = await Promise.all(tensors.map((tensor) => tensor.data()));
    for (const [i, { dtype }] of tensors.entries()) {
      const what = tensors.length === 1 ? mode : `${mode} result ${i}`;
      requireValues(
        what,
        actual[i] as ArrayLike<number>,
        expected[i] as Float64Array,
        (tolerance ?? toleranceFor)(dtype),
      );
    }
  });
