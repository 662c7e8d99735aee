import { expect, it } from 'vitest';
import { type Kernel, kernelKey } from '../src/index.js';

const constantKernel = (value: number): Kernel => ({
  kind: 'map',
  shape: [4],
  inputs: [],
  body: [{ op: 'constant', dtype: 'float32', value }],
  outputs: [{ dtype: 'float32', length: 4, value: 0, space: 'full' }],
});

it('tells constants apart that JSON writes alike', () => {
  const values = [0, -0, Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  expect(new Set(values.map((value) => kernelKey(constantKernel(value)))).size).toBe(5);
});
