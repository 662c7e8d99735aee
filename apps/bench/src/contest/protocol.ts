import type { DispatchCounts, LaunchTime, PeerOptions } from '../peers/peer.js';
import type { HostOutputs } from '../workloads/problem.js';

/** What a contestant is asked. */
export type Request =
  | {
      readonly kind: 'prepare';
      readonly implementation: string;
      readonly workload: string;
      readonly options: PeerOptions;
    }
  | { readonly kind: 'measure'; readonly turn: Turn }
  | { readonly kind: 'profile'; readonly runs: number };

/** How long a contestant goes on: at least once, then until either limit. */
export interface Turn {
  readonly forMs: number;
  readonly maxRuns: number;
}

/** What a contestant brings to the start. */
export interface Preparation {
  readonly outputs: HostOutputs;
  /** From the import of the library to the first result. */
  readonly startupMs: number;
  readonly counts?: DispatchCounts;
}

export type Reply =
  | { readonly kind: 'prepared'; readonly preparation: Preparation }
  | { readonly kind: 'measured'; readonly samplesMs: readonly number[] }
  | { readonly kind: 'profiled'; readonly launches: readonly LaunchTime[] }
  | { readonly kind: 'failed'; readonly message: string };
