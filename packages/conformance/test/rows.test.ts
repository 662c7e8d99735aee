import { grad } from '@cotangent/autograd';
import {
  add,
  countKernels,
  Device,
  detach,
  divide,
  exp,
  log,
  max,
  mean,
  multiply,
  setDefaultDevice,
  sqrt,
  subtract,
  sum,
  type Tensor,
  tensor,
} from '@cotangent/tensor';
import { beforeAll, describe, expect, it } from 'vitest';
import { HostBackend, interpret } from '../src/index.js';

beforeAll(() => setDefaultDevice(new Device(new HostBackend())));

const cube = (): Tensor =>
  tensor(
    Float32Array.from({ length: 60 }, (_, i) => Math.sin(i * i)),
    { shape: [3, 4, 5] },
  );

const softmax = (x: Tensor, axis: number): Tensor => {
  const e = exp(subtract(x, detach(max(x, { axes: axis, keepdims: true }))));
  return divide(e, sum(e, { axes: axis, keepdims: true }));
};

const logSoftmax = (x: Tensor, axis: number): Tensor => {
  const shifted = subtract(x, max(x, { axes: axis, keepdims: true }));
  return subtract(shifted, log(sum(exp(shifted), { axes: axis, keepdims: true })));
};

const layerNorm = (x: Tensor): Tensor => {
  const centred = subtract(x, mean(x, { axes: -1, keepdims: true }));
  const variance = mean(multiply(centred, centred), { axes: -1, keepdims: true });
  return divide(centred, sqrt(add(variance, 1e-5)));
};

const expectOneKernel = async (result: Tensor): Promise<void> => {
  const [expected] = interpret([result]) as unknown as [ArrayLike<number>];
  expect(countKernels(result)).toEqual({ reduce: 1 });
  const actual = await result.data();
  for (let i = 0; i < actual.length; i++) expect(actual[i]).toBeCloseTo(expected[i] as number, 5);
};

describe('a kernel over rows', () => {
  it('is a whole softmax, along any axis', async () => {
    for (const axis of [0, 1, 2]) await expectOneKernel(softmax(cube(), axis));
  });

  it('is a whole log-softmax', async () => {
    for (const axis of [0, 1, 2]) await expectOneKernel(logSoftmax(cube(), axis));
  });

  it('is a whole layer norm', () => expectOneKernel(layerNorm(cube())));

  it('is a whole log-sum-exp', async () => {
    const x = cube();
    const top = max(x, { axes: 1, keepdims: true });
    await expectOneKernel(add(log(sum(exp(subtract(x, top)), { axes: 1, keepdims: true })), top));
  });

  it('is a whole gradient of a softmax', async () => {
    const weights = cube();
    const gradient = grad((x: Tensor) => sum(multiply(softmax(x, 1), weights)))(multiply(cube(), 2));
    const [expected] = interpret([gradient]) as unknown as [ArrayLike<number>];
    const counts = countKernels(gradient);
    const actual = await gradient.data();
    for (let i = 0; i < actual.length; i++) expect(actual[i]).toBeCloseTo(expected[i] as number, 5);
    expect(counts).toEqual({ reduce: 1 });
  });
});
