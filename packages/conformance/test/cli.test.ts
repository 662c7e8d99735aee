import { DeviceError } from '@cotangent/tensor';
import { describe, expect, it } from 'vitest';
import { openDevice } from '../src/cli/devices.js';
import { parseOptions, UsageError } from '../src/cli/options.js';
import { addCounts, formatCounts, formatFailures, toJson } from '../src/cli/report.js';
import { parseFixtures } from '../src/fixtures/format.js';
import { type FileResult, failedFile, runFixtures } from '../src/fixtures/run.js';

describe('parseOptions', () => {
  it('takes the CPU and lazy evaluation where nothing is said', () => {
    expect(parseOptions(['--fixtures', 'here'])).toEqual({
      fixtures: 'here',
      device: 'cpu',
      mode: 'lazy',
      json: undefined,
    });
  });

  it('reads every flag', () => {
    const words = ['--fixtures', 'here', '--device', 'host', '--mode', 'float64', '--json', 'out.json'];
    expect(parseOptions(words)).toEqual({ fixtures: 'here', device: 'host', mode: 'float64', json: 'out.json' });
  });

  it('gives nothing where help is asked for', () => {
    expect(parseOptions(['--help'])).toBeUndefined();
  });

  it.each([
    ['no fixtures', []],
    ['an unknown flag', ['--fixture', 'here']],
    ['an unknown device', ['--fixtures', 'here', '--device', 'tpu']],
    ['an unknown mode', ['--fixtures', 'here', '--mode', 'eager']],
  ])('refuses %s', (_, words) => {
    expect(() => parseOptions(words)).toThrow(UsageError);
  });
});

describe('a device that is missing', () => {
  it('is an error, not another device', () => {
    expect(() => openDevice('webgpu')).toThrow(DeviceError);
  });
});

const target = { device: openDevice('host'), floatDtype: 'float32' } as const;

const addition = (expected: number) => ({
  name: 'add_0',
  op: 'add',
  params: {},
  inputs: {
    a: { shape: [1], dtype: 'float32', data: [1] },
    b: { shape: [1], dtype: 'float32', data: [2] },
  },
  outputs: { out: { shape: [1], dtype: 'float64', data: [expected] } },
  cotangents: { out: { shape: [1], dtype: 'float32', data: [5] } },
  grads: { a: { shape: [1], dtype: 'float64', data: [5] }, b: { shape: [1], dtype: 'float64', data: [5] } },
});

const runCases = (kind: string, ...cases: readonly unknown[]): Promise<FileResult> =>
  runFixtures('some.json', parseFixtures(JSON.stringify({ format: 1, kind, cases })), target);

describe('runFixtures', () => {
  it('passes a case whose values and gradients agree', async () => {
    expect(await runCases('ops_binary', addition(3))).toEqual({
      file: 'some.json',
      passed: 1,
      failed: 0,
      skipped: 0,
      failures: [],
    });
  });

  it('fails a case with another value', async () => {
    const { failed, failures } = await runCases('ops_binary', addition(3.01), addition(3));
    expect(failed).toBe(1);
    expect(failures).toMatchObject([{ case: 'add_0', op: 'add', what: 'output out[0]', expected: 3.01, actual: 3 }]);
  });

  it('fails a case with another gradient', async () => {
    const wrong = { ...addition(3), grads: { b: { shape: [1], dtype: 'float64', data: [4] } } };
    expect((await runCases('ops_binary', wrong)).failures).toMatchObject([
      { what: 'gradient b[0]', expected: 4, actual: 5 },
    ]);
  });

  it('fails an op that is not known', async () => {
    const { failed, skipped } = await runCases('ops_binary', { ...addition(3), op: 'ad' });
    expect({ failed, skipped }).toEqual({ failed: 1, skipped: 0 });
  });

  it('fails an output that is missing', async () => {
    const other = { ...addition(3), outputs: { result: { shape: [1], dtype: 'float64', data: [3] } } };
    expect((await runCases('ops_binary', other)).failures).toMatchObject([{ what: 'output result' }]);
  });

  it('fails every case of a kind that is not known', async () => {
    const { failed, skipped } = await runCases('ops_quantum', addition(3), addition(3));
    expect({ failed, skipped }).toEqual({ failed: 2, skipped: 0 });
  });
});

describe('the report', () => {
  it('has one line for each failing case', async () => {
    const { failures } = await runCases('ops_binary', { ...addition(3.5), grads: { a: addition(4).outputs.out } });
    expect(formatFailures(failures)).toEqual([
      'FAIL some.json add_0 (add) output out[0]: 3, not 3.5 ± 0.0000107; and gradient a[0]',
    ]);
  });

  it('counts a file that could not be read as a failure', () => {
    const result = failedFile('some.json', new Error('no\n  luck'));
    expect(formatCounts(result)).toBe('0 passed, 1 failed, 0 skipped');
    expect(formatFailures(result.failures)).toEqual(['FAIL some.json  () read: Error: no | luck, not a fixture file']);
  });

  it('adds up files', () => {
    const counts = { passed: 2, failed: 1, skipped: 0 };
    expect(addCounts([counts, counts])).toEqual({ passed: 4, failed: 2, skipped: 0 });
  });

  it('spells numbers that JSON lacks', async () => {
    const { failures, ...counts } = await runCases('ops_binary', addition(3));
    const failure = {
      file: 'some.json',
      case: 'a',
      op: 'exp',
      what: 'out',
      expected: Number.NaN,
      actual: 1,
      tolerance: 0,
    };
    const json = JSON.parse(toJson('cpu', 'lazy', [{ ...counts, failures: [...failures, failure] }]));
    expect(json).toEqual({
      device: 'cpu',
      mode: 'lazy',
      passed: 1,
      failed: 0,
      skipped: 0,
      failures: [{ ...failure, expected: 'NaN' }],
    });
  });
});
