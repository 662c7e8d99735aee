import type { Executable, Kernel } from '@cotangent/ir';
import type { Plan } from './kernels/plan.js';
import type { SharedPhase } from './threads/thread-pool.js';
import type { EpilogueFunction, PhaseFunction } from './threads/worker-body.js';

/** A phase with its code; `shared` where several threads are worth it. */
export interface ExecutablePhase {
  readonly run: PhaseFunction;
  readonly units: number;
  readonly argumentsOffset: number;
  readonly shared: SharedPhase | undefined;
}

/** A kernel with its code ready to run. */
export class CpuExecutable implements Executable {
  readonly kernel: Kernel;
  readonly plan: Plan;
  readonly phases: readonly ExecutablePhase[];
  /** What the fixed kernels call on what they finish. */
  readonly epilogue: EpilogueFunction | undefined;
  /** Bytes from one thread's scratch to the next. */
  readonly scratchStride: number;

  constructor(
    plan: Plan,
    phases: readonly ExecutablePhase[],
    epilogue: EpilogueFunction | undefined,
    scratchStride: number,
  ) {
    this.kernel = plan.kernel;
    this.plan = plan;
    this.phases = phases;
    this.epilogue = epilogue;
    this.scratchStride = scratchStride;
  }
}
