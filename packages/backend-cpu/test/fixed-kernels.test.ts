import {
  axisIndex,
  type ConvolveKernel,
  contiguousStrides,
  type DType,
  type Instruction,
  linearIndex,
  type MatmulKernel,
  type SortKernel,
} from '@cotangent/ir';
import { describe, expect, it } from 'vitest';
import { createCpuBackend } from '../src/index.js';
import { evaluateKernel, fromNumbers } from './reference.js';
import { runKernel } from './run.js';

const backend = createCpuBackend();

const wave = (length: number, period = 11): number[] =>
  Array.from({ length }, (_, i) => ((i * 7919) % period) - (period >> 1));

const matmul = (
  dtype: DType,
  [m, n, k]: readonly [number, number, number],
  body: readonly Instruction[] = [{ op: 'accumulator', dtype }],
  more: Partial<MatmulKernel> = {},
): MatmulKernel => ({
  kind: 'matmul',
  dtype,
  batch: [2],
  m,
  n,
  k,
  inputs: [dtype, dtype],
  left: { input: 0, offset: 0, strides: [m * k, k, 1] },
  right: { input: 1, offset: 0, strides: [k * n, n, 1] },
  body,
  outputs: [{ dtype, length: 2 * m * n, value: body.length - 1, space: 'full' }],
  ...more,
});

const sizes = [
  [1, 1, 1],
  [3, 5, 7],
  [33, 17, 40],
  [64, 130, 20],
] as const;

describe('matmul kernels', () => {
  for (const dtype of ['float32', 'float64', 'float16', 'int32', 'uint32'] as const) {
    it(`multiply batches of ${dtype}`, () => {
      for (const [m, n, k] of sizes) {
        const kernel = matmul(dtype, [m, n, k]);
        const low = dtype === 'uint32' ? 5 : 0;
        const inputs = [2 * m * k, 2 * k * n].map((length) =>
          fromNumbers(
            dtype,
            wave(length).map((x) => x + low),
          ),
        );
        expect(runKernel(backend, kernel, inputs)).toEqual(evaluateKernel(kernel, inputs));
      }
    });
  }

  it('add a bias, clip at 0 and write several outputs in the epilogue', () => {
    for (const [m, n, k] of sizes) {
      const full = linearIndex([axisIndex(0, 2), axisIndex(1, m), axisIndex(2, n)], contiguousStrides([2, m, n]));
      const body: Instruction[] = [
        { op: 'accumulator', dtype: 'float32' },
        { op: 'load', dtype: 'float32', input: 2, index: axisIndex(2, n), guards: [] },
        { op: 'add', dtype: 'float32', operands: [0, 1] },
        { op: 'constant', dtype: 'float32', value: 0 },
        { op: 'maximum', dtype: 'float32', operands: [2, 3] },
        { op: 'load', dtype: 'float32', input: 3, index: full, guards: [] },
        { op: 'add', dtype: 'float32', operands: [4, 5] },
        { op: 'lt', dtype: 'bool', operands: [3, 2] },
      ];
      const length = 2 * m * n;
      const kernel = matmul('float32', [m, n, k], body, {
        inputs: ['float32', 'float32', 'float32', 'float32'],
        outputs: [
          { dtype: 'float32', length, value: 6, space: 'full' },
          { dtype: 'bool', length, value: 7, space: 'full' },
        ],
      });
      const inputs = [2 * m * k, 2 * k * n, n, length].map((size) => fromNumbers('float32', wave(size)));
      expect(runKernel(backend, kernel, inputs)).toEqual(evaluateKernel(kernel, inputs));
    }
  });
});

describe('convolve kernels', () => {
  /** Direct sums, for the strides of contiguous operands. */
  const directly = (kernel: ConvolveKernel, x: readonly number[], w: readonly number[]): number[] => {
    const { batch, groups, inputChannels: c, outputChannels: o } = kernel;
    const [[ih, iw], [kh, kw], [oh, ow]] = [kernel.inputSize, kernel.kernelSize, kernel.outputSize] as [
      [number, number],
      [number, number],
      [number, number],
    ];
    const out: number[] = [];
    const source = (p: number, q: number, axis: number) => {
      const at = p * kernel.stride[axis]! + q * kernel.kernelDilation[axis]! - kernel.padding[axis]!;
      return at % kernel.inputDilation[axis]! === 0 ? at / kernel.inputDilation[axis]! : -1;
    };
    for (let n = 0; n < batch; n++) {
      for (let g = 0; g < groups; g++) {
        for (let f = 0; f < o; f++) {
          for (let y = 0; y < oh; y++) {
            for (let z = 0; z < ow; z++) {
              let sum = 0;
              for (let i = 0; i < c; i++) {
                for (let r = 0; r < kh; r++) {
                  for (let s = 0; s < kw; s++) {
                    const [a, b] = [source(y, r, 0), source(z, s, 1)];
                    if (a < 0 || a >= ih || b < 0 || b >= iw) continue;
                    sum +=
                      x[(((n * groups + g) * c + i) * ih + a) * iw + b]! *
                      w[(((g * o + f) * c + i) * kh + r) * kw + s]!;
                  }
                }
              }
              out.push(sum);
            }
          }
        }
      }
    }
    return out;
  };

  it('correlate with stride, padding, dilation and groups, then scale', () => {
    for (const [stride, inputDilation, kernelDilation, groups] of [
      [1, 1, 1, 1],
      [2, 1, 1, 2],
      [1, 2, 1, 1],
      [1, 1, 2, 2],
      [1, 3, 1, 1],
    ] as const) {
      const [batch, c, o, size, taps, low] = [2, 3, 5, 9, 3, 1];
      const span = (size - 1) * inputDilation + 1 + 2 * low - (taps - 1) * kernelDilation;
      const extent = Math.ceil(span / stride);
      const kernel: ConvolveKernel = {
        kind: 'convolve',
        dtype: 'float32',
        batch,
        groups,
        inputChannels: c,
        outputChannels: o,
        inputSize: [size, size],
        kernelSize: [taps, taps],
        outputSize: [extent, extent],
        stride: [stride, stride],
        padding: [low, low],
        inputDilation: [inputDilation, inputDilation],
        kernelDilation: [kernelDilation, kernelDilation],
        inputs: ['float32', 'float32', 'float32'],
        left: { input: 0, offset: 0, strides: contiguousStrides([batch, groups, c, size, size]) },
        right: { input: 1, offset: 0, strides: contiguousStrides([groups, o, c, taps, taps]) },
        body: [
          { op: 'accumulator', dtype: 'float32' },
          { op: 'load', dtype: 'float32', input: 2, index: axisIndex(2, o), guards: [] },
          { op: 'multiply', dtype: 'float32', operands: [0, 1] },
        ],
        outputs: [{ dtype: 'float32', length: batch * groups * o * extent * extent, value: 2, space: 'full' }],
      };
      const x = wave(batch * groups * c * size * size);
      const w = wave(groups * o * c * taps * taps, 7);
      const scales = wave(o, 5);
      const plane = extent * extent;
      const wanted = directly(kernel, x, w).map((sum, i) => sum * scales[Math.floor(i / plane) % o]!);
      const inputs = [x, w, scales].map((numbers) => fromNumbers('float32', numbers));
      expect(runKernel(backend, kernel, inputs)[0]!.map((v) => v + 0)).toEqual(wanted.map((v) => v + 0));
    }
  });
});

describe('sort kernels', () => {
  const sort = (dtype: DType, rows: number, length: number, descending: boolean, body?: Instruction[]): SortKernel => ({
    kind: 'sort',
    outer: [rows],
    length,
    inputs: [dtype],
    body: body ?? [
      {
        op: 'load',
        dtype,
        input: 0,
        index: linearIndex([axisIndex(0, rows), axisIndex(1, length)], [length, 1]),
        guards: [],
      },
    ],
    key: body ? body.length - 1 : 0,
    descending,
    outputs: [
      { dtype, length: rows * length, content: 'values' },
      { dtype: 'int32', length: rows * length, content: 'permutation' },
    ],
  });

  for (const dtype of ['float32', 'float64', 'float16', 'int32', 'uint32', 'bool'] as const) {
    it(`order ${dtype} stably, straight from the input`, () => {
      for (const descending of [false, true]) {
        const kernel = sort(dtype, 3, 157, descending);
        const data = fromNumbers(
          dtype,
          wave(3 * 157, 23).map((x) => (dtype === 'bool' ? Number(x > 0) : Math.abs(x))),
        );
        expect(runKernel(backend, kernel, [data])).toEqual(evaluateKernel(kernel, [data]));
      }
    });
  }

  it('order computed keys', () => {
    const [rows, length] = [5, 301];
    const body: Instruction[] = [
      {
        op: 'load',
        dtype: 'float32',
        input: 0,
        index: linearIndex([axisIndex(0, rows), axisIndex(1, length)], [1, rows]),
        guards: [],
      },
      { op: 'multiply', dtype: 'float32', operands: [0, 0] },
    ];
    const kernel = sort('float32', rows, length, true, body);
    const data = fromNumbers('float32', wave(rows * length, 101));
    expect(runKernel(backend, kernel, [data])).toEqual(evaluateKernel(kernel, [data]));
  });
});
