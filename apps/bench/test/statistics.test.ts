import { expect, it } from 'vitest';
import { spreadOf } from '../src/statistics.js';

it('finds median and tenths in any order', () => {
  expect(spreadOf([5, 1, 4, 2, 3])).toEqual({ median: 3, p10: 1.4, p90: 4.6 });
});

it('lies between the two middle samples of an even count', () => {
  expect(spreadOf([1, 2, 3, 10]).median).toBe(2.5);
});

it('is the sample where there is one', () => {
  expect(spreadOf([7])).toEqual({ median: 7, p10: 7, p90: 7 });
});

it('leaves the samples as they are', () => {
  const samples = [3, 1, 2];
  spreadOf(samples);
  expect(samples).toEqual([3, 1, 2]);
});

it('throws without samples', () => {
  expect(() => spreadOf([])).toThrow('There are no samples.');
});
