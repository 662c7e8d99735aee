import type { Formulas } from '../workloads/formulas.js';
import type { HostInputs, HostOutputs, Problem } from '../workloads/problem.js';

/** Where and how an implementation computes. */
export interface PeerOptions {
  readonly device: string;
  readonly threads: number;
}

/** One problem with its inputs in place. */
export interface PreparedProblem {
  /** Computes once, to the end, and lets go of the results. */
  run(): Promise<void> | void;
  /** Computes and reads: what the problem gives, for training the losses of the first steps. Called before any `run`. */
  results(): Promise<HostOutputs> | HostOutputs;
  /** What one `run` hands to the device, where that can be counted. */
  count?(): Promise<DispatchCounts>;
  /** Times each launch by itself, in the order of a `run`, where that is possible. */
  profile?(runs: number): Promise<readonly LaunchTime[]>;
}

export interface DispatchCounts {
  readonly launches: number;
  readonly submits: number;
}

/** How long one kernel of a run takes. */
export interface LaunchTime {
  /** What the kernel does, on which sizes. */
  readonly kernel: string;
  readonly medianMs: number;
}

/** A library that can solve problems. */
export interface Peer {
  /** Bytes that the device holds, where it can say. */
  liveBytes?(): number;
  /** Rejects, saying why, where the library can't do the problem. */
  prepare(problem: Problem, inputs: HostInputs): Promise<PreparedProblem> | PreparedProblem;
}

/** Loads a library and makes it ready. */
export type OpenPeer = (options: PeerOptions) => Promise<Peer>;

/** A library's formulas; one that it lacks is the reason why. */
export type FormulaTable<T> = { readonly [F in keyof Formulas<T>]: Formulas<T>[F] | string };

/** Steps whose losses are compared. */
export const comparedSteps = 2;

/** Adam's settings in every implementation. */
export const adamSettings = { learningRate: 1e-3, beta1: 0.9, beta2: 0.999, epsilon: 1e-8 } as const;

/** A formula as it is called by name: its inputs and options are those of the problem. */
export type AnyFormula<T> = (inputs: Readonly<Record<string, T>>, options: unknown) => T | Readonly<Record<string, T>>;

/** The formula of a problem; throws the reason where there is none. */
export const formulaOf = <T>(formulas: FormulaTable<T>, { formula }: Problem): AnyFormula<T> => {
  const found = formulas[formula];
  if (typeof found === 'string') throw new Error(found);
  return found as AnyFormula<T>;
};

/** Results by name: a single one is `value`. */
export const nameResults = <T extends object>(
  results: T | Readonly<Record<string, T>>,
  isTensor: (results: T | Readonly<Record<string, T>>) => results is T,
): Readonly<Record<string, T>> => (isTensor(results) ? { value: results } : results);

/** A loss or other scalar that has to be one tensor. */
export const requireSingle = <T>(
  result: T | Readonly<Record<string, T>>,
  isTensor: (result: T | Readonly<Record<string, T>>) => result is T,
): T => {
  if (!isTensor(result)) throw new Error('The formula has several results; only one can be differentiated.');
  return result;
};
