import { vjp } from '@cotangent/autograd';
import type { DType, Shape } from '@cotangent/ir';
import { sizeOf } from '@cotangent/ir';
import {
  add,
  argsort,
  broadcastTo,
  concat,
  convolve,
  type Device,
  exp,
  flip,
  fold,
  matmul,
  max,
  multiply,
  pad,
  reshape,
  scatterAdd,
  slice,
  sort,
  sum,
  type Tensor,
  takeAlongAxis,
  transpose,
  window,
  zeros,
} from '@cotangent/tensor';
import fc from 'fast-check';
import { requireAgreement, requireValues } from './agreement.js';
import { createInputs, type Inputs } from './inputs.js';
import type { DeviceTest } from './suite-test.js';

/** Fixed, so that a failure comes again; fast-check prints it with the smallest counterexample. */
const seed = 20260801;
const runCount = 60;

const property = <T>(
  name: string,
  arbitrary: fc.Arbitrary<T>,
  holds: (value: T, inputs: Inputs, device: Device) => Promise<void>,
): DeviceTest => ({
  name,
  run: (device) =>
    fc.assert(
      fc.asyncProperty(arbitrary, (value) => holds(value, createInputs(device, seed), device)),
      { seed, numRuns: runCount },
    ),
});

const shapes = (minLength: number, maxLength: number, largest = 5): fc.Arbitrary<number[]> =>
  fc.array(fc.integer({ min: 0, max: largest }), { minLength, maxLength });

/** A movement that fits whatever shape it meets: numbers steer it. */
type Move = readonly [kind: number, a: number, b: number, c: number];

const factorsOf = (size: number): number[] =>
  size === 0 ? [1] : Array.from({ length: size }, (_, i) => i + 1).filter((factor) => size % factor === 0);

const moves: readonly ((x: Tensor, a: number, b: number, c: number) => Tensor)[] = [
  (x, a) => {
    const factors = factorsOf(x.size);
    const first = factors[a % factors.length] as number;
    return x.size === 0 ? x : reshape(x, [first, x.size / first]);
  },
  (x, a) => {
    const turn = x.rank === 0 ? 0 : a % x.rank;
    return transpose(
      x,
      x.shape.map((_, axis) => (axis + turn) % x.rank),
    );
  },
  (x, a) => broadcastTo(x, [1 + (a % 3), ...x.shape]),
  (x, a, b, c) =>
    slice(
      x,
      x.shape.map((extent, axis) => {
        const step = (c % 2 === 0 ? 1 : -1) * (1 + ((a + axis) % 2));
        const room = extent === 0 ? 0 : Math.floor((extent - 1) / Math.abs(step)) + 1;
        const size = room === 0 ? 0 : 1 + (b % room);
        return { start: step > 0 ? 0 : extent - 1, size, step };
      }),
    ),
  (x, a, b, c) =>
    pad(
      x,
      x.shape.map((extent) => [a % 3, extent > 1 ? (b % 3) - 1 : b % 2] as const),
      { value: c % 4, interior: x.shape.map((_, axis) => (c + axis) % 2) },
    ),
  (x, a) => flip(x, x.rank === 0 ? [] : [a % x.rank]),
  (x, a) => (x.rank === 0 ? x : concat([x, multiply(x, 2)], a % x.rank)),
  (x, a, b) => {
    const extent = x.shape.at(-1) ?? 0;
    const size = 1 + (a % 3);
    return extent < size || x.size > 500 ? x : window(x, { size: [size], stride: [1 + (b % 2)] });
  },
  (x) => (x.rank === 0 ? x : sum(x, { axes: 0 })),
  (x) => exp(multiply(x, -0.25)),
];

const moveChains: fc.Arbitrary<readonly Move[]> = fc.array(
  fc.tuple(fc.nat(moves.length - 1), fc.nat(11), fc.nat(11), fc.nat(11)),
  { minLength: 1, maxLength: 6 },
);

const largestChained = 5000;

const moveThrough = (x: Tensor, chain: readonly Move[]): Tensor =>
  chain.reduce((value, [kind, a, b, c]) => {
    const move = moves[kind] as (typeof moves)[number];
    return value.size > largestChained || value.rank > 6 ? value : move(value, a, b, c);
  }, x);

const dot = (a: Tensor, b: Tensor): Tensor => sum(multiply(a, b));

/** Two scalars that are equal but for rounding. */
const requireEqual = async (what: string, a: Tensor, b: Tensor): Promise<void> => {
  const [left, right] = await Promise.all([a.item(), b.item()]);
  requireValues(what, [left], [right], { relative: 1e-5, scaled: 0, absolute: 1e-4 });
};

const convolutions = fc.record({
  size: fc.integer({ min: 3, max: 8 }),
  kernel: fc.integer({ min: 1, max: 3 }),
  stride: fc.integer({ min: 1, max: 3 }),
  low: fc.integer({ min: -1, max: 2 }),
  high: fc.integer({ min: -1, max: 2 }),
  inputDilation: fc.integer({ min: 1, max: 2 }),
  kernelDilation: fc.integer({ min: 1, max: 2 }),
  channels: fc.integer({ min: 1, max: 3 }),
  groups: fc.integer({ min: 1, max: 2 }),
});

const dtype: DType = 'float32';

/** What holds for all shapes and parameters. */
export const propertyTests: readonly DeviceTest[] = [
  property(
    'any chain of views agrees with the interpreter',
    fc.tuple(shapes(0, 4), moveChains),
    ([shape, chain], inputs) => requireAgreement(() => [moveThrough(inputs.values(shape, dtype), chain)]),
  ),
  property(
    'a chain of views is read in place by reductions and contractions',
    fc.tuple(shapes(2, 3, 6), moveChains),
    ([shape, chain], inputs) =>
      requireAgreement(() => {
        const x = moveThrough(inputs.values(shape, dtype), chain);
        const rows = reshape(x, x.size === 0 ? [0, 1] : [x.size / (x.shape.at(-1) ?? 1), x.shape.at(-1) ?? 1]);
        return [sum(x), matmul(rows, transpose(rows)), x.size === 0 ? x : max(rows, { axes: 1 })];
      }),
  ),
  property(
    'operands of any broadcastable shapes meet',
    fc.tuple(shapes(0, 4), fc.nat(15), fc.nat(15), fc.nat(2)),
    ([shape, left, right, drop], inputs) => {
      const squeeze = (bits: number): Shape => shape.map((extent, axis) => (bits & (1 << axis) ? 1 : extent));
      return requireAgreement(() => [
        add(inputs.values(squeeze(left), dtype), inputs.values(squeeze(right).slice(drop), dtype)),
      ]);
    },
  ),
  property('reductions agree over any axes', fc.tuple(shapes(1, 4), fc.nat(15)), ([shape, bits], inputs) => {
    const axes = shape.flatMap((_, axis) => (bits & (1 << axis) ? [axis] : []));
    return requireAgreement(() => {
      const x = inputs.values(shape, dtype);
      const isEmpty = sizeOf(axes.map((axis) => shape[axis] as number)) === 0;
      return [sum(x, { axes }), sum(exp(x), { axes, keepdims: true }), ...(isEmpty ? [] : [max(x, { axes })])];
    });
  }),
  property(
    'fold is the adjoint of window',
    fc.tuple(fc.integer({ min: 1, max: 4 }), fc.integer({ min: 1, max: 3 }), fc.integer({ min: 1, max: 2 })),
    async ([size, stride, dilation], inputs) => {
      const options = { size: [size, 2], stride: [stride, 1], dilation: [dilation, 2] };
      const x = inputs.values([2, 9, 7], dtype);
      const windows = window(x, options);
      const y = inputs.values(windows.shape, dtype);
      await requireEqual('⟨window x, y⟩', dot(windows, y), dot(x, fold(y, [9, 7], options)));
    },
  ),
  property('the pullbacks of convolve are its adjoints', convolutions, async (c, inputs) => {
    const options = {
      stride: [c.stride],
      padding: [[c.low, c.high] as const],
      inputDilation: [c.inputDilation],
      kernelDilation: [c.kernelDilation],
    };
    const reach = (c.kernel - 1) * c.kernelDilation + 1;
    if ((c.size - 1) * c.inputDilation + 1 + c.low + c.high < reach) return;
    const x = inputs.values([2, c.groups, c.channels, c.size], dtype);
    const w = inputs.values([c.groups, 2, c.channels, c.kernel], dtype);
    await requireAgreement(() => [convolve(x, w, options)]);
    const { value, pull } = vjp((input, kernel) => convolve(input as Tensor, kernel as Tensor, options), x, w);
    const y = inputs.values(value.shape, dtype);
    const [xGradient, wGradient] = pull(y);
    await requireEqual('⟨conv x, y⟩ = ⟨x, pullback y⟩', dot(value, y), dot(x, xGradient as Tensor));
    await requireEqual('⟨conv w, y⟩ = ⟨w, pullback y⟩', dot(value, y), dot(w, wGradient as Tensor));
  }),
  property('sorting permutes, and gathers back', shapes(1, 3, 40), async (shape, inputs) => {
    const x = inputs.whole(shape, dtype, -9, 9);
    const { values, indices } = sort(x, { descending: true });
    requireValues('gathered', await takeAlongAxis(x, indices).data(), await values.data());
    const inverse = argsort(indices);
    requireValues('restored', await takeAlongAxis(values, inverse).data(), await x.data());
  }),
  property(
    'scatterAdd is the adjoint of a gather',
    fc.tuple(fc.integer({ min: 1, max: 30 }), fc.integer({ min: 0, max: 70 })),
    async ([extent, count], inputs, device) => {
      const x = inputs.values([3, extent], dtype);
      const at = inputs.whole([3, count], 'int32', -1, extent);
      const y = inputs.values([3, count], dtype);
      const scattered = scatterAdd(zeros([3, extent], { device }), at, y);
      await requireEqual('⟨gather x, y⟩', dot(takeAlongAxis(x, at), y), dot(x, scattered));
    },
  ),
];
