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

interface Installation {
  readonly python: string;
  readonly version: string;
}

/** Without OpenBLAS it multiplies by the reference implementation, which says nothing about PyTorch. */
const probe = `
import torch
has_openblas = 'openblas' in open('/proc/self/maps').read()
print(torch.__version__ + ('' if has_openblas else ' with reference BLAS'))
`;

const findInstallation = (): Installation | undefined => {
  for (const python of interpreters) {
    const { status, stdout } = spawnSync(python, ['-c', probe], { encoding: 'utf8' });
    if (status === 0) return { python, version: stdout.trim() };
  }
  return undefined;
};

let installation: Installation | undefined;

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
  installation ??= findInstallation();
  const folder = mkdtempSync(join(tmpdir(), 'cotangent-torch-'));
  let child: ChildProcess | undefined;
  let lines: AsyncIterator<string> | undefined;

  const start = (problem: Problem): void => {
    if (installation === undefined) {
      throw new Error('PyTorch is not installed: apt-get install python3-torch libopenblas0-pthread.');
    }
    const blasThreads = multipliesAlone.includes(problem.formula) ? threads : 1;
    child = spawn(installation.python, [script], {
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
    version: installation?.version ?? '',
    async prepare({ full: problem }): Promise<Preparation> {
      start(problem);
      const { formula, options, mode, variables } = problem;
      const { outputs, startupMs } = await ask<{
        readonly outputs: readonly OutputFile[];
        readonly startupMs: number;
      }>({
        kind: 'prepare',
        problem: { formula, options, mode, variables },
        inputs: writeInputs(generateInputs(problem), folder),
        adam: adamSettings,
        steps: comparedSteps,
        folder,
        threads,
      });
      return { startupMs, outputs: Object.fromEntries(outputs.map(readOutput)) as HostOutputs };
    },
    measure: async (turn) =>
      (await ask<{ readonly samplesMs: readonly number[] }>({ kind: 'measure', turn })).samplesMs,
    profile: async () => {
      throw new Error('It does not say what it launches.');
    },
    close() {
      child?.kill('SIGKILL');
      rmSync(folder, { recursive: true, force: true });
    },
  };
};
