import type { LaunchTime } from '../peers/peer.js';
import type { Workload } from '../workloads/problem.js';
import type { Preparation, Turn } from './protocol.js';

/** An implementation in a process of its own, so that none disturbs another or takes it down. */
export interface Contestant {
  /** Of the library; empty where that is not installed. */
  readonly version: string;
  /** Loads the library, solves the workload once and reports the results. Rejects, saying why, where it can't. */
  prepare(workload: Workload): Promise<Preparation>;
  /** Milliseconds of each run in a turn. */
  measure(turn: Turn): Promise<readonly number[]>;
  /** Times each launch of the prepared workload by itself. */
  profile(runs: number): Promise<readonly LaunchTime[]>;
  close(): void;
}
