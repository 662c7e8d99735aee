import type { DType } from '@cotangent/ir';
import { layouts } from './generated.js';

type Layouts = typeof layouts;

/** An argument block's fields by name. */
export type Fields<K extends keyof Layouts> = { readonly [F in Layouts[K][number]]: number };

/** Exports of the native module that do units of work. */
export type PhaseEntry =
  | `${'matmul' | 'convolve' | 'convolveRows' | 'convolveDots' | 'pack' | 'sum'}${'Float32' | 'Float64' | 'Int32'}`
  | `sort${'Bool' | 'Float16' | 'Float32' | 'Float64' | 'Int32' | 'Uint32'}`;

/** One step of a plan: independent units that any threads may do in any order, after the step before. */
export interface Phase {
  readonly entry: PhaseEntry;
  readonly units: number;
  /** Rough cost of one unit on one thread. */
  readonly unitNanoseconds: number;
  /** Where its arguments lie in the plan's block, bytes. */
  readonly argumentsOffset: number;
}

/** Addresses of one launch. */
export interface PlanPointers {
  /** Of the input buffers, in the kernel's order. */
  readonly inputs: readonly number[];
  /** Of the accumulators; or, for a sort, of the keys. */
  readonly accumulator: number;
  /** Of the output buffers, in the kernel's order; only sorts read it. */
  readonly outputs: readonly number[];
  /** Of `scratchByteLength` bytes that all threads share. */
  readonly scratch: number;
  /** Of the emitted epilogue's own arguments; 0 without one. */
  readonly epilogue: number;
}

/** How a fixed kernel runs. */
export interface NativePlan {
  readonly phases: readonly Phase[];
  /** Type of the accumulators (or of a sort's keys), row-major over the body's axes. */
  readonly accumulator: DType;
  /** Whether phases call the epilogue on what they finish, or it has to run over everything after them. */
  readonly epilogue: 'during' | 'after';
  readonly argumentsByteLength: number;
  readonly scratchByteLength: number;
  readonly threadScratchByteLength: number;
  /** Writes the argument block, `argumentsByteLength / 4` words. */
  fill(block: Int32Array, pointers: PlanPointers): void;
}

/** Words of one phase's arguments: fields in the layout's order, then whatever follows them. */
export const argumentWords = <K extends keyof Layouts>(
  layout: K,
  fields: Fields<K>,
  rest: readonly number[] = [],
): number[] => [...layouts[layout].map((field) => fields[field as keyof Fields<K>]), ...rest];

/** Bytes of one phase's arguments. */
export const argumentsByteLength = (layout: keyof Layouts, rest = 0): number => (layouts[layout].length + rest) * 4;

export const ceilDivide = (dividend: number, divisor: number): number => Math.ceil(dividend / divisor);
export const roundUp = (value: number, multiple: number): number => Math.ceil(value / multiple) * multiple;
