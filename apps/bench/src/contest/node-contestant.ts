import { type ChildProcess, fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { versionOf } from '../package-version.js';
import type { Library } from '../peers/libraries.js';
import type { PeerOptions } from '../peers/peer.js';
import type { Contestant } from './contestant.js';
import type { Reply, Request } from './protocol.js';

/** A compiled function may take long; what takes longer than this hangs. */
const patienceMs = 240_000;

const entry = fileURLToPath(new URL('./contestant-process.js', import.meta.url));

/** Kilobytes: jax-js recurses over expressions of a thousand ops. */
const stackFlags = process.platform === 'linux' ? ['--stack-size=3900'] : [];

/** Waits for the one reply to a request; a process that ends instead is the error. */
const ask = (child: ChildProcess, request: Request, complaint: () => string): Promise<Reply> =>
  new Promise((resolve, reject) => {
    const settle = (finish: () => void): void => {
      clearTimeout(timer);
      child.off('message', succeed).off('exit', fail);
      finish();
    };
    const succeed = (reply: unknown): void => settle(() => resolve(reply as Reply));
    const fail = (code: number | null, signal: string | null): void =>
      settle(() => reject(new Error(complaint() || `The process ended with ${signal ?? `code ${code}`}.`)));
    const giveUp = (): void => settle(() => reject(new Error(`There is no result after ${patienceMs / 1000} s.`)));
    const timer = setTimeout(giveUp, patienceMs);
    child.on('message', succeed).on('exit', fail);
    child.send(request);
  });

const lastError = (text: string): string =>
  text
    .split('\n')
    .findLast((line) => /error/i.test(line))
    ?.trim() ?? '';

/** Starts a Node process for an implementation. */
export const startNodeContestant = (implementation: string, library: Library, options: PeerOptions): Contestant => {
  const child = fork(entry, [], {
    serialization: 'advanced',
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    execArgv: [...process.execArgv, ...stackFlags],
  });
  let errors = '';
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    errors = (errors + text).slice(-4096);
  });
  const request = async <K extends Reply['kind']>(message: Request, kind: K): Promise<Extract<Reply, { kind: K }>> => {
    const reply = await ask(child, message, () => lastError(errors));
    if (reply.kind === 'failed') throw new Error(reply.message);
    if (reply.kind !== kind) throw new Error(`A reply '${kind}' was due, '${reply.kind}' came.`);
    return reply as Extract<Reply, { kind: K }>;
  };
  return {
    version: versionOf(library.package),
    prepare: async ({ name }) =>
      (await request({ kind: 'prepare', implementation, workload: name, options }, 'prepared')).preparation,
    measure: async (turn) => (await request({ kind: 'measure', turn }, 'measured')).samplesMs,
    profile: async (runs) => (await request({ kind: 'profile', runs }, 'profiled')).launches,
    close() {
      child.kill('SIGKILL');
    },
  };
};
