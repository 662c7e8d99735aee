import { join } from 'node:path';
import { createCpuBackend } from '@cotangent/backend-cpu';
import { Device, setFusion } from '@cotangent/tensor';
import { describe, expect, it } from 'vitest';
import { formatCounts, formatFailures } from '../src/cli/report.js';
import { listFixtureFiles, readFixtures } from '../src/fixtures/files.js';
import type { FixtureTarget } from '../src/fixtures/format.js';
import { runFixtures } from '../src/fixtures/run.js';

const folder = join(import.meta.dirname, '../fixtures');

/** Cases in each file, so that none gets lost. */
const files: Readonly<Record<string, number>> = {
  edge: 45,
  large: 78,
  losses: 103,
  lovasz_berman: 54,
  lovasz_hinge: 13,
  lovasz_softmax: 36,
  lovasz_softmax_errors: 13,
  lr_schedules: 19,
  ops_binary: 100,
  ops_conv: 89,
  ops_index: 40,
  ops_matmul: 38,
  ops_norm: 35,
  ops_reduce: 107,
  ops_shape: 45,
  ops_sort: 20,
  ops_unary: 168,
  second_order: 30,
  training: 37,
};

const device = new Device(createCpuBackend());
const single: FixtureTarget = { device, floatDtype: 'float32' };
const double: FixtureTarget = { device, floatDtype: 'float64' };

const run = async (name: string, target: FixtureTarget): Promise<void> => {
  const result = await runFixtures(name, readFixtures(join(folder, `${name}.json.br`)), target);
  expect(formatFailures(result.failures)).toEqual([]);
  expect(formatCounts(result)).toBe(`${files[name]} passed, 0 failed, 0 skipped`);
};

it('knows every file', () => {
  expect(listFixtureFiles(folder)).toEqual(Object.keys(files).map((name) => join(folder, `${name}.json.br`)));
});

/** Big shapes take long, and the suite covers the other modes. */
const lazyOnly: ReadonlySet<string> = new Set(['large', 'training']);

describe.each(Object.keys(files))('%s', (name) => {
  it('passes lazily', () => run(name, single));
});

describe.each(Object.keys(files).filter((name) => !lazyOnly.has(name)))('%s', (name) => {
  it('passes without fusion', async () => {
    setFusion(false);
    try {
      await run(name, single);
    } finally {
      setFusion(true);
    }
  });

  it('passes in float64', () => run(name, double));
});
