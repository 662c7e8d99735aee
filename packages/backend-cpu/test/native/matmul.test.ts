import {
  contiguousStrides,
  createHostArray,
  type DType,
  type HostArray,
  type MatmulKernel,
  type Operand,
  sizeOf,
} from '@cotangent/ir';
import { describe, expect, it } from 'vitest';
import { planMatmul } from '../../src/native/matmul.js';
import { faultsOfEpilogue, runPlan } from './driver.js';
import { fillRandom, toNumbers } from './elements.js';
import { randomOperand } from './operands.js';
import { Random } from './random.js';

const matmulKernel = (
  dtype: DType,
  { batch = [], m, n, k }: { batch?: readonly number[]; m: number; n: number; k: number },
  operands: { left?: Operand; right?: Operand } = {},
): MatmulKernel => ({
  kind: 'matmul',
  dtype,
  inputs: [dtype, dtype],
  batch,
  m,
  n,
  k,
  left: operands.left ?? { input: 0, offset: 0, strides: contiguousStrides([...batch, m, k]) },
  right: operands.right ?? { input: 1, offset: 0, strides: contiguousStrides([...batch, k, n]) },
  body: [{ op: 'accumulator', dtype }],
  outputs: [{ dtype, length: sizeOf(batch) * m * n, value: 0, space: 'full' }],
});

/** The products in float64, with the sums of magnitudes that rounding errors scale with. */
const reference = ({ batch, m, n, k, left, right }: MatmulKernel, a: Float64Array, b: Float64Array) => {
  const values = new Float64Array(sizeOf(batch) * m * n);
  const magnitudes = new Float64Array(values.length);
  for (let position = 0; position < values.length; position++) {
    let leftPlace = left.offset;
    let rightPlace = right.offset;
    const row = Math.floor(position / n) % m;
    let item = Math.floor(position / n / m);
    for (let axis = batch.length - 1; axis >= 0; axis--) {
      const coordinate = item % (batch[axis] as number);
      item = Math.floor(item / (batch[axis] as number));
      leftPlace += coordinate * (left.strides[axis] as number);
      rightPlace += coordinate * (right.strides[axis] as number);
    }
    const [leftRow, leftDepth] = left.strides.slice(-2) as [number, number];
    const [rightDepth, rightColumn] = right.strides.slice(-2) as [number, number];
    leftPlace += row * leftRow;
    rightPlace += (position % n) * rightColumn;
    for (let i = 0; i < k; i++) {
      const product = (a[leftPlace + i * leftDepth] as number) * (b[rightPlace + i * rightDepth] as number);
      values[position] = (values[position] as number) + product;
      magnitudes[position] = (magnitudes[position] as number) + Math.abs(product);
    }
  }
  return { values, magnitudes };
};

/** Unit roundoff; a sum of k rounded products stays within a few √k of it, far inside k. */
const roundoff = { float32: 2 ** -24, float16: 2 ** -24, float64: 2 ** -53 } as const;

const expectProduct = (kernel: MatmulKernel, inputs: readonly HostArray[], actual: HostArray) => {
  const [a, b] = inputs.map((input, i) => toNumbers(kernel.inputs[i] as DType, input)) as [Float64Array, Float64Array];
  const { values, magnitudes } = reference(kernel, a, b);
  expect(actual.length).toBe(values.length);
  const isInteger = kernel.dtype === 'int32' || kernel.dtype === 'uint32';
  const factor = isInteger ? 0 : roundoff[kernel.dtype as keyof typeof roundoff] * (8 + 2 * Math.sqrt(kernel.k));
  const wrong = actual.findIndex((value, i) => {
    const expected = isInteger ? (values[i] as number) | 0 : (values[i] as number);
    return !(Math.abs(value - expected) <= factor * (magnitudes[i] as number));
  });
  expect(wrong < 0 ? 'equal' : `${actual[wrong]} for ${values[wrong]} at ${wrong}`).toBe('equal');
};

const runRandomCase = (seed: number, dtype: DType) => {
  const random = new Random(seed);
  const size = () => random.pick([1, 2, 3, 4, 5, 7, 8, 9, 12, 16, 17, 31, 33, 64, 70]);
  const batch = Array.from({ length: random.below(4) }, () => random.between(1, 3));
  const shape = { batch, m: size(), n: size(), k: random.pick([size(), size(), 300, 513]) };
  const left = randomOperand(0, [...batch, shape.m, shape.k], random);
  const right = randomOperand(1, [...batch, shape.k, shape.n], random);
  const kernel = matmulKernel(dtype, shape, { left: left.operand, right: right.operand });
  const inputs = [left.length, right.length].map((length) => fillRandom(createHostArray(dtype, length), dtype, random));
  const plan = planMatmul(kernel, { threads: random.pick([1, 2, 16]) });
  const { accumulator } = runPlan(plan, { inputs, accumulator: kernel.outputs[0]?.length as number, random });
  expectProduct(kernel, inputs, accumulator);
};

describe('planMatmul', () => {
  it.each(['float32', 'float16', 'float64', 'int32', 'uint32'] as const)(
    'multiplies %s through any strides',
    (dtype) => {
      for (let seed = 1; seed <= 60; seed++) {
        try {
          runRandomCase(seed, dtype);
        } catch (cause) {
          throw new Error(`seed ${seed}`, { cause });
        }
      }
    },
  );

  it.each([
    [140, 90, 1025],
    [257, 33, 700],
    [1, 300, 900],
    [300, 1, 900],
    [3, 5, 40000],
  ])('multiplies %i by %i with depth %i', (m, n, k) => {
    const random = new Random(7);
    const kernel = matmulKernel('float32', { m, n, k });
    const inputs = [m * k, k * n].map((length) => fillRandom(createHostArray('float32', length), 'float32', random));
    const { accumulator } = runPlan(planMatmul(kernel), { inputs, accumulator: m * n });
    expectProduct(kernel, inputs, accumulator);
  });

  it('writes zeros where k is 0 and nothing where m or n is 0', () => {
    const empty = createHostArray('float32', 0);
    const run = (shape: { m: number; n: number; k: number }) =>
      runPlan(planMatmul(matmulKernel('float32', shape)), { inputs: [empty, empty], accumulator: shape.m * shape.n });
    expect([...run({ m: 2, n: 3, k: 0 }).accumulator]).toEqual([0, 0, 0, 0, 0, 0]);
    expect([...run({ m: 0, n: 3, k: 5 }).accumulator]).toEqual([]);
    expect([...run({ m: 2, n: 0, k: 5 }).accumulator]).toEqual([]);
  });

  it('gives the same bits whatever the number of threads', () => {
    const random = new Random(11);
    const [m, n, k] = [150, 110, 600];
    const kernel = matmulKernel('float32', { m, n, k });
    const inputs = [m * k, k * n].map((length) => fillRandom(createHostArray('float32', length), 'float32', random));
    const run = (threads: number) =>
      runPlan(planMatmul(kernel, { threads }), { inputs, accumulator: m * n, random }).accumulator;
    const alone = run(1);
    for (const threads of [2, 3, 8, 64]) expect(run(threads)).toEqual(alone);
  });

  it('keeps float16 inputs exact, subnormals, infinities and NaN included', () => {
    const kernel = matmulKernel('float16', { m: 4, n: 1, k: 1 });
    const inputs = [new Uint16Array([0x0001, 0x83ff, 0xfc00, 0x7e00]), new Uint16Array([0x3c00])];
    const { accumulator } = runPlan(planMatmul(kernel), { inputs, accumulator: 4 });
    expect([...accumulator]).toEqual([2 ** -24, -1023 * 2 ** -24, Number.NEGATIVE_INFINITY, Number.NaN]);
  });

  it.each([
    ['rows by a few columns', { m: 37, n: 3, k: 53 }, { left: [53, 1], right: [1, 53] }],
    ['rows by a column, strided', { m: 37, n: 1, k: 53 }, { left: [53, 1], right: [7, 0] }],
    ['a few rows by columns', { m: 3, n: 2000, k: 602 }, { left: [602, 1], right: [1, 602] }],
    ['transposed rows by a few columns', { m: 60, n: 3, k: 50 }, { left: [1, 60], right: [3, 1] }],
    ['one row by a matrix', { m: 1, n: 75, k: 40 }, { left: [40, 1], right: [75, 1] }],
    ['panels read in place', { m: 9, n: 30, k: 700 }, { left: [700, 1], right: [30, 1] }],
    ['panels in slices', { m: 4, n: 7, k: 9000 }, { left: [9000, 1], right: [7, 1] }],
    ['panels in units', { m: 70, n: 90, k: 300 }, { left: [300, 1], right: [90, 1] }],
    ['batches', { batch: [3], m: 33, n: 20, k: 9 }, { left: [297, 9, 1], right: [180, 20, 1] }],
  ])('multiplies and finishes %s', (_, shape, strides) => {
    for (const dtype of ['float32', 'float64'] as const) {
      const random = new Random(9);
      const left = { input: 0, offset: 0, strides: strides.left };
      const right = { input: 1, offset: 0, strides: strides.right };
      const kernel = matmulKernel(dtype, shape, { left, right });
      const inputs = [3000, 1_204_000].map((extra) =>
        fillRandom(createHostArray(dtype, shape.m * shape.k * 3 + extra), dtype, random),
      );
      const accumulator = kernel.outputs[0]?.length as number;
      const result = runPlan(planMatmul(kernel, { threads: 8 }), { inputs, accumulator, random });
      expectProduct(kernel, inputs, result.accumulator);
      expect(faultsOfEpilogue(result, shape.n)).toEqual([]);
    }
  });
});
