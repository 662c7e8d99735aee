import { expect, it } from 'vitest';
import { relativeDistance } from '../src/agreement.js';
import { generateInputs } from '../src/inputs.js';
import { openCompiled, openLazy } from '../src/peers/cotangent.js';
import { workloads } from '../src/workloads/catalogue.js';
import type { Problem } from '../src/workloads/problem.js';
import { solve } from './solve.js';

/** Rounding of a few hundred float32 operations; gradients by differences are good to 1e-8. */
const tolerance = 2e-5;

const options = { device: 'cpu', threads: 1 };

const smallProblem = (name: string): Problem => workloads.find((workload) => workload.name === name)!.small;

it.each(workloads.map(({ name }) => name))('%s agrees with float64, compiled and lazily', async (name) => {
  const small = smallProblem(name);
  const inputs = generateInputs(small);
  const expected = solve(small, inputs);

  for (const open of [openCompiled, openLazy]) {
    const peer = await open(options);
    const actual = await (await peer.prepare(small, inputs)).results();
    expect(Object.keys(actual).toSorted()).toEqual(Object.keys(expected).toSorted());
    for (const [result, values] of Object.entries(expected)) {
      expect(relativeDistance(values, actual[result] ?? []), result).toBeLessThan(tolerance);
    }
  }
});

it('counts launches and submits', async () => {
  const peer = await openCompiled(options);
  const small = smallProblem('matmul-transposed');
  const prepared = await peer.prepare(small, generateInputs(small));
  expect(await prepared.count?.()).toEqual({ launches: 2, submits: 1 });
});

it.each([
  ['compiled', openCompiled],
  ['lazily', openLazy],
])('gives the memory of results back, %s', async (_, open) => {
  const peer = await open(options);
  const small = smallProblem('mlp-step');
  const prepared = await peer.prepare(small, generateInputs(small));
  for (let i = 0; i < 2; i++) await prepared.run();
  const before = peer.liveBytes?.();
  for (let i = 0; i < 20; i++) await prepared.run();
  expect(peer.liveBytes?.()).toBe(before);
});

it('names every workload once', () => {
  const names = workloads.map(({ name }) => name);
  expect(new Set(names).size).toBe(names.length);
});
