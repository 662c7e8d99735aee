import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import type { Cost } from '../workloads/problem.js';
import { type FloorKind, floorKinds } from './floor-module.js';

/** How fast the machine can be: 10⁹ operations, or bytes read and written, a second. */
export interface Rates {
  /** Of a multiply-add loop in registers, in WebAssembly SIMD. */
  readonly gflops: number;
  /** Of copying, both sides counted, beyond the caches. */
  readonly copyGBps: number;
  readonly readGBps: number;
}

export interface Floors {
  readonly one: Rates;
  /** On as many threads as the implementations have. */
  readonly all: Rates;
}

const windowMs = 100;
const windows = 4;

/** Sum of what workers reach at once; the best of some windows, since others on the machine can only take away. */
const bestRate = async (workers: readonly Worker[], kind: FloorKind): Promise<number> => {
  let best = 0;
  for (let i = 0; i < windows; i++) {
    const rates = workers.map(async (worker) => {
      worker.postMessage({ kind, forMs: windowMs });
      const [rate] = (await once(worker, 'message')) as [number];
      return rate;
    });
    best = Math.max(
      best,
      (await Promise.all(rates)).reduce((sum, rate) => sum + rate, 0),
    );
  }
  return best;
};

const measureRates = async (workers: readonly Worker[]): Promise<Rates> => {
  const rates = { multiplyAdd: 0, copy: 0, read: 0 };
  for (const kind of floorKinds) rates[kind] = await bestRate(workers, kind);
  return { gflops: rates.multiplyAdd, copyGBps: rates.copy, readGBps: rates.read };
};

/** Measures the machine, on one thread and on all. */
export const measureFloors = async (threads: number): Promise<Floors> => {
  const workers = Array.from({ length: threads }, () => new Worker(new URL('./floor-worker.js', import.meta.url)));
  try {
    return { one: await measureRates(workers.slice(0, 1)), all: await measureRates(workers) };
  } finally {
    await Promise.all(workers.map((worker) => worker.terminate()));
  }
};

/** The higher of two measurements of a rate is closer to the machine's. */
export const higherFloors = (a: Floors, b: Floors): Floors => ({
  one: higherRates(a.one, b.one),
  all: higherRates(a.all, b.all),
});

const higherRates = (a: Rates, b: Rates): Rates => ({
  gflops: Math.max(a.gflops, b.gflops),
  copyGBps: Math.max(a.copyGBps, b.copyGBps),
  readGBps: Math.max(a.readGBps, b.readGBps),
});

/** The least time a problem can take, and which of its needs takes it. */
export interface Bound {
  readonly ms: number;
  readonly by: 'arithmetic' | 'memory';
}

/** Undefined where a problem has no cost to speak of. */
export const boundOf = ({ flops = 0, bytes = 0, isReading = false }: Cost, rates: Rates): Bound | undefined => {
  const arithmetic = flops / rates.gflops / 1e6;
  const memory = bytes / (isReading ? rates.readGBps : rates.copyGBps) / 1e6;
  if (arithmetic === 0 && memory === 0) return undefined;
  return arithmetic >= memory ? { ms: arithmetic, by: 'arithmetic' } : { ms: memory, by: 'memory' };
};
