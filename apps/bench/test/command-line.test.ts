import { availableParallelism } from 'node:os';
import { CommanderError } from 'commander';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { readCommandLine } from '../src/command-line.js';
import { workloads } from '../src/workloads/catalogue.js';

let printed = '';

beforeEach(() => {
  printed = '';
  for (const stream of [process.stdout, process.stderr]) {
    vi.spyOn(stream, 'write').mockImplementation((text) => {
      printed += text;
      return true;
    });
  }
});

afterEach(() => {
  vi.restoreAllMocks();
});

const namesOf = (words: readonly string[]): string[] => readCommandLine(words).workloads.map(({ name }) => name);

it('runs everything beside the peers of npm by default', () => {
  expect(readCommandLine([])).toEqual({
    workloads,
    peers: ['jax-js', 'tfjs', 'onnxruntime-web'],
    device: 'cpu',
    threads: availableParallelism(),
    quick: false,
    profile: false,
  });
});

it('takes workloads by name and by the beginning of a name, in the order of the report', () => {
  expect(namesOf(['--only', 'sort-1m', 'lovasz', 'matmul-512'])).toEqual([
    'matmul-512',
    'sort-1m',
    'lovasz-256',
    'lovasz-512',
    'lovasz-batch',
  ]);
  expect(namesOf(['--only', 'conv2d'])).toEqual(['conv2d']);
});

it('takes peers by name, all or none', () => {
  expect(readCommandLine(['--peers', 'torch', 'torch']).peers).toEqual(['torch']);
  expect(readCommandLine(['--peers', 'none']).peers).toEqual([]);
  expect(readCommandLine(['--peers', 'all']).peers).toContain('torch');
});

it('takes numbers and files', () => {
  const request = readCommandLine(
    '--threads 3 --rounds 4 --quick --json a.json --markdown docs/performance.md'.split(' '),
  );
  expect(request).toMatchObject({
    threads: 3,
    rounds: 4,
    quick: true,
    json: 'a.json',
    markdown: 'docs/performance.md',
  });
  expect(readCommandLine(['--markdown']).markdown).toBe(true);
});

it.each([
  [['--only', 'matmull'], "There is no 'matmull'. Workloads: matmul-256 matmul-512"],
  [
    ['--peers', 'numpy'],
    "There is no 'numpy'. Peers: jax-js tfjs onnxruntime-web jax-js-eager torch, or all, or none.",
  ],
  [['--device', 'gpu'], 'Allowed choices are cpu.'],
  [['--threads', '0'], 'A whole number from 1 is needed.'],
  [['--rounds', 'many'], 'A whole number from 1 is needed.'],
  [['--fast'], "unknown option '--fast'"],
  [['lovasz'], 'too many arguments'],
])('refuses %j', (words, reason) => {
  let code = 0;
  try {
    readCommandLine(words);
  } catch (error) {
    if (error instanceof CommanderError) code = error.exitCode;
  }
  expect(code).toBe(1);
  expect(printed).toContain(reason);
});

it('shows help', () => {
  expect(() => readCommandLine(['--help'])).toThrow(expect.objectContaining({ exitCode: 0 }));
  expect(printed).toContain('--only <names...>');
});
