import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { build } from 'vite';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

/* Scripts run in processes of their own, from one minified file: workers must start from that too. */

interface Outcome {
  readonly code: number;
  readonly output: string;
  readonly errors: string;
}

/** Makes a backend of four threads, has them all work, and then does what a scenario says. */
const program = `
import { CpuBackend } from './backend.js';
import { allStarted, slowSum } from '../test/thread-cases.js';

const backend = new CpuBackend({ threads: 4 });
const executable = backend.prepare(slowSum(2 ** 18));
const buffers = [backend.allocate(4 * 2 ** 18), backend.allocate(4)];
const launches = Array(20).fill({ executable, buffers });
const sleep = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));
backend.submit(launches);
await allStarted(backend);
backend.submit(launches);

const scenarios = {
  async idle() {
    await sleep(50);
    const before = process.cpuUsage();
    await sleep(500);
    const { user, system } = process.cpuUsage(before);
    process.stdout.write(String((user + system) / 1000));
  },
  exit() {
    backend.submit(launches);
    process.exit(3);
  },
  fail() {
    throw new Error('on purpose');
  },
  async dispose() {
    backend.dispose();
    await sleep(50);
    for (let i = 0; i < 20; i++) {
      const other = new CpuBackend({ threads: 3 });
      const own = [other.allocate(4 * 2 ** 18), other.allocate(4)];
      other.submit(Array(5).fill({ executable: other.prepare(slowSum(2 ** 18)), buffers: own }));
      other.dispose();
    }
  },
};
await scenarios[process.argv[2]]();
`;

let folder: string;

beforeAll(async () => {
  const root = join(import.meta.dirname, '..');
  folder = await mkdtemp(join(root, 'dist/threads-process-'));
  const entry = join(root, 'src/threads-process.js');
  await build({
    configFile: false,
    root,
    logLevel: 'silent',
    resolve: { conditions: ['cotangent:source'] },
    plugins: [
      {
        name: 'program',
        resolveId: (id) => (id === entry ? id : undefined),
        load: (id) => (id === entry ? program : undefined),
      },
    ],
    build: {
      outDir: folder,
      target: 'node20',
      minify: true,
      lib: { entry, formats: ['es'], fileName: 'program' },
    },
  });
  await writeFile(join(folder, 'package.json'), '{ "type": "module" }');
});

afterAll(() => rm(folder, { recursive: true }));

const run = (scenario: string): Promise<Outcome> =>
  new Promise((resolve) => {
    const script = join(folder, 'program.js');
    execFile(process.execPath, [script, scenario], { timeout: 30_000 }, (error, output, errors) => {
      resolve({ code: error ? Number(error.code ?? -1) : 0, output, errors });
    });
  });

describe('a process with workers', () => {
  it('ends by itself, and uses no processor while they are idle', async () => {
    const { code, output, errors } = await run('idle');
    expect({ code, errors }).toEqual({ code: 0, errors: '' });
    // Milliseconds of 500; timers and the garbage collector take one or two.
    expect(Number(output)).toBeLessThan(25);
  });

  it('exits while they work', async () => {
    for (let i = 0; i < 5; i++) expect(await run('exit')).toEqual({ code: 3, output: '', errors: '' });
  });

  it('fails as it would without them', async () => {
    const { code, errors } = await run('fail');
    expect(code).toBe(1);
    expect(errors).toContain('on purpose');
  });

  it('ends after many backends were made and disposed', async () => {
    expect(await run('dispose')).toEqual({ code: 0, output: '', errors: '' });
  });
});
