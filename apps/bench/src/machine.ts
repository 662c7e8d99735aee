import { availableParallelism, cpus, loadavg } from 'node:os';

/** Where the times were taken. */
export interface Machine {
  readonly cpu: string;
  readonly threads: number;
  readonly node: string;
}

/** Share of the processors that was busy over the last minute from which times say little. */
const busyShare = 0.5;

/** A sentence where other work would disturb the times. */
export const describeDisturbance = (): string | undefined => {
  const load = loadavg()[0] as number;
  if (load < busyShare * availableParallelism()) return undefined;
  return `The machine is busy (load ${load.toFixed(1)} on ${availableParallelism()} processors): times will be noisy.`;
};

export const describeMachine = (threads: number): Machine => ({
  cpu: cpus()[0]?.model.trim() ?? 'unknown',
  threads,
  node: process.versions.node,
});
