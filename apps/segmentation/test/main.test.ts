import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

// The program as it is built: `npm test` builds before it tests.
const program = join(import.meta.dirname, '../dist/main.js');

let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'cotangent-'));
  writeFileSync(join(folder, 'package.json'), '{}');
});

afterAll(() => rmSync(folder, { recursive: true }));

interface Outcome {
  readonly code: number | null;
  readonly output: string;
  readonly errors: string;
}

/** Runs the program; `onLine` sees each piece of output as it comes, and may send signals. */
const run = (
  words: readonly string[],
  onOutput: (text: string, kill: (signal: NodeJS.Signals) => void) => void = () => {},
): Promise<Outcome> =>
  new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [program, ...words], { cwd: folder, stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    let errors = '';
    child.stdout.on('data', (chunk) => {
      output += chunk;
      onOutput(String(chunk), (signal) => child.kill(signal));
    });
    child.stderr.on('data', (chunk) => {
      errors += chunk;
    });
    child.on('error', reject);
    child.on('close', (code) => resolve({ code, output, errors }));
  });

const linesOf = (path: string): unknown[] =>
  readFileSync(path, 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));

describe('the program', () => {
  it('writes model, metrics, report and summary', async () => {
    const { code, output, errors } = await run('--steps 2 --batch 1 --name short --json new/summary.json'.split(' '));
    expect({ code, errors }).toEqual({ code: 0, errors: '' });
    expect(output).toMatch(/^step 2\/2 {2}loss \d\.\d{3} {2}mIoU 0\.\d{3} {2}\d\.\d\d s\/step$/m);

    const summary = JSON.parse(readFileSync(join(folder, 'new/summary.json'), 'utf8'));
    expect(summary).toMatchObject({ steps: 2, device: 'cpu' });
    expect(summary.seconds).toBeGreaterThan(0);
    expect(summary.loss).toHaveLength(2);
    expect(summary.validation.miou).toBeGreaterThanOrEqual(0);
    expect(summary.validation.iouPerClass).toHaveLength(11);
    expect(summary.files.every((file: string) => existsSync(file))).toBe(true);

    const metrics = linesOf(join(folder, 'runs/short/metrics.jsonl'));
    expect(metrics).toMatchObject([
      { step: 1, loss: summary.loss[0] },
      { step: 2, loss: summary.loss[1] },
      { step: 2, miou: summary.validation.miou },
    ]);
  });

  it('gives the same model whether it runs through or is continued', async () => {
    await Promise.all(
      ['--steps 4 --batch 1 --out whole', '--steps 2 --batch 1 --out parts'].map((words) => run(words.split(' '))),
    );
    await run('--steps 4 --resume parts'.split(' '));
    const [whole, parts] = ['whole', 'parts'].map((name) => readFileSync(join(folder, name, 'model.safetensors')));
    expect(Buffer.compare(whole as Buffer, parts as Buffer)).toBe(0);
  });

  it.each(['SIGINT', 'SIGTERM'] as const)('finishes its step, saves and says how to go on at %s', async (signal) => {
    let isSent = false;
    const words = `--steps 40 --batch 1 --name ${signal} --json ${signal}.json`.split(' ');
    const { code, output, errors } = await run(words, (text, kill) => {
      if (isSent || !text.includes('step 1/')) return;
      isSent = true;
      kill(signal);
    });
    expect({ code, errors }).toEqual({ code: 0, errors: '' });
    const taken = Number(/^Stopped after step (\d+) and saved\./m.exec(output)?.[1]);
    expect(output).toContain(`npm start -- --resume runs/${signal}`);
    expect(JSON.parse(readFileSync(join(folder, `${signal}.json`), 'utf8'))).toMatchObject({
      steps: taken,
      validation: { miou: null },
    });
    expect(linesOf(join(folder, 'runs', signal, 'metrics.jsonl'))).toHaveLength(taken);
  });

  it('exits at once at a second signal', async () => {
    let isSent = false;
    const { code } = await run('--steps 40 --batch 1 --name twice'.split(' '), (text, kill) => {
      if (isSent || !text.includes('step 1/')) return;
      isSent = true;
      kill('SIGINT');
      kill('SIGTERM');
    });
    expect(code).toBe(130);
  });

  it.each([
    ['--steps zero', "error: option '--steps <count>' argument 'zero' is invalid."],
    ['--resume nowhere', "There is no checkpoint in 'nowhere'."],
    ['--out package.json --steps 1', "EEXIST: file already exists, mkdir '"],
    ['--device webgpu', "device: there is no device 'webgpu' here."],
  ])('explains in one message why it fails with %s', async (words, message) => {
    const { code, output, errors } = await run(words.split(' '));
    expect({ code, output }).toEqual({ code: 1, output: '' });
    expect(errors.startsWith(message)).toBe(true);
    expect(errors).not.toMatch(/^ +at /m);
  });

  it('prints its help', async () => {
    const { code, output } = await run(['--help']);
    expect(code).toBe(0);
    expect(output).toContain('Usage: npm start -- [options]');
  });
});
