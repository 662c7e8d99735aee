import { createCpuBackend } from '@cotangent/backend-cpu';
import {
  add,
  argsort,
  broadcastTo,
  concat,
  convolve,
  cos,
  cummax,
  cummin,
  cumprod,
  cumsum,
  Device,
  divide,
  erf,
  exp,
  flip,
  fold,
  less,
  log,
  matmul,
  max,
  maximum,
  min,
  minimum,
  multiply,
  negate,
  type OpName,
  pad,
  prod,
  type Recorder,
  randn,
  randomKey,
  remainder,
  reshape,
  scatterAdd,
  scatterSet,
  setDefaultDevice,
  sin,
  slice,
  sort,
  sqrt,
  startRecording,
  subtract,
  sum,
  type Tensor,
  takeAlongAxis,
  tanh,
  tensor,
  transpose,
  where,
  window,
} from '@cotangent/tensor';
import { beforeAll, describe, expect, it } from 'vitest';
import { checkGradients, grad, rules } from '../src/index.js';

beforeAll(() => setDefaultDevice(new Device(createCpuBackend())));

const normal = (shape: readonly number[], seed: number): Tensor =>
  randn(shape, { key: randomKey(seed), dtype: 'float64' });
const positive = (shape: readonly number[], seed: number): Tensor => add(exp(normal(shape, seed)), 0.5);
const indices = (values: readonly (readonly number[])[]): Tensor => tensor(values, { dtype: 'int32' });

interface Case {
  readonly f: (...inputs: Tensor[]) => Tensor;
  readonly inputs: () => Tensor[];
}

const on = (f: (...inputs: Tensor[]) => Tensor, ...shapes: readonly (readonly number[])[]): Case => ({
  f,
  inputs: () => shapes.map((shape, i) => normal(shape, i + 1)),
});
const onPositive = (f: (...inputs: Tensor[]) => Tensor, ...shapes: readonly (readonly number[])[]): Case => ({
  f,
  inputs: () => shapes.map((shape, i) => positive(shape, i + 1)),
});

const a = [2, 3] as const;
/** Op by op a function that is smooth at its inputs; the name says what is checked. */
const cases: Readonly<Record<string, Case>> = {
  negate: on((x) => negate(x as Tensor), a),
  exp: on((x) => exp(x as Tensor), a),
  log: onPositive((x) => log(x as Tensor), a),
  sqrt: onPositive((x) => sqrt(x as Tensor), a),
  sin: on((x) => sin(x as Tensor), a),
  cos: on((x) => cos(x as Tensor), a),
  tanh: on((x) => tanh(x as Tensor), a),
  erf: on((x) => erf(x as Tensor), a),
  'add with broadcasting': on((x, y) => add(x as Tensor, y as Tensor), a, [3]),
  multiply: on((x, y) => multiply(x as Tensor, y as Tensor), a, [2, 1]),
  divide: onPositive((x, y) => divide(x as Tensor, y as Tensor), a, a),
  maximum: on((x, y) => maximum(x as Tensor, y as Tensor), a, a),
  minimum: on((x, y) => minimum(x as Tensor, y as Tensor), a, a),
  remainder: onPositive((x, y) => multiply(remainder(x as Tensor, y as Tensor), x as Tensor), a, a),
  select: on((x, y) => where(less(x as Tensor, 0), multiply(x as Tensor, y as Tensor), y as Tensor), a, a),
  'reduce sum': on((x) => sum(exp(x as Tensor), { axes: [0, 2] }), [2, 3, 4]),
  'reduce product': on((x) => prod(x as Tensor, { axes: [0, 2] }), [2, 3, 2]),
  'reduce maximum': on((x) => max(multiply(x as Tensor, x as Tensor), { axes: 1 }), [2, 5]),
  'reduce minimum': on((x) => min(multiply(x as Tensor, x as Tensor), { axes: 0 }), [4, 3]),
  'scan sum': on((x) => cumsum(exp(x as Tensor), { axis: 0, reverse: true, exclusive: true }), [4, 3]),
  'scan product': on((x) => cumprod(x as Tensor, { axis: 0 }), [4, 3]),
  'scan product, reversed and exclusive': on((x) => cumprod(x as Tensor, { reverse: true, exclusive: true }), [2, 4]),
  'scan maximum': on((x) => cummax(multiply(x as Tensor, x as Tensor)), [2, 6]),
  'scan minimum': on((x) => cummin(multiply(x as Tensor, x as Tensor), { axis: 0, reverse: true }), [6, 2]),
  matmul: on((x, y) => matmul(x as Tensor, y as Tensor), [2, 3, 4], [4, 2]),
  'matmul, batched': on((x, y) => matmul(tanh(x as Tensor), y as Tensor), [2, 3, 4], [2, 4, 2]),
  convolve: on(
    (x, y) =>
      convolve(x as Tensor, y as Tensor, {
        stride: [2, 1],
        padding: [
          [1, 2],
          [-1, 1],
        ],
        inputDilation: [1, 2],
        kernelDilation: [2, 1],
      }),
    [2, 2, 2, 6, 5],
    [2, 3, 2, 2, 3],
  ),
  'convolve in one dimension': on(
    (x, y) => convolve(x as Tensor, y as Tensor, { stride: [3] }),
    [1, 1, 2, 9],
    [1, 2, 2, 3],
  ),
  'convolve in three': on((x, y) => convolve(x as Tensor, y as Tensor), [1, 1, 2, 3, 4, 3], [1, 2, 2, 2, 2, 2]),
  reshape: on((x) => reshape(exp(x as Tensor), [3, 2]), a),
  transpose: on((x) => transpose(exp(x as Tensor), [2, 0, 1]), [2, 3, 4]),
  broadcast: on((x) => multiply(broadcastTo(x as Tensor, [4, 2, 3]), 2), [2, 1]),
  slice: on(
    (x) =>
      slice(exp(x as Tensor), [
        { start: 5, size: 3, step: -2 },
        { start: 1, size: 2 },
      ]),
    [6, 4],
  ),
  pad: on(
    (x) =>
      pad(
        exp(x as Tensor),
        [
          [1, -1],
          [-1, 2],
        ],
        { interior: [2, 1], value: 3 },
      ),
    [3, 3],
  ),
  concat: on((x, y) => concat([exp(x as Tensor), y as Tensor, x as Tensor], 1), a, [2, 2]),
  window: on((x) => window(exp(x as Tensor), { size: [3, 2], stride: [2, 1], dilation: [1, 2] }), [2, 7, 5]),
  fold: on((x) => fold(exp(x as Tensor), [7], { size: [3], stride: [2] }), [2, 3, 3]),
  gather: on(
    (x) =>
      takeAlongAxis(
        exp(x as Tensor),
        indices([
          [0, 2, 2, 1],
          [1, 1, 0, 5],
        ]),
        1,
      ),
    [2, 3],
  ),
  'scatter add': on(
    (x, y) =>
      scatterAdd(
        exp(x as Tensor),
        indices([
          [0, 0],
          [2, 1],
        ]),
        exp(y as Tensor),
        { axis: 1 },
      ),
    a,
    [2, 2],
  ),
  'scatter set': on(
    (x, y) =>
      scatterSet(
        exp(x as Tensor),
        indices([
          [0, 0],
          [2, 1],
        ]),
        exp(y as Tensor),
        { axis: 1 },
      ),
    a,
    [2, 2],
  ),
  sort: on((x) => multiply(sort(x as Tensor, { descending: true }).values, tensor([1, 2, 3], { dtype: 'float64' })), a),
  'gather by a permutation': on((x) => takeAlongAxis(exp(x as Tensor), argsort(x as Tensor)), a),
};

describe('rules', () => {
  for (const [name, { f, inputs }] of Object.entries(cases)) {
    it(`differentiate ${name} to second order`, () => checkGradients(f, inputs()));
  }

  it('are exercised here for every op that has one', () => {
    const seen = new Set<OpName>();
    const recorder: Recorder = { record: (node) => seen.add(node.op) };
    const stop = startRecording(recorder);
    for (const { f, inputs } of Object.values(cases)) f(...inputs());
    stop();
    const silent: readonly OpName[] = [
      'data',
      'iota',
      'call',
      'detach',
      'floor',
      'randomBits',
      'and',
      'or',
      'xor',
      'shiftLeft',
      'shiftRight',
    ];
    expect(Object.keys(rules).filter((op) => !seen.has(op as OpName) && !silent.includes(op as OpName))).toEqual([]);
  });
});

describe('gradients at special points', () => {
  const at = async (f: (x: Tensor) => Tensor, ...values: number[]): Promise<number[]> =>
    Array.from(await grad((x: Tensor) => sum(f(x)))(tensor(values)).data());

  it('split ties of a maximum in halves', async () => {
    expect(await at((x) => maximum(x, 1), 1, 2)).toEqual([0.5, 1]);
  });

  it('spread ties of a reduction evenly', async () => {
    expect(await at((x) => max(x), 3, 3, 1, 3)).toEqual([
      Math.fround(1 / 3),
      Math.fround(1 / 3),
      0,
      Math.fround(1 / 3),
    ]);
  });

  it('are finite for products with zeros', async () => {
    expect(await at((x) => prod(x), 2, 0, 3)).toEqual([0, 6, 0]);
    expect(await at((x) => prod(x), 2, 0, 0)).toEqual([0, 0, 0]);
    expect(await at((x) => cumprod(x), 2, 0, 3)).toEqual([1, 8, 0]);
  });

  it('are zero below a relu at zero', async () => {
    expect(await at((x) => where(less(0, x), x, 0), -1, 0, 1)).toEqual([0, 0, 1]);
  });

  it('go through comparisons without breaking', async () => {
    expect(await at((x) => where(less(x, 2), multiply(x, x), subtract(x, 1)), 1, 3)).toEqual([2, 1]);
  });

  it('flip with the order of elements', async () => {
    expect(await at((x) => multiply(flip(x), tensor([1, 2, 3])), 0, 0, 0)).toEqual([3, 2, 1]);
  });
});
