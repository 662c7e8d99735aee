import { axisIndex, linearIndex, type MapKernel } from '@cotangent/ir';
import { describe, expect, it } from 'vitest';
import { createCpuBackend } from '../src/index.js';
import { runKernel } from './run.js';

const backend = createCpuBackend();

describe('map kernels', () => {
  it('adds two vectors of any length', () => {
    for (const n of [1, 2, 3, 4, 5, 7, 8, 13, 100, 10001]) {
      const x = axisIndex(0, n);
      const kernel: MapKernel = {
        kind: 'map',
        shape: [n],
        inputs: ['float32', 'float32'],
        body: [
          { op: 'load', dtype: 'float32', input: 0, index: x, guards: [] },
          { op: 'load', dtype: 'float32', input: 1, index: x, guards: [] },
          { op: 'add', dtype: 'float32', operands: [0, 1] },
        ],
        outputs: [{ dtype: 'float32', length: n, value: 2, space: 'full' }],
      };
      const a = Float32Array.from({ length: n }, (_, i) => i);
      const b = Float32Array.from({ length: n }, (_, i) => 2 * i + 1);
      expect(runKernel(backend, kernel, [a, b])).toEqual([Array.from({ length: n }, (_, i) => 3 * i + 1)]);
    }
  });

  it('transposes', () => {
    const [rows, columns] = [37, 70];
    const kernel: MapKernel = {
      kind: 'map',
      shape: [columns, rows],
      inputs: ['float32'],
      body: [
        {
          op: 'load',
          dtype: 'float32',
          input: 0,
          index: linearIndex([axisIndex(0, columns), axisIndex(1, rows)], [1, columns]),
          guards: [],
        },
      ],
      outputs: [{ dtype: 'float32', length: rows * columns, value: 0, space: 'full' }],
    };
    const data = Float32Array.from({ length: rows * columns }, (_, i) => i);
    const expected = Array.from({ length: columns }, (_, c) => Array.from({ length: rows }, (_, r) => r * columns + c));
    expect(runKernel(backend, kernel, [data])).toEqual([expected.flat()]);
  });
});
