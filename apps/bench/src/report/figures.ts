import type { Result } from '../contest/contest.js';
import { ours, oursLazily } from '../contest/roster.js';
import { type Bound, boundOf, type Rates } from '../floors/floors.js';
import { workloads } from '../workloads/catalogue.js';
import type { Cost } from '../workloads/problem.js';

/** What is said of a result beside its times. */
export interface Figures {
  /** 10⁹ operations of contractions a second, where those decide. */
  readonly gflops?: number;
  /** 10⁹ bytes a second that have to be read and written, elsewhere. */
  readonly GBps?: number;
  /** Its time as a multiple of ours. */
  readonly ratio?: number;
  /** Share of the speed that the machine can have. */
  readonly share?: number;
}

const costOf = (name: string): Cost => workloads.find((workload) => workload.name === name)?.full.cost ?? {};

/** The least time of a workload on a machine of these rates. */
export const boundOfWorkload = (name: string, rates: Rates): Bound | undefined => boundOf(costOf(name), rates);

/** Figures of one of the results of a workload. */
export const figuresOf = (result: Result, all: readonly Result[], rates: Rates): Figures => {
  const { workload, implementation, spread } = result;
  if (spread === undefined) return {};
  const { flops, bytes } = costOf(workload);
  const own = all.find((other) => other.workload === workload && other.implementation === ours)?.spread;
  const bound = boundOfWorkload(workload, rates);
  return {
    ...(flops !== undefined && { gflops: flops / spread.median / 1e6 }),
    ...(flops === undefined && bytes !== undefined && { GBps: bytes / spread.median / 1e6 }),
    ...(own && implementation !== ours && { ratio: spread.median / own.median }),
    ...(bound && { share: bound.ms / spread.median }),
  };
};

/** Whether a result is of our own making. */
export const isOurs = ({ implementation }: Result): boolean => implementation === ours || implementation === oursLazily;
