#!/usr/bin/env node
import { readFileSync, writeFileSync } from 'node:fs';
import { CommanderError } from 'commander';
import { type Request, readCommandLine } from './command-line.js';
import { fullEffort, holdContest, quickEffort, type Result } from './contest/contest.js';
import { ours, oursLazily, startContestant } from './contest/roster.js';
import { type Floors, higherFloors, measureFloors } from './floors/floors.js';
import { describeDisturbance, describeMachine } from './machine.js';
import { isOurs } from './report/figures.js';
import { toJson } from './report/json.js';
import { replaceTables, toMarkdown } from './report/markdown.js';
import { formatProfile } from './report/profile.js';
import { formatFloors, formatTable } from './report/table.js';
import type { Workload } from './workloads/problem.js';

/** Overhead decides where a graph has many small nodes: there, building it for each run is timed too. */
const runsLazilyToo = ({ full }: Workload): boolean => full.mode === 'training' || full.formula === 'chain';

const profiledRuns = 10;

const runWorkloads = async ({ workloads, peers, device, threads, rounds, quick }: Request): Promise<Result[]> => {
  const effort = quick ? quickEffort : fullEffort;
  const results: Result[] = [];
  for (const [i, workload] of workloads.entries()) {
    process.stderr.write(`${i + 1}/${workloads.length} ${workload.name}\n`);
    const implementations = [ours, ...(runsLazilyToo(workload) ? [oursLazily] : []), ...peers];
    const contest = await holdContest(workload, {
      implementations,
      options: { device, threads },
      effort: { ...effort, rounds: rounds ?? effort.rounds },
      start: startContestant,
    });
    results.push(...contest);
  }
  return results;
};

const profileWorkloads = async ({ workloads, device, threads }: Request): Promise<void> => {
  for (const workload of workloads) {
    const contestant = startContestant(ours, { device, threads });
    try {
      await contestant.prepare(workload);
      await contestant.measure(quickEffort.warmup);
      process.stdout.write(formatProfile(workload.name, await contestant.profile(profiledRuns)));
    } finally {
      contestant.close();
    }
  }
};

const report = ({ device, threads, json, markdown }: Request, floors: Floors, results: readonly Result[]): void => {
  const machine = describeMachine(threads);
  if (json !== undefined) writeFileSync(json, toJson(machine, floors, device, results));
  if (markdown === true) process.stdout.write(`${toMarkdown(machine, floors, results)}\n`);
  else process.stdout.write(`${formatTable(results, floors)}${formatFloors(floors, threads)}\n`);
  if (typeof markdown === 'string') {
    writeFileSync(markdown, replaceTables(readFileSync(markdown, 'utf8'), toMarkdown(machine, floors, results)));
  }
};

const main = async (): Promise<number> => {
  const request = readCommandLine(process.argv.slice(2));
  const disturbance = describeDisturbance();
  if (disturbance !== undefined) process.stderr.write(`${disturbance}\n`);
  if (request.profile) {
    await profileWorkloads(request);
    return 0;
  }
  const before = await measureFloors(request.threads);
  const results = await runWorkloads(request);
  const floors = higherFloors(before, await measureFloors(request.threads));
  report(request, floors, results);
  return results.some((result) => isOurs(result) && (result.error !== undefined || !result.agrees)) ? 1 : 0;
};

try {
  process.exitCode = await main();
} catch (error) {
  if (!(error instanceof CommanderError)) throw error;
  process.exitCode = error.exitCode;
}
