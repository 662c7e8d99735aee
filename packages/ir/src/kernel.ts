import type { Guard, Index } from './access.js';
import type { DType } from './dtype.js';
import type { Instruction } from './scalar.js';
import type { Shape } from './shape.js';

/** One buffer that a kernel writes from the value of an instruction. */
export interface KernelOutput {
  readonly dtype: DType;
  /** Elements. */
  readonly length: number;
  /** Instruction whose value is stored; its dtype is the output's. */
  readonly value: number;
  /** Which positions it has: one for each outer position, or one for each position of the whole space. */
  readonly space: 'outer' | 'full';
  /** Where a position is stored, affine in the body axes; row-major over its space where absent. */
  readonly index?: Index;
}

interface KernelBase {
  /** dtypes of the input buffers, which a launch lists before the output buffers. Inputs and outputs never overlap. */
  readonly inputs: readonly DType[];
  readonly body: readonly Instruction[];
}

/** Outputs computed independently at each position of `shape`; body axes are those of `shape`. */
export interface MapKernel extends KernelBase {
  readonly kind: 'map';
  readonly shape: Shape;
  readonly outputs: readonly KernelOutput[];
}

/**
 * Reductions over `inner` at each position of `outer`; body axes are `[...outer, ...inner]`.
 *
 * A body may hold several `reduce` instructions, and one may depend on another's result (softmax: the sum depends on
 * the maximum): a backend sweeps the inner axes once for each depth of that dependency. An instruction that depends on
 * no inner axis is computed once for each outer position.
 */
export interface ReduceKernel extends KernelBase {
  readonly kind: 'reduce';
  readonly outer: Shape;
  readonly inner: Shape;
  readonly outputs: readonly KernelOutput[];
}

/** Running combinations along one inner axis of size `length`; body axes are `[...outer, length]`. Outputs are 'full'. */
export interface ScanKernel extends KernelBase {
  readonly kind: 'scan';
  readonly outer: Shape;
  readonly length: number;
  readonly outputs: readonly KernelOutput[];
}

/** What a sort writes: keys in order, or the int32 positions they came from. */
export interface SortOutput {
  readonly dtype: DType;
  readonly length: number;
  readonly content: 'values' | 'permutation';
}

/**
 * Stable sort along one inner axis of size `length`; body axes are `[...outer, length]`, `key` is the instruction that
 * gives the element. −0 and +0 are equal. NaN comes last in either direction.
 */
export interface SortKernel extends KernelBase {
  readonly kind: 'sort';
  readonly outer: Shape;
  readonly length: number;
  readonly key: number;
  readonly descending: boolean;
  readonly outputs: readonly SortOutput[];
}

/**
 * Starts from `initial` (an input buffer of the output's length, or a constant) and, at each position of `shape` where the
 * guards hold, adds `value` to (or puts it at) element `target` of the output. Body axes are those of `shape`.
 * Where positions collide, 'add' is deterministic and 'set' keeps the last in row-major order; `unique` promises no collision.
 */
export interface ScatterKernel extends KernelBase {
  readonly kind: 'scatter';
  readonly shape: Shape;
  readonly combine: 'add' | 'set';
  readonly unique: boolean;
  readonly initial: { readonly input: number } | { readonly constant: number };
  readonly target: Index;
  readonly guards: readonly Guard[];
  readonly value: number;
  /** Exactly one. */
  readonly outputs: readonly { readonly dtype: DType; readonly length: number }[];
}

/** An input buffer read through strides, in elements; strides may be 0 or negative. */
export interface Operand {
  readonly input: number;
  readonly offset: number;
  readonly strides: readonly number[];
}

/**
 * Batched product `[...batch, m, k] · [...batch, k, n]`, then the body as epilogue; body axes are `[...batch, m, n]`.
 * `left.strides` go along `[...batch, m, k]`, `right.strides` along `[...batch, k, n]`. `accumulator` has dtype `dtype`.
 */
export interface MatmulKernel extends KernelBase {
  readonly kind: 'matmul';
  readonly dtype: DType;
  readonly batch: Shape;
  readonly m: number;
  readonly n: number;
  readonly k: number;
  readonly left: Operand;
  readonly right: Operand;
  readonly outputs: readonly KernelOutput[];
}

/**
 * Cross-correlation `out[n,g,o,p…] = Σ_{c,q…} left[n,g,c, (p·stride + q·kernelDilation − low)/inputDilation …] · right[g,o,c,q…]`,
 * taken where the division is exact and the position lies inside; padding may be negative. Then the body as epilogue; body axes
 * are `[n, g, o, ...outputSize]`. `left.strides` go along `[n, g, c, ...spatial]`, `right.strides` along `[g, o, c, ...kernel]`.
 */
export interface ConvolveKernel extends KernelBase {
  readonly kind: 'convolve';
  readonly dtype: DType;
  readonly batch: number;
  readonly groups: number;
  /** Channels of one group. */
  readonly inputChannels: number;
  readonly outputChannels: number;
  readonly inputSize: Shape;
  readonly kernelSize: Shape;
  readonly outputSize: Shape;
  readonly stride: readonly number[];
  /** Low side of the padding for each spatial axis. */
  readonly padding: readonly number[];
  readonly inputDilation: readonly number[];
  readonly kernelDilation: readonly number[];
  readonly left: Operand;
  readonly right: Operand;
  readonly outputs: readonly KernelOutput[];
}

export type Kernel = MapKernel | ReduceKernel | ScanKernel | SortKernel | ScatterKernel | MatmulKernel | ConvolveKernel;

export type KernelKind = Kernel['kind'];

/** JSON writes infinities and NaN as null and −0 as 0; they are different constants. */
const spellNumber = (_: string, value: unknown): unknown => {
  if (Object.is(value, -0)) return '-0';
  return typeof value === 'number' && !Number.isFinite(value) ? String(value) : value;
};

/** A string that is equal for kernels that compile to the same code. */
export const kernelKey = (kernel: Kernel): string => JSON.stringify(kernel, spellNumber);
