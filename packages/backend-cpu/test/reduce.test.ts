import { axisIndex, type DType, type Instruction, linearIndex, type ReduceKernel, type Reduction } from '@cotangent/ir';
import { describe, expect, it } from 'vitest';
import { createCpuBackend } from '../src/index.js';
import { evaluateKernel, fromNumbers } from './reference.js';
import { runKernel } from './run.js';

const backend = createCpuBackend();

/** Reduces a row-major `[rows, columns]` array along one axis. */
const reduction = (rows: number, columns: number, axis: 0 | 1, dtype: DType, kind: Reduction): ReduceKernel => {
  const [outer, inner] = axis === 1 ? [rows, columns] : [columns, rows];
  const isArgument = kind === 'argmax' || kind === 'argmin';
  const result = isArgument ? 'int32' : dtype;
  const strides = axis === 1 ? [columns, 1] : [1, columns];
  return {
    kind: 'reduce',
    outer: [outer],
    inner: [inner],
    inputs: [dtype],
    body: [
      {
        op: 'load',
        dtype,
        input: 0,
        index: linearIndex([axisIndex(0, outer), axisIndex(1, inner)], strides),
        guards: [],
      },
      { op: 'reduce', dtype: result, reduction: kind, operands: [0] },
    ],
    outputs: [{ dtype: result, length: outer, value: 1, space: 'outer' }],
  };
};

const kinds: readonly Reduction[] = ['sum', 'product', 'maximum', 'minimum', 'argmax', 'argmin'];
const dtypes: readonly DType[] = ['float32', 'float64', 'int32', 'uint32', 'float16'];

describe('reduce kernels', () => {
  for (const dtype of dtypes) {
    for (const kind of kinds) {
      it(`takes the ${kind} of ${dtype} along either axis`, () => {
        for (const [rows, columns] of [
          [1, 1],
          [3, 5],
          [7, 4],
          [2, 100],
          [100, 2],
          [33, 67],
        ] as const) {
          for (const axis of [0, 1] as const) {
            const kernel = reduction(rows, columns, axis, dtype, kind);
            const data = fromNumbers(
              dtype,
              Array.from({ length: rows * columns }, (_, i) => ((i * 7919) % 13) / (dtype.startsWith('float') ? 8 : 1)),
            );
            const expected = evaluateKernel(kernel, [data]);
            const actual = runKernel(backend, kernel, [data]);
            actual[0]!.forEach((value, i) => {
              const wanted = expected[0]![i]!;
              const tolerance = dtype === 'float16' ? 1e-3 : 1e-6;
              expect(
                Math.abs(value - wanted),
                `${rows}x${columns} axis ${axis}: ${value} ${wanted}`,
              ).toBeLessThanOrEqual(Math.abs(wanted) * tolerance);
            });
          }
        }
      });
    }
  }

  it('splits a long reduction into parts and joins them', () => {
    const n = 100_003;
    const data = Float32Array.from({ length: n }, (_, i) => ((i * 7919) % 1009) - 500);
    const sum = data.reduce((a, b) => a + b, 0);
    expect(runKernel(backend, reduction(1, n, 1, 'float32', 'sum'), [data])).toEqual([[Math.fround(sum)]]);
    data[70_001] = 1e6;
    data[90_001] = 1e6;
    expect(runKernel(backend, reduction(1, n, 1, 'float32', 'argmax'), [data])).toEqual([[70_001]]);
    data[80_000] = Number.NaN;
    expect(runKernel(backend, reduction(1, n, 1, 'float32', 'argmax'), [data])).toEqual([[80_000]]);
    expect(runKernel(backend, reduction(1, n, 1, 'float32', 'maximum'), [data])).toEqual([[Number.NaN]]);
  });

  it('sums 16 million float32 to a relative error below 1e-6', () => {
    const n = 1 << 24;
    const tenths = new Float32Array(n).fill(0.1);
    const [[sum]] = runKernel(backend, reduction(1, n, 1, 'float32', 'sum'), [tenths]) as [[number]];
    expect(Math.abs(sum / (n * Math.fround(0.1)) - 1)).toBeLessThan(1e-6);
    const [[byRows]] = runKernel(backend, reduction(n, 1, 0, 'float32', 'sum'), [tenths]) as [[number]];
    expect(byRows).toBe(sum);
  });

  it('computes a softmax in one kernel', () => {
    for (const [rows, columns, axis] of [
      [5, 37, 1],
      [37, 5, 0],
      [1, 50_000, 1],
      [50_000, 6, 0],
    ] as const) {
      const [outer, inner] = axis === 1 ? [rows, columns] : [columns, rows];
      const strides = axis === 1 ? [columns, 1] : [1, columns];
      const index = linearIndex([axisIndex(0, outer), axisIndex(1, inner)], strides);
      const body: Instruction[] = [
        { op: 'load', dtype: 'float32', input: 0, index, guards: [] },
        { op: 'reduce', dtype: 'float32', reduction: 'maximum', operands: [0] },
        { op: 'subtract', dtype: 'float32', operands: [0, 1] },
        { op: 'exp', dtype: 'float32', operands: [2] },
        { op: 'reduce', dtype: 'float32', reduction: 'sum', operands: [3] },
        { op: 'divide', dtype: 'float32', operands: [3, 4] },
      ];
      const kernel: ReduceKernel = {
        kind: 'reduce',
        outer: [outer],
        inner: [inner],
        inputs: ['float32'],
        body,
        outputs: [
          { dtype: 'float32', length: outer, value: 4, space: 'outer' },
          { dtype: 'float32', length: outer * inner, value: 5, space: 'full' },
        ],
      };
      const data = Float32Array.from({ length: rows * columns }, (_, i) => ((i * 7919) % 1009) / 100);
      const expected = evaluateKernel(kernel, [data]);
      runKernel(backend, kernel, [data]).forEach((values, o) => {
        values.forEach((value, i) => {
          const wanted = expected[o]![i]!;
          expect(Math.abs(value - wanted)).toBeLessThanOrEqual(Math.abs(wanted) * 4e-6);
        });
      });
    }
  });

  it('gives the identity over no elements', () => {
    for (const kind of ['sum', 'product', 'maximum', 'minimum'] as const) {
      const wanted = { sum: 0, product: 1, maximum: Number.NEGATIVE_INFINITY, minimum: Number.POSITIVE_INFINITY }[kind];
      expect(runKernel(backend, reduction(3, 0, 1, 'float32', kind), [new Float32Array(0)])).toEqual([
        [wanted, wanted, wanted],
      ]);
      expect(runKernel(backend, reduction(0, 3, 1, 'float32', kind), [new Float32Array(0)])).toEqual([[]]);
    }
  });
});
