import type { FormulaName, FormulaOptions, InputName } from './formulas.js';

/** How an input is filled. */
export type Fill =
  /** Even over [−1, 1). */
  | { readonly kind: 'uniform' }
  | { readonly kind: 'normal'; readonly scale: number }
  | { readonly kind: 'constant'; readonly value: number }
  /** In [0, 1), no two equal. */
  | { readonly kind: 'distinct' }
  /** int32 from 0 to `classes − 1`. */
  | { readonly kind: 'labels'; readonly classes: number };

export interface InputSpec {
  readonly shape: readonly number[];
  readonly fill: Fill;
}

export type HostValues = Float32Array<ArrayBuffer> | Int32Array<ArrayBuffer>;

export interface HostTensor {
  readonly shape: readonly number[];
  readonly values: HostValues;
}

export type HostInputs = Readonly<Record<string, HostTensor>>;

/** Results by name: `value` (or the formula's own names), and `gradient.<variable>`; for training `losses`. */
export type HostOutputs = Readonly<Record<string, HostValues>>;

/**
 * - `value`: the formula.
 * - `gradient`: the formula, and the gradient of `Σ value·cotangent` for each variable; a scalar has no cotangent.
 * - `training`: a step of Adam on the variables, with the formula as loss.
 */
export type Mode = 'value' | 'gradient' | 'training';

/** The least that any implementation has to do. */
export interface Cost {
  /** Multiplications and additions of contractions, where those decide. */
  readonly flops?: number;
  /** Inputs read once and results written once. */
  readonly bytes?: number;
  /** Whether it reads so much more than it writes that the speed of reading decides. */
  readonly isReading?: boolean;
}

/** What to compute, on what: all that an implementation is told. */
export interface Problem<F extends FormulaName = FormulaName> {
  readonly formula: F;
  readonly options: FormulaOptions<F>;
  readonly mode: Mode;
  readonly inputs: Readonly<Record<string, InputSpec>>;
  /** Inputs that are differentiated or trained. */
  readonly variables: readonly string[];
  readonly cost: Cost;
  /** Largest distance of results of two implementations, relative to their size, both in the Euclidean norm. */
  readonly tolerance: number;
}

/** A problem under a name, as it is timed and, in the same form but small, as it is tested. */
export interface Workload {
  readonly name: string;
  readonly full: Problem;
  readonly small: Problem;
  /** Timed from the import of the library to the result, each time in a process of its own. */
  readonly isStartup?: boolean;
}

/** What a problem says beside its formula and inputs. */
export interface ProblemSettings<F extends FormulaName> {
  readonly options: FormulaOptions<F>;
  readonly mode?: Mode;
  readonly variables?: readonly InputName<F>[];
  readonly cost?: Cost;
  readonly tolerance?: number;
}

/** Rounding in another order, over sums of any length that occurs here. */
const defaultTolerance = 1e-4;

/** A problem whose inputs fit its formula; `cotangent` is a further input of those in mode `gradient` that need one. */
export const problem = <F extends FormulaName>(
  formula: F,
  inputs: Readonly<Record<InputName<F>, InputSpec>> & { readonly cotangent?: InputSpec },
  { options, mode = 'value', variables = [], cost = {}, tolerance = defaultTolerance }: ProblemSettings<F>,
): Problem<F> => ({ formula, options, mode, inputs: inputs as Problem['inputs'], variables, cost, tolerance });

const uniform = (...shape: readonly number[]): InputSpec => ({ shape, fill: { kind: 'uniform' } });
const normal = (scale: number, ...shape: readonly number[]): InputSpec => ({ shape, fill: { kind: 'normal', scale } });
const constant = (value: number, ...shape: readonly number[]): InputSpec => ({
  shape,
  fill: { kind: 'constant', value },
});
const distinct = (...shape: readonly number[]): InputSpec => ({ shape, fill: { kind: 'distinct' } });
const labels = (classes: number, ...shape: readonly number[]): InputSpec => ({
  shape,
  fill: { kind: 'labels', classes },
});

/** Inputs by how they are filled. */
export const input = { uniform, normal, constant, distinct, labels };

/** Bytes of so many 4-byte elements. */
export const bytesOf = (...elements: readonly number[]): number => 4 * elements.reduce((sum, count) => sum + count, 0);
