import type { Result } from '../contest/contest.js';
import type { Floors } from '../floors/floors.js';
import type { Machine } from '../machine.js';
import { figuresOf } from './figures.js';

/** A result as it is written; times are null where it failed. */
export interface ResultRecord {
  readonly workload: string;
  readonly device: string;
  readonly implementation: string;
  readonly version: string;
  readonly medianMs: number | null;
  readonly p10Ms: number | null;
  readonly p90Ms: number | null;
  readonly gflops?: number;
  readonly GBps?: number;
  readonly launches?: number;
  readonly submits?: number;
  readonly agrees: boolean;
  readonly error?: string;
}

export interface BenchRecord {
  readonly machine: Machine;
  /** On all threads. */
  readonly floors: { readonly gflops: number; readonly copyGBps: number };
  readonly results: readonly ResultRecord[];
}

const toRecord = (result: Result, all: readonly Result[], device: string, floors: Floors): ResultRecord => {
  const { workload, implementation, version, spread, counts, agrees, error } = result;
  const { gflops, GBps } = figuresOf(result, all, floors.all);
  return {
    workload,
    device,
    implementation,
    version,
    medianMs: spread?.median ?? null,
    p10Ms: spread?.p10 ?? null,
    p90Ms: spread?.p90 ?? null,
    ...(gflops !== undefined && { gflops }),
    ...(GBps !== undefined && { GBps }),
    ...counts,
    agrees,
    ...(error !== undefined && { error }),
  };
};

/** Everything that was measured, for machines. */
export const toJson = (machine: Machine, floors: Floors, device: string, results: readonly Result[]): string => {
  const { gflops, copyGBps } = floors.all;
  const record: BenchRecord = {
    machine,
    floors: { gflops, copyGBps },
    results: results.map((result) => toRecord(result, results, device, floors)),
  };
  return `${JSON.stringify(record, null, 2)}\n`;
};
