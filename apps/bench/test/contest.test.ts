import { expect, it } from 'vitest';
import { type ContestSettings, holdContest } from '../src/contest/contest.js';
import type { Contestant } from '../src/contest/contestant.js';
import { input, problem, type Workload } from '../src/workloads/problem.js';

const settings: Omit<ContestSettings, 'implementations' | 'start'> = {
  options: { device: 'cpu', threads: 1 },
  effort: {
    rounds: 2,
    warmup: { forMs: 1, maxRuns: 1 },
    turn: { forMs: 2, maxRuns: 2 },
    enoughMs: 100,
  },
};

const small = problem('sort', { x: input.distinct(4) }, { options: undefined });
const workload: Workload = { name: 'sort-4', full: small, small };

/** Contestants that write down what happens; `b` takes `slowness` ms a run. */
const script = (overrides: Partial<Record<string, Partial<Contestant>>> = {}) => {
  const events: string[] = [];
  const start = (name: string): Contestant => ({
    version: '1',
    profile: async () => [],
    prepare: async () => {
      events.push(`${name} prepares`);
      return { outputs: { value: Float32Array.of(1) }, startupMs: 9 };
    },
    measure: async ({ forMs }) => {
      events.push(forMs === 1 ? `${name} warms up` : name);
      return [1, 3];
    },
    close: () => {
      events.push(`${name} leaves`);
    },
    ...overrides[name],
  });
  return { events, start };
};

it('lets everyone run in turn, warmed up', async () => {
  const { events, start } = script();
  const results = await holdContest(workload, { ...settings, implementations: ['a', 'b'], start });
  expect(events).toEqual([
    ...['a prepares', 'a warms up', 'b prepares', 'b warms up'],
    ...['a', 'b', 'a', 'b', 'a leaves', 'b leaves'],
  ]);
  const spread = { median: 2, p10: 1, p90: 3 };
  expect(results).toEqual([
    { workload: 'sort-4', implementation: 'a', version: '1', spread, agrees: true },
    { workload: 'sort-4', implementation: 'b', version: '1', spread, agrees: true },
  ]);
});

it('keeps an implementation that fails, with the first line of the reason', async () => {
  const { start } = script({
    b: {
      prepare: async () => {
        throw new Error('no kernel for sort\n  at line 1');
      },
    },
  });
  const [a, b] = await holdContest(workload, { ...settings, implementations: ['a', 'b'], start });
  expect(a).toMatchObject({ agrees: true });
  expect(b).toEqual({
    workload: 'sort-4',
    implementation: 'b',
    version: '1',
    agrees: false,
    error: 'no kernel for sort',
  });
});

it('keeps one that fails in the middle', async () => {
  const { start } = script({ b: { measure: () => Promise.reject(new Error('out of memory')) } });
  const [, b] = await holdContest(workload, { ...settings, implementations: ['a', 'b'], start });
  expect(b).toMatchObject({ version: '1', error: 'out of memory' });
  expect(b?.spread).toBeUndefined();
});

it('marks results that differ from the others', async () => {
  const { start } = script({
    b: { prepare: async () => ({ outputs: { value: Float32Array.of(2) }, startupMs: 9 }) },
  });
  const results = await holdContest(workload, { ...settings, implementations: ['a', 'b', 'c'], start });
  expect(results.map(({ agrees }) => agrees)).toEqual([true, false, true]);
});

it('gives no more turns to one that ran long enough', async () => {
  const events: number[] = [];
  const { start } = script({
    a: {
      measure: async () => {
        events.push(60);
        return [60, 60];
      },
    },
  });
  await holdContest(workload, { ...settings, implementations: ['a'], start });
  expect(events).toHaveLength(2);
});

it('starts anew for each sample of a startup', async () => {
  const { events, start } = script();
  const [result] = await holdContest({ ...workload, isStartup: true }, { ...settings, implementations: ['a'], start });
  expect(events).toEqual(['a prepares', 'a prepares', 'a leaves', 'a prepares', 'a leaves', 'a leaves']);
  expect(result?.spread?.median).toBe(9);
});
