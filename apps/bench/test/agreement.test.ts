import { expect, it } from 'vitest';
import { findAgreement, relativeDistance, resultsAgree } from '../src/agreement.js';

const outputs = (...value: number[]) => ({ value: Float32Array.from(value) });

it('measures distance in the Euclidean norm, relative to the first', () => {
  expect(relativeDistance([3, 4], [3, 4.5])).toBe(0.1);
  expect(relativeDistance([0, 0], [0, 0])).toBe(0);
});

it('is infinitely far from another length, NaN, and anything but zero from zero', () => {
  expect(relativeDistance([1], [1, 2])).toBe(Number.POSITIVE_INFINITY);
  expect(relativeDistance([1], [Number.NaN])).toBe(Number.POSITIVE_INFINITY);
  expect(relativeDistance([0], [1])).toBe(Number.POSITIVE_INFINITY);
});

it('needs the same names', () => {
  expect(resultsAgree({ a: Float32Array.of(1) }, { b: Float32Array.of(1) }, 1)).toBe(false);
});

it('finds the one that is different', () => {
  expect(findAgreement([outputs(1), outputs(1.5), outputs(1)], 1e-3)).toEqual([true, false, true]);
});

it('trusts none of two that differ, and one that is alone', () => {
  expect(findAgreement([outputs(1), outputs(2)], 1e-3)).toEqual([false, false]);
  expect(findAgreement([outputs(1)], 0)).toEqual([true]);
});
