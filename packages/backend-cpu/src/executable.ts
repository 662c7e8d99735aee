import type { Executable, Kernel } from '@cotangent/ir';
import type { LaunchPointers, Plan } from './kernels/plan.js';
import type { EpilogueFunction, PhaseFunction } from './threads/worker-body.js';

/** A phase with its code. */
export interface ExecutablePhase {
  /** Number of its executable, by which workers know it, and its own place there. */
  readonly executable: number;
  readonly phase: number;
  readonly run: PhaseFunction;
  readonly units: number;
  /** Units that are done at a time: fewer than all where the phase is worth sharing among threads. */
  readonly chunk: number;
  /** Rough cost of all units on one thread. */
  readonly nanoseconds: number;
  /** Where its arguments start in the launch's argument block, bytes. */
  readonly argumentsOffset: number;
}

/** Addresses of one launch. */
export interface LaunchAddresses extends LaunchPointers {
  /** Scratch of the calling thread; that of worker `i`, from 1 on, is `i` times `scratchStride` further. */
  readonly threadScratch: number;
  readonly scratchStride: number;
}

/** A kernel with its code ready to run. */
export class CpuExecutable implements Executable {
  readonly plan: Plan;
  readonly phases: readonly ExecutablePhase[];
  /** What the fixed kernels call on what they finish. */
  readonly epilogue: EpilogueFunction | undefined;

  constructor(plan: Plan, phases: readonly ExecutablePhase[], epilogue: EpilogueFunction | undefined) {
    this.plan = plan;
    this.phases = phases;
    this.epilogue = epilogue;
  }

  get kernel(): Kernel {
    return this.plan.kernel;
  }
}
