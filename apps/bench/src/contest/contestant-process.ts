import { generateInputs } from '../inputs.js';
import { libraries } from '../peers/libraries.js';
import type { LaunchTime, PreparedProblem } from '../peers/peer.js';
import { workloads } from '../workloads/catalogue.js';
import type { Preparation, Reply, Request, Turn } from './protocol.js';

let prepared: PreparedProblem | undefined;

const prepare = async ({
  implementation,
  workload: name,
  options,
}: Extract<Request, { kind: 'prepare' }>): Promise<Preparation> => {
  const workload = workloads.find((candidate) => candidate.name === name);
  const library = libraries[implementation];
  if (workload === undefined || library === undefined)
    throw new Error(`There is no '${name}' for '${implementation}'.`);
  const inputs = generateInputs(workload.full);
  const begin = performance.now();
  const open = await library.load();
  const peer = await open(options);
  prepared = await peer.prepare(workload.full, inputs);
  const outputs = await prepared.results();
  const startupMs = performance.now() - begin;
  const counts = await prepared.count?.();
  return { outputs, startupMs, ...(counts && { counts }) };
};

const requirePrepared = (): PreparedProblem => {
  if (prepared === undefined) throw new Error('Nothing is prepared.');
  return prepared;
};

const measure = async (turn: Turn): Promise<number[]> => {
  const { run } = requirePrepared();
  const samples: number[] = [];
  const end = performance.now() + turn.forMs;
  do {
    const begin = performance.now();
    await run();
    samples.push(performance.now() - begin);
  } while (performance.now() < end && samples.length < turn.maxRuns);
  return samples;
};

const profile = async (runs: number): Promise<readonly LaunchTime[]> => {
  const launches = await requirePrepared().profile?.(runs);
  if (launches === undefined) throw new Error('It does not say what it launches.');
  return launches;
};

const answer = async (request: Request): Promise<Reply> => {
  try {
    switch (request.kind) {
      case 'prepare':
        return { kind: 'prepared', preparation: await prepare(request) };
      case 'measure':
        return { kind: 'measured', samplesMs: await measure(request.turn) };
      case 'profile':
        return { kind: 'profiled', launches: await profile(request.runs) };
    }
  } catch (error) {
    return { kind: 'failed', message: error instanceof Error ? error.message : String(error) };
  }
};

process.on('message', async (request: Request) => {
  process.send?.(await answer(request));
});
