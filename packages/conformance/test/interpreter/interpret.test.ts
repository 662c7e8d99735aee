import {
  add,
  argmax,
  cast,
  convolve,
  cumsum,
  Device,
  erf,
  exp,
  fold,
  matmul,
  pad,
  scatterSet,
  sort,
  type Tensor,
  tensor,
  UnsupportedError,
  window,
} from '@cotangent/tensor';
import { describe, expect, it } from 'vitest';
import { HostBackend } from '../../src/host/host-backend.js';
import { interpret, interpretNodes } from '../../src/interpreter/interpret.js';

const device = new Device(new HostBackend());
const vector = (...data: number[]): Tensor => tensor(data, { device });
const values = (x: Tensor): number[] => Array.from(interpret([x])[0] as Float64Array);

describe('interpret', () => {
  it('computes float32 graphs in float64', () => {
    expect(values(exp(vector(1)))).toEqual([Math.E]);
  });

  it('rounds each value where it is told to', () => {
    const [stored] = interpret([exp(vector(1))], { precision: 'stored' });
    expect(Array.from(stored as Float64Array)).toEqual([Math.fround(Math.E)]);
  });

  it('wraps integers', () => {
    expect(values(add(tensor([2147483647], { dtype: 'int32', device }), 1))).toEqual([-2147483648]);
  });

  it('reads evaluated tensors from their device', async () => {
    const x = add(vector(1, 2), 1);
    await x.data();
    expect(values(add(x, 1))).toEqual([3, 4]);
  });

  it('refuses a device that answers only later', () => {
    const backend = new HostBackend();
    Object.defineProperty(backend, 'readSync', { value: undefined });
    const x = tensor([1], { device: new Device(backend) });
    expect(() => interpret([x])).toThrow(UnsupportedError);
  });

  it('gives intermediates too', () => {
    const x = vector(1);
    const y = add(x, 1);
    const all = interpretNodes([add(y, 1).node]);
    expect(all.get(y.node)).toEqual(Float64Array.of(2));
  });

  it('follows graphs deeper than the call stack', () => {
    let x = vector(0);
    for (let i = 0; i < 20_000; i++) x = add(x, 1);
    expect(values(x)).toEqual([20_000]);
  });

  it('multiplies matrices', () => {
    const a = tensor(
      [
        [1, 2],
        [3, 4],
      ],
      { device },
    );
    expect(values(matmul(a, a))).toEqual([7, 10, 15, 22]);
  });

  it('correlates with stride and padding', () => {
    const x = tensor(Float32Array.of(1, 2, 3, 4), { shape: [1, 1, 1, 4], device });
    const w = tensor(Float32Array.of(1, 10), { shape: [1, 1, 1, 2], device });
    expect(values(convolve(x, w, { stride: [2], padding: [[1, 1]] }))).toEqual([10, 32, 4]);
  });

  it('folds what it windows', () => {
    const x = vector(1, 2, 3);
    expect(values(window(x, { size: [2] }))).toEqual([1, 2, 2, 3]);
    expect(values(fold(window(x, { size: [2] }), [3], { size: [2] }))).toEqual([1, 4, 3]);
  });

  it('pads between, around and inside out', () => {
    expect(values(pad(vector(1, 2), [[1, -1]], { interior: [1], value: 9 }))).toEqual([9, 1, 9]);
  });

  it('sums in reverse without the element itself', () => {
    expect(values(cumsum(vector(1, 2, 4), { reverse: true, exclusive: true }))).toEqual([6, 4, 0]);
  });

  it('sorts NaN last in both directions', () => {
    const x = vector(Number.NaN, 1, 2);
    expect(values(sort(x, { descending: true }).indices)).toEqual([2, 1, 0]);
  });

  it('finds NaN as the largest', () => {
    expect(values(argmax(vector(1, Number.NaN, 3)))).toEqual([1]);
  });

  it('skips updates out of range', () => {
    const at = tensor([0, 7, -1], { dtype: 'int32', device });
    expect(values(scatterSet(vector(1, 2), at, vector(5, 6, 7)))).toEqual([5, 2]);
  });

  it('saturates casts', () => {
    expect(values(cast(vector(3e9, -1.9, Number.NaN), 'int32'))).toEqual([2147483647, -1, 0]);
  });

  it('knows erf to float64', () => {
    expect(values(erf(cast(vector(0.5), 'float64')))[0]).toBeCloseTo(0.5204998778130465, 15);
  });
});
