import { cpus } from 'node:os';

/** Where the times were taken. */
export interface Machine {
  readonly cpu: string;
  readonly threads: number;
  readonly node: string;
}

export const describeMachine = (threads: number): Machine => ({
  cpu: cpus()[0]?.model.trim() ?? 'unknown',
  threads,
  node: process.versions.node,
});
