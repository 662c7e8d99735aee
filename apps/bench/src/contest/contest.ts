import { findAgreement } from '../agreement.js';
import type { DispatchCounts, PeerOptions } from '../peers/peer.js';
import { type Spread, spreadOf } from '../statistics.js';
import type { HostOutputs, Workload } from '../workloads/problem.js';
import type { Contestant } from './contestant.js';
import type { Turn } from './protocol.js';

/** How one implementation did at one workload. */
export interface Result {
  readonly workload: string;
  readonly implementation: string;
  readonly version: string;
  /** Absent where it failed. */
  readonly spread?: Spread;
  readonly counts?: DispatchCounts;
  /** Its results are those of at least half of the others. */
  readonly agrees: boolean;
  /** Why it failed. */
  readonly error?: string;
}

/** How long everyone runs. */
export interface Effort {
  /** Turns that each implementation gets. */
  readonly rounds: number;
  /** Untimed, before the first round. */
  readonly warmup: Turn;
  readonly turn: Turn;
  /** An implementation that has run for so long, and twice, gets no further turns. */
  readonly enoughMs: number;
}

export const fullEffort: Effort = {
  rounds: 10,
  warmup: { forMs: 250, maxRuns: 1000 },
  turn: { forMs: 50, maxRuns: 1000 },
  enoughMs: 6000,
};

export const quickEffort: Effort = {
  rounds: 3,
  warmup: { forMs: 50, maxRuns: 100 },
  turn: { forMs: 20, maxRuns: 100 },
  enoughMs: 1000,
};

export interface ContestSettings {
  readonly implementations: readonly string[];
  readonly options: PeerOptions;
  readonly effort: Effort;
  readonly start: (implementation: string, options: PeerOptions) => Contestant;
}

interface Entrant {
  readonly implementation: string;
  readonly contestant: Contestant;
  outputs: HostOutputs | undefined;
  counts: DispatchCounts | undefined;
  samples: number[];
  error: string | undefined;
}

const firstLine = (error: unknown): string =>
  (error instanceof Error ? error.message : String(error)).split('\n')[0] as string;

/** Runs a step for an entrant; one that fails is out, with the reason. */
const attempt = async (entrant: Entrant, step: () => Promise<void>): Promise<void> => {
  if (entrant.error !== undefined) return;
  try {
    await step();
  } catch (error) {
    entrant.error = firstLine(error);
  }
};

/** What it took from import to result on one thread, in a process of its own for each sample. */
const measureStartup = async (
  workload: Workload,
  { implementation }: Entrant,
  { start, options }: ContestSettings,
): Promise<number> => {
  const contestant = start(implementation, { ...options, threads: 1 });
  try {
    return (await contestant.prepare(workload)).startupMs;
  } finally {
    contestant.close();
  }
};

const isDone = ({ samples }: Entrant, { enoughMs }: Effort): boolean =>
  samples.length > 1 && samples.reduce((sum, sample) => sum + sample, 0) > enoughMs;

const runRounds = async (
  workload: Workload,
  entrants: readonly Entrant[],
  settings: ContestSettings,
): Promise<void> => {
  const { effort } = settings;
  for (let round = 0; round < effort.rounds; round++) {
    for (const entrant of entrants) {
      if (isDone(entrant, effort)) continue;
      await attempt(entrant, async () => {
        entrant.samples.push(
          ...(workload.isStartup
            ? [await measureStartup(workload, entrant, settings)]
            : await entrant.contestant.measure(effort.turn)),
        );
      });
    }
  }
};

const prepare = async (workload: Workload, entrant: Entrant, { effort }: ContestSettings): Promise<void> => {
  const { outputs, counts } = await entrant.contestant.prepare(workload);
  Object.assign(entrant, { outputs, counts });
  if (!workload.isStartup) await entrant.contestant.measure(effort.warmup);
};

const toResults = ({ name, full }: Workload, entrants: readonly Entrant[]): Result[] => {
  const solvers = entrants.filter(({ outputs }) => outputs !== undefined);
  const agreement = findAgreement(
    solvers.map(({ outputs }) => outputs as HostOutputs),
    full.tolerance,
  );
  return entrants.map((entrant) => {
    const { implementation, contestant, samples, counts, error } = entrant;
    const place = solvers.indexOf(entrant);
    return {
      workload: name,
      implementation,
      version: contestant.version,
      agrees: agreement[place] ?? false,
      ...(error === undefined ? { spread: spreadOf(samples) } : { error }),
      ...(counts && { counts }),
    };
  });
};

/** Times implementations at one workload in turn: first each solves it, then rounds go by, one turn for each. */
export const holdContest = async (workload: Workload, settings: ContestSettings): Promise<Result[]> => {
  const { implementations, options, start } = settings;
  const entrants = implementations.map(
    (implementation): Entrant => ({
      implementation,
      contestant: start(implementation, options),
      outputs: undefined,
      counts: undefined,
      samples: [],
      error: undefined,
    }),
  );
  try {
    for (const entrant of entrants) await attempt(entrant, () => prepare(workload, entrant, settings));
    await runRounds(workload, entrants, settings);
    return toResults(workload, entrants);
  } finally {
    for (const { contestant } of entrants) contestant.close();
  }
};
