import { generateInputs } from '../inputs.js';
import { openers } from '../peers/openers.js';
import type { PreparedProblem } from '../peers/peer.js';
import { workloads } from '../workloads/catalogue.js';
import type { Preparation, Reply, Request, Turn } from './protocol.js';

let prepared: PreparedProblem | undefined;

const prepare = async ({
  implementation,
  workload: name,
  options,
}: Extract<Request, { kind: 'prepare' }>): Promise<Preparation> => {
  const workload = workloads.find((candidate) => candidate.name === name);
  const load = openers[implementation];
  if (workload === undefined || load === undefined) throw new Error(`There is no '${name}' for '${implementation}'.`);
  const inputs = generateInputs(workload.full);
  const begin = performance.now();
  const open = await load();
  const peer = await open(options);
  prepared = await peer.prepare(workload.full, inputs);
  const outputs = await prepared.results();
  const startupMs = performance.now() - begin;
  const counts = await prepared.count?.();
  return { version: peer.version, outputs, startupMs, ...(counts && { counts }) };
};

const measure = async (turn: Turn): Promise<number[]> => {
  if (prepared === undefined) throw new Error('Nothing is prepared.');
  const samples: number[] = [];
  const end = performance.now() + turn.forMs;
  do {
    const begin = performance.now();
    await prepared.run();
    samples.push(performance.now() - begin);
  } while (performance.now() < end && samples.length < turn.maxRuns);
  return samples;
};

const answer = async (request: Request): Promise<Reply> => {
  try {
    return request.kind === 'prepare'
      ? { kind: 'prepared', preparation: await prepare(request) }
      : { kind: 'measured', samplesMs: await measure(request.turn) };
  } catch (error) {
    return { kind: 'failed', message: error instanceof Error ? error.message : String(error) };
  }
};

process.on('message', async (request: Request) => {
  process.send?.(await answer(request));
});
