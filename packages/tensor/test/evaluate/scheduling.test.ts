import { createCpuBackend } from '@cotangent/backend-cpu';
import { beforeAll, describe, expect, it } from 'vitest';
import {
  add,
  countKernels,
  Device,
  flip,
  matmul,
  reshape,
  setDefaultDevice,
  type Tensor,
  tanh,
  tensor,
  transpose,
} from '../../src/index.js';

beforeAll(() => setDefaultDevice(new Device(createCpuBackend())));

/** Processor time, so that other work on the machine does not count. */
const timed = (body: () => void): number => {
  const start = process.cpuUsage();
  body();
  const { user, system } = process.cpuUsage(start);
  return (user + system) / 1000;
};

const square = (): Tensor =>
  tensor([
    [1, 2],
    [3, 4],
  ]);

/** The bound of the issue is 1 s; kernels are compiled inside it. */
const limitMs = 1000;

describe('scheduling', () => {
  it('takes a chain of 20,000 elementwise ops in linear time, without recursion', async () => {
    let x: Tensor = tensor([1, 2, 3]);
    for (let i = 0; i < 20_000; i++) x = add(x, 0.001);
    expect(timed(() => countKernels(x))).toBeLessThan(limitMs);
    expect((await x.data())[0]).toBeCloseTo(21, 1);
  });

  it('takes a chain of 20,000 movement ops', async () => {
    let x = square();
    for (let i = 0; i < 10_000; i++) x = flip(transpose(x), 0);
    expect(timed(() => countKernels(x))).toBeLessThan(limitMs);
    expect(await x.toArray()).toEqual([
      [1, 2],
      [3, 4],
    ]);
  });

  it('takes a graph in which every level reads the one below twice', async () => {
    let x = square();
    for (let i = 0; i < 2_000; i++) x = i % 64 === 63 ? tanh(add(x, transpose(x))) : add(tanh(x), transpose(x));
    expect(timed(() => countKernels(x))).toBeLessThan(limitMs);
    await x.data();
  });

  it('takes 2,000 layers', async () => {
    const weight = square();
    const bias = tensor([0.5, -0.5]);
    let x = square();
    for (let i = 0; i < 2_000; i++) x = tanh(add(matmul(x, weight), bias));
    expect(timed(() => countKernels(x))).toBeLessThan(limitMs);
    await x.data();
  });

  it('takes a loop of equal steps from the cache', async () => {
    const step = async (x: Tensor): Promise<Tensor> => {
      let y = x;
      for (let i = 0; i < 200; i++) y = tanh(add(reshape(y, [4]), 1));
      await y.data();
      return y;
    };
    let x: Tensor = reshape(square(), [4]);
    x = await step(x);
    const start = performance.now();
    for (let i = 0; i < 10; i++) x = await step(x);
    expect((performance.now() - start) / 10).toBeLessThan(50);
  });
});
