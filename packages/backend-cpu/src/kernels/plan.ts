import type { Kernel } from '@cotangent/ir';
import { emittedArguments } from '../emit/function.js';

/**
 * One step of a launch: a WebAssembly function `(arguments, begin, end, scratch)` over independent units of work.
 *
 * Units may be split among threads in any way; results don't depend on it. A phase starts when the one before it is done.
 */
export interface Phase {
  readonly entry: string;
  readonly module: 'emitted' | 'native';
  readonly units: number;
  /** Rough cost of one unit on one thread. */
  readonly unitNanoseconds: number;
  /** Where its arguments start in the launch's argument block, bytes. */
  readonly argumentsOffset: number;
}

/** Addresses of one launch. */
export interface LaunchPointers {
  /** Input buffers, then output buffers. */
  readonly buffers: readonly number[];
  /** `scratchByteLength` bytes that all threads share. */
  readonly scratch: number;
  /** The argument block itself. */
  readonly arguments: number;
}

/** How a kernel runs. */
export interface Plan {
  readonly kernel: Kernel;
  /** The module emitted for this kernel; absent where fixed kernels do it all. */
  readonly code?: Uint8Array<ArrayBuffer>;
  /** Entry in `code` that the fixed kernels call on what they finish. */
  readonly epilogue?: string;
  readonly phases: readonly Phase[];
  readonly argumentsByteLength: number;
  readonly scratchByteLength: number;
  readonly threadScratchByteLength: number;
  /** Writes the argument block. */
  fill(block: Int32Array, pointers: LaunchPointers): void;
}

/** Writes an emitted function's arguments at a byte offset of the block. */
export const fillEmittedArguments = (
  block: Int32Array,
  { buffers, scratch }: Pick<LaunchPointers, 'buffers' | 'scratch'>,
  byteOffset = 0,
): void => {
  const first = byteOffset / 4;
  block[first + emittedArguments.scratch] = scratch;
  for (let i = 0; i < buffers.length; i++) block[first + emittedArguments.buffers + i] = buffers[i] as number;
};

/** Bytes of an emitted function's arguments. */
export const emittedArgumentsByteLength = (kernel: Kernel): number =>
  4 * (emittedArguments.buffers + kernel.inputs.length + kernel.outputs.length);
