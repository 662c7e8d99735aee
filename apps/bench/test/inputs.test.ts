import { expect, it } from 'vitest';
import { generate, generateInputs } from '../src/inputs.js';
import { workloads } from '../src/workloads/catalogue.js';
import { input } from '../src/workloads/problem.js';

it('gives the same values for the same name, and others for another', () => {
  const spec = input.uniform(3, 4);
  expect(generate(spec, 'x')).toEqual(generate(spec, 'x'));
  expect(generate(spec, 'x')).not.toEqual(generate(spec, 'y'));
});

it('fills every shape as it says', () => {
  expect(generate(input.constant(2, 3), 'x')).toEqual(Float32Array.of(2, 2, 2));
  expect(Array.from(generate(input.distinct(4), 'x')).toSorted()).toEqual([0, 0.25, 0.5, 0.75]);
  expect(generate(input.uniform(1000), 'x').every((value) => value >= -1 && value < 1)).toBe(true);
  const labels = generate(input.labels(3, 1000), 'x');
  expect(labels).toBeInstanceOf(Int32Array);
  expect(new Set(labels)).toEqual(new Set([0, 1, 2]));
});

it('draws normal values of the scale', () => {
  const values = Array.from(generate(input.normal(2, 10_001), 'x'));
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const deviation = Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length);
  // Three standard errors of a mean and of a deviation of so many values.
  expect(Math.abs(mean)).toBeLessThan(0.06);
  expect(Math.abs(deviation - 2)).toBeLessThan(0.045);
});

it('names the shape of each input', () => {
  const { small } = workloads.find(({ name }) => name === 'matmul-256')!;
  const { a, b } = generateInputs(small);
  expect([a?.shape, a?.values.length, b?.shape]).toEqual([[5, 7], 35, [7, 9]]);
});
