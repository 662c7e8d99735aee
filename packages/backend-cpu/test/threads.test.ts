import { axisIndex, contiguousStrides, type DType, type HostArray, type Kernel, linearIndex } from '@cotangent/ir';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CpuBackend } from '../src/backend.js';
import {
  type Generator,
  type KernelCase,
  largeExtent,
  randomMap,
  randomReduce,
  randomScan,
  randomScatter,
} from './random-kernels.js';
import { fromNumbers } from './reference.js';
import { runForArrays } from './run.js';
import { allStarted, increment, shareAll } from './thread-cases.js';

const alone = new CpuBackend({ threads: 1 });
const shared = [2, 3, 4].map((threads) => new CpuBackend({ threads }, { sharing: shareAll }));

beforeAll(async () => {
  for (const backend of shared) {
    runForArrays(backend, increment(2 ** 16), [new Float32Array(2 ** 16)]);
    await allStarted(backend);
  }
});

afterAll(() => {
  for (const backend of [alone, ...shared]) backend.dispose();
});

/** Gives every NaN the same bits: those that engines compute differ from one time to the next. */
const withOneNaN = (dtype: DType, array: HostArray): void => {
  for (let i = 0; i < array.length; i++) {
    const value = array[i] as number;
    if (dtype === 'float16' && (value & 0x7fff) > 0x7c00) array[i] = 0x7e00;
    else if (Number.isNaN(value)) array[i] = Number.NaN;
  }
};

const expectSameBits = (kernel: Kernel, inputs: readonly HostArray[]): void => {
  const bytesOn = (backend: CpuBackend) =>
    runForArrays(backend, kernel, inputs).map((array, output) => {
      withOneNaN(kernel.outputs[output]!.dtype, array);
      return Buffer.from(array.buffer as ArrayBuffer);
    });
  const expected = bytesOn(alone);
  for (const backend of shared) {
    bytesOn(backend).forEach((bytes, output) => {
      if (bytes.equals(expected[output] as Buffer)) return;
      expect.fail(`output ${output} differs on ${backend.threads} threads\n${JSON.stringify(kernel)}`);
    });
  }
};

const fullIndex = (shape: readonly number[]) =>
  linearIndex(
    shape.map((size, axis) => axisIndex(axis, size)),
    contiguousStrides(shape),
  );

const wave = (length: number, period: number): number[] =>
  Array.from({ length }, (_, i) => ((i * 7919) % period) - (period >> 1));

const runs = Number(process.env['COTANGENT_PROPERTY_RUNS'] ?? 60);

describe('threads', () => {
  const agree = (name: string, generate: (g: Generator, extent: typeof largeExtent) => KernelCase) => {
    it(`give the bits that one thread gives for ${name} kernels`, () => {
      fc.assert(
        fc.property(fc.gen(), (g) => {
          const { kernel, inputs } = generate(g, largeExtent);
          expectSameBits(kernel, inputs);
        }),
        { numRuns: runs },
      );
    });
  };
  agree('map', randomMap);
  agree('reduce', randomReduce);
  agree('scan', randomScan);
  agree('scatter', randomScatter);

  const floats: readonly DType[] = ['float32', 'float64', 'float16'];
  for (const dtype of floats) {
    it(`give the bits that one thread gives for matmul kernels of ${dtype} with an epilogue`, () => {
      for (const [batch, m, n, k] of [
        [1, 200, 300, 150],
        [3, 90, 70, 5000],
        [2, 1, 700, 900],
        [5, 64, 3, 64],
      ] as const) {
        const length = batch * m * n;
        const kernel: Kernel = {
          kind: 'matmul',
          dtype,
          batch: [batch],
          m,
          n,
          k,
          inputs: [dtype, dtype, dtype],
          left: { input: 0, offset: 0, strides: [m * k, k, 1] },
          right: { input: 1, offset: 0, strides: [k * n, n, 1] },
          body: [
            { op: 'accumulator', dtype },
            { op: 'load', dtype, input: 2, index: axisIndex(2, n), guards: [] },
            { op: 'add', dtype, operands: [0, 1] },
          ],
          outputs: [{ dtype, length, value: 2, space: 'full' }],
        };
        const inputs = [batch * m * k, batch * k * n, n].map((size, i) => {
          const scale = 1 / (3 + i);
          return fromNumbers(
            dtype,
            wave(size, 23).map((x) => x * scale),
          );
        });
        expectSameBits(kernel, inputs);
      }
    });
  }

  it('give the bits that one thread gives for convolve kernels', () => {
    for (const [batch, groups, c, o, size, taps, stride] of [
      [2, 1, 8, 16, 32, 3, 1],
      [4, 1, 3, 16, 33, 5, 2],
      [2, 8, 1, 1, 40, 3, 1],
      [2, 1, 32, 32, 20, 1, 1],
    ] as const) {
      const extent = Math.floor((size - 1) / stride) + 1;
      const low = taps >> 1;
      const kernel: Kernel = {
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
        inputDilation: [1, 1],
        kernelDilation: [1, 1],
        inputs: ['float32', 'float32'],
        left: { input: 0, offset: 0, strides: contiguousStrides([batch, groups, c, size, size]) },
        right: { input: 1, offset: 0, strides: contiguousStrides([groups, o, c, taps, taps]) },
        body: [{ op: 'accumulator', dtype: 'float32' }],
        outputs: [{ dtype: 'float32', length: batch * groups * o * extent * extent, value: 0, space: 'full' }],
      };
      const inputs = [batch * groups * c * size * size, groups * o * c * taps * taps].map((length, i) =>
        fromNumbers(
          'float32',
          wave(length, 29).map((x) => x / (7 + i)),
        ),
      );
      expectSameBits(kernel, inputs);
    }
  });

  it('give the order that one thread gives for sort kernels', () => {
    for (const dtype of ['float32', 'float64', 'int32'] as const) {
      for (const [rows, length] of [
        [1, 200_000],
        [3, 70_000],
        [50, 1000],
      ] as const) {
        const kernel: Kernel = {
          kind: 'sort',
          outer: [rows],
          length,
          inputs: [dtype],
          body: [{ op: 'load', dtype, input: 0, index: fullIndex([rows, length]), guards: [] }],
          key: 0,
          descending: rows === 3,
          outputs: [
            { dtype, length: rows * length, content: 'values' },
            { dtype: 'int32', length: rows * length, content: 'permutation' },
          ],
        };
        expectSameBits(kernel, [fromNumbers(dtype, wave(rows * length, 50_021))]);
      }
    }
  });
});
