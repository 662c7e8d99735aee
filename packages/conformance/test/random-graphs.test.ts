import {
  add,
  broadcastTo,
  cast,
  concat,
  countKernels,
  cumsum,
  Device,
  detach,
  divide,
  evaluate,
  exp,
  flip,
  fold,
  iota,
  less,
  matmul,
  max,
  maximum,
  mean,
  multiply,
  narrow,
  pad,
  reshape,
  scatterAdd,
  setDefaultDevice,
  setFusion,
  slice,
  sort,
  subtract,
  sum,
  swapAxes,
  type Tensor,
  takeAlongAxis,
  tanh,
  tensor,
  transpose,
  where,
  window,
} from '@cotangent/tensor';
import { afterAll, describe, expect, it } from 'vitest';
import { HostBackend, interpret } from '../src/index.js';

/** Mulberry32: a small seeded generator. */
const generator = (seed: number) => () => {
  seed = (seed + 0x6d2b79f5) | 0;
  let t = Math.imul(seed ^ (seed >>> 15), 1 | seed);
  t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
  return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
};

/** Grows a graph by `size` random ops; values stay bounded so that float32 and float64 agree. */
const growGraph = (random: () => number, size: number): Tensor[] => {
  const below = (n: number): number => Math.floor(random() * n);
  const leaf = (shape: readonly number[]): Tensor => {
    const count = shape.reduce((a, b) => a * b, 1);
    return tensor(
      Float32Array.from({ length: count }, () => Math.round((random() * 4 - 2) * 64) / 64),
      { shape },
    );
  };
  const tensors: Tensor[] = [leaf([2, 3]), leaf([3, 4]), leaf([4]), leaf([2, 3, 4]), leaf([1, 4])];
  const pick = (): Tensor => tensors[below(tensors.length)] as Tensor;
  const last = (): Tensor => (random() < 0.6 ? (tensors[tensors.length - 1 - below(3)] as Tensor) : pick());
  const axisOf = (x: Tensor): number => below(x.rank);
  const compatible = (x: Tensor): Tensor => {
    const fitting = tensors.filter(
      (t) => t.rank <= x.rank && t.shape.every((e, i) => e === 1 || e === x.shape[x.rank - t.rank + i]),
    );
    return fitting[below(fitting.length)] ?? x;
  };
  const rows = (): [Tensor, number] => {
    const x = last();
    return [x, axisOf(x)];
  };
  const steps: (() => Tensor)[] = [
    () => tanh(last()),
    () => exp(multiply(tanh(last()), 0.5)),
    () => ((x) => add(x, compatible(x)))(last()),
    () => ((x) => multiply(tanh(x), compatible(x)))(last()),
    () => ((x) => divide(x, add(multiply(compatible(x), compatible(x)), 1)))(last()),
    () => ((x) => maximum(x, compatible(x)))(last()),
    () => ((x) => where(less(x, 0.25), compatible(x), subtract(x, 1)))(last()),
    () => transpose(last()),
    () => ((x) => (x.rank > 1 ? swapAxes(x, 0, -1) : x))(last()),
    () => ((x) => reshape(x, random() < 0.5 ? [x.size] : [1, ...x.shape]))(last()),
    () => ((x) => (x.size % 2 === 0 ? reshape(x, [2, x.size / 2]) : x))(last()),
    () => ((x) => broadcastTo(x, [2, ...x.shape]))(last()),
    () => ((x) => flip(x, axisOf(x)))(last()),
    () => ((x) => narrow(x, axisOf(x), 0, 1))(last()),
    () => ((x) => slice(x, [{ start: 0, size: Math.ceil((x.shape[0] as number) / 2), step: 2 }]))(last()),
    () =>
      ((x) =>
        pad(
          x,
          x.shape.map(() => [below(2), below(2)] as const),
          { value: below(2), interior: x.shape.map(() => below(2)) },
        ))(last()),
    () => ((x) => concat([x, tanh(x), x], axisOf(x)))(last()),
    () => ((x) => sum(x, { axes: axisOf(x), keepdims: random() < 0.5 }))(last()),
    () => ((x) => multiply(sum(x, { axes: axisOf(x), keepdims: true }), compatible(x)))(last()),
    () => ((x) => max(x, { axes: axisOf(x), keepdims: random() < 0.5 }))(last()),
    () => ((x) => subtract(x, max(x, { axes: axisOf(x), keepdims: true })))(last()),
    () => ((x) => cumsum(x, { axis: axisOf(x), reverse: random() < 0.5, exclusive: random() < 0.5 }))(last()),
    () =>
      ((x) =>
        matmul(x.rank > 1 ? x : reshape(x, [1, x.size]), x.rank > 1 ? swapAxes(x, -1, -2) : reshape(x, [x.size, 1])))(
        last(),
      ),
    () => ((x) => sort(x, { axis: axisOf(x), descending: random() < 0.5 }).values)(last()),
    () => ((x) => takeAlongAxis(tanh(x), sort(x).indices))(last()),
    () => ((x) => scatterAdd(tanh(x), cast(iota(x.shape, axisOf(x)), 'int32'), x, { axis: axisOf(x) }))(last()),
    () => ((x) => ((x.shape[x.rank - 1] as number) >= 2 ? window(x, { size: [2] }) : x))(last()),
    () =>
      ((x) => {
        const extent = x.shape[x.rank - 1] as number;
        if (extent < 3) return x;
        return fold(window(x, { size: [2], stride: [2] }), [extent], { size: [2], stride: [2] });
      })(last()),
    () => detach(last()),
    () =>
      ((x, axis) => {
        const e = exp(tanh(subtract(x, max(x, { axes: axis, keepdims: true }))));
        return divide(e, sum(e, { axes: axis, keepdims: true }));
      })(...rows()),
    () =>
      ((x, axis) => {
        const centred = subtract(x, mean(x, { axes: axis, keepdims: true }));
        return divide(centred, exp(tanh(mean(multiply(centred, centred), { axes: axis, keepdims: true }))));
      })(...rows()),
    () =>
      ((x, axis) =>
        add(
          tanh(sum(exp(tanh(subtract(x, max(x, { axes: axis, keepdims: true })))), { axes: axis })),
          max(x, { axes: axis }),
        ))(...rows()),
  ];
  while (tensors.length < size) {
    const x = (steps[below(steps.length)] as () => Tensor)();
    if (x.rank > 0 && x.rank < 6 && x.size > 0 && x.size < 600) tensors.push(multiply(x, 0.75));
  }
  const count = 1 + below(4);
  return Array.from(
    { length: count },
    () => tensors[tensors.length - 1 - below(Math.min(8, tensors.length))] as Tensor,
  );
};

const expectClose = (actual: ArrayLike<number>, expected: ArrayLike<number>): void => {
  expect(actual.length).toBe(expected.length);
  for (let i = 0; i < actual.length; i++) {
    const tolerance = 1e-3 * (1 + Math.abs(expected[i] as number));
    if (!(Math.abs((actual[i] as number) - (expected[i] as number)) <= tolerance)) {
      expect({ position: i, value: actual[i] }).toEqual({ position: i, value: expected[i] });
    }
  }
};

describe('random graphs', () => {
  const device = new Device(new HostBackend());
  setDefaultDevice(device);
  afterAll(() => setFusion(true));

  for (const isFused of [true, false]) {
    it(`give what the interpreter gives, fusion ${isFused ? 'on' : 'off'}`, async () => {
      setFusion(isFused);
      for (let seed = 0; seed < 200; seed++) {
        const roots = growGraph(generator(seed), 12 + (seed % 30));
        const expected = interpret(roots);
        countKernels(...roots);
        await evaluate(...roots);
        for (const [i, root] of roots.entries()) {
          try {
            expectClose(await root.data(), expected[i] as never);
          } catch (error) {
            throw new Error(`seed ${seed}, root ${i}`, { cause: error });
          }
        }
      }
    });
  }
});
