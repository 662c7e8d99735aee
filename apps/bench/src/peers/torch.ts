import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { Contestant } from '../contest/contestant.js';
import type { Preparation } from '../contest/protocol.js';
import { generateInputs } from '../inputs.js';
import type { FormulaName } from '../workloads/formulas.js';
import type { HostInputs, HostOutputs, Problem } from '../workloads/problem.js';
import { adamSettings, comparedSteps, type PeerOptions } from './peer.js';

const script = fileURLToPath(new URL('../../torch/peer.py', import.meta.url));

/** Debian's package belongs to Debian's Python, which another may hide. */
const interpreters = ['python3', '/usr/bin/python3'];

/** OpenBLAS and OpenMP threads get into each other's way, except where products are all there is. */
const multipliesAlone: readonly FormulaName[] = ['matmul', 'matmulGradients'];

const findInterpreter = (): string => {
  const found = interpreters.find((python) => spawnSync(python, ['-c', 'import torch']).status === 0);
  if (found === undefined) {
    throw new Error('PyTorch is not installed: apt-get install python3-torch libopenblas0-pthread.');
  }
  return found;
};

interface OutputFile {
  readonly name: string;
  readonly kind: 'float32' | 'int32';
  readonly file: string;
}

const readOutput = ({ name, kind, file }: OutputFile) => {
  const { buffer, byteOffset, byteLength } = readFileSync(file);
  const bytes = buffer.slice(byteOffset, byteOffset + byteLength) as ArrayBuffer;
  return [name, kind === 'int32' ? new Int32Array(bytes) : new Float32Array(bytes)] as const;
};

const writeInputs = (inputs: HostInputs, folder: string) =>
  Object.fromEntries(
    Object.entries(inputs).map(([name, { shape, values }]) => {
      const file = join(folder, `${name}.input`);
      writeFileSync(file, values);
      return [name, { file, shape, kind: values instanceof Int32Array ? 'int32' : 'float32' }];
    }),
  );

/** Starts PyTorch in Python for a workload; it gets its inputs as files. */
export const startTorch = ({ threads }: PeerOptions): Contestant => {
  const folder = mkdtempSync(join(tmpdir(), 'cotangent-torch-'));
  let child: ChildProcess | undefined;
  let lines: AsyncIterator<string> | undefined;

  const start = (problem: Problem): void => {
    const blasThreads = multipliesAlone.includes(problem.formula) ? threads : 1;
    child = spawn(findInterpreter(), [script], {
      stdio: ['pipe', 'pipe', 'ignore'],
      env: { ...process.env, OMP_NUM_THREADS: `${threads}`, OPENBLAS_NUM_THREADS: `${blasThreads}` },
    });
    lines = createInterface({ input: child.stdout as NodeJS.ReadableStream })[Symbol.asyncIterator]();
  };
  const ask = async <T>(request: object): Promise<T> => {
    child?.stdin?.write(`${JSON.stringify(request)}\n`);
    const line = await lines?.next();
    if (line === undefined || line.done) throw new Error('Python ended without an answer.');
    const reply = JSON.parse(line.value) as T | { readonly error: string };
    if (typeof reply === 'object' && reply !== null && 'error' in reply) throw new Error(reply.error);
    return reply as T;
  };

  return {
    async prepare({ full: problem }): Promise<Preparation> {
      start(problem);
      const { formula, options, mode, variables } = problem;
      const { outputs, ...rest } = await ask<
        Omit<Preparation, 'outputs'> & { readonly outputs: readonly OutputFile[] }
      >({
        kind: 'prepare',
        problem: { formula, options, mode, variables },
        inputs: writeInputs(generateInputs(problem), folder),
        adam: adamSettings,
        steps: comparedSteps,
        folder,
        threads,
      });
      return { ...rest, outputs: Object.fromEntries(outputs.map(readOutput)) as HostOutputs };
    },
    measure: async (turn) =>
      (await ask<{ readonly samplesMs: readonly number[] }>({ kind: 'measure', turn })).samplesMs,
    close() {
      child?.kill('SIGKILL');
      rmSync(folder, { recursive: true, force: true });
    },
  };
};
