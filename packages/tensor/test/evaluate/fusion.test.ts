import { createCpuBackend } from '@cotangent/backend-cpu';
import { beforeAll, describe, expect, it } from 'vitest';
import {
  add,
  concat,
  convolve,
  countKernels,
  cumsum,
  Device,
  divide,
  exp,
  matmul,
  max,
  mean,
  multiply,
  ones,
  pad,
  reshape,
  setDefaultDevice,
  slice,
  sort,
  sqrt,
  subtract,
  sum,
  type Tensor,
  takeAlongAxis,
  tanh,
  tensor,
  transpose,
  where,
  window,
} from '../../src/index.js';

beforeAll(() => setDefaultDevice(new Device(createCpuBackend())));

const matrix = (): Tensor =>
  tensor([
    [1, 2, 3, 4],
    [5, 6, 7, 8],
    [9, 10, 11, 12],
  ]);

describe('kernels of a graph', () => {
  it('are one map for a chain of elementwise ops', () => {
    const x = matrix();
    expect(countKernels(multiply(exp(add(x, 1)), tanh(subtract(x, 2))))).toEqual({ map: 1 });
  });

  it('are one reduce for a reduction with what comes before and after it', () => {
    expect(countKernels(sqrt(mean(exp(matrix()), { axes: 1 })))).toEqual({ reduce: 1 });
  });

  it('are one matmul with bias and activation', () => {
    const x = matrix();
    const weight = ones([4, 5]);
    expect(
      countKernels(tanh(add(matmul(x, reshape(tensor(new Float32Array(20)), [4, 5])), tensor([1, 2, 3, 4, 5])))),
    ).toEqual({
      matmul: 1,
    });
    expect(countKernels(tanh(add(matmul(x, weight), 1)))).toEqual({ map: 1, matmul: 1 });
  });

  it('are one convolve with bias', () => {
    const image = tensor(new Float32Array(2 * 3 * 8 * 8), { shape: [2, 1, 3, 8, 8] });
    const kernel = tensor(new Float32Array(4 * 3 * 9), { shape: [1, 4, 3, 3, 3] });
    const bias = tensor(new Float32Array(4), { shape: [4, 1, 1] });
    const out = convolve(image, kernel, {
      padding: [
        [1, 1],
        [1, 1],
      ],
    });
    expect(countKernels(add(reshape(out, [2, 4, 8, 8]), bias))).toEqual({ convolve: 1 });
  });

  it('never copy a view before a fused kernel', () => {
    const x = matrix();
    const padded = pad(transpose(x), [
      [1, 1],
      [0, 2],
    ]);
    expect(countKernels(exp(slice(padded, [{ start: 5, size: 3, step: -2 }])))).toEqual({ map: 1 });
    expect(countKernels(sum(window(x, { size: [2], stride: [2] }), { axes: 2 }))).toEqual({ reduce: 1 });
    expect(countKernels(concat([x, multiply(x, 2)], 1))).toEqual({ map: 1 });
  });

  it('never copy a transposed or sliced operand of a matmul', () => {
    const x = matrix();
    expect(countKernels(matmul(transpose(x), x))).toEqual({ matmul: 1 });
    expect(countKernels(matmul(x, slice(transpose(x), [undefined, { start: 2, size: 2, step: -1 }])))).toEqual({
      matmul: 1,
    });
  });

  it('sort values and positions at once, and gather without a copy', () => {
    const { values, indices } = sort(matrix());
    expect(countKernels(values, indices)).toEqual({ sort: 1 });
    expect(countKernels(sum(multiply(values, takeAlongAxis(exp(matrix()), indices))))).toEqual({ sort: 1, reduce: 1 });
  });

  it('store once what two kernels share and neither can recompute cheaply', () => {
    const e = exp(matrix());
    expect(countKernels(sum(e, { axes: 0 }), sum(e, { axes: 1 }))).toEqual({ map: 1, reduce: 2 });
  });

  it('recompute what is cheaper to recompute', () => {
    const isLarge = add(matrix(), 1);
    expect(countKernels(sum(isLarge, { axes: 0 }), sum(isLarge, { axes: 1 }))).toEqual({ reduce: 2 });
  });

  it('store an intermediate result beside the final one', () => {
    const x = matrix();
    const moment = add(multiply(x, 0.9), exp(x));
    const update = divide(moment, 3);
    expect(countKernels(moment, update)).toEqual({ map: 1 });
  });

  it('sweep once for several reductions whose results meet', () => {
    const x = matrix();
    const squares = sum(multiply(x, x), { axes: 1 });
    const total = sum(x, { axes: 1 });
    expect(countKernels(subtract(squares, multiply(total, total)))).toEqual({ reduce: 1 });
  });

  it('run along a scan', () => {
    expect(countKernels(multiply(cumsum(exp(matrix())), 2))).toEqual({ scan: 1 });
  });

  it('are none for a view of a stored tensor in its own order', () => {
    expect(countKernels(reshape(matrix(), [2, 6]))).toEqual({});
  });

  it('merge equal subgraphs', () => {
    const x = matrix();
    expect(countKernels(add(sum(exp(x)), sum(exp(x))))).toEqual({ reduce: 1 });
  });

  it('fold constants and drop what does nothing', () => {
    const x = matrix();
    const same = divide(multiply(add(x, -0), 1), 1);
    expect(countKernels(reshape(same, [12]))).toEqual({});
    expect(countKernels(where(tensor([true]), x, x))).toEqual({});
  });

  it('keep the maximum apart from the sum that needs it', () => {
    const x = matrix();
    const e = exp(subtract(x, max(x, { axes: 1, keepdims: true })));
    expect(countKernels(sum(e, { axes: 1 }))).toEqual({ reduce: 2 });
  });
});
