import { valueAndGrad } from '@cotangent/autograd';
import { createCpuBackend } from '@cotangent/backend-cpu';
import {
  Device,
  logSoftmax,
  ShapeError,
  setDefaultDevice,
  type Tensor,
  tensor,
  ValueError,
  zeros,
} from '@cotangent/tensor';
import { beforeAll, describe, expect, it } from 'vitest';
import {
  binaryCrossEntropyLoss,
  binaryCrossEntropyWithLogitsLoss,
  crossEntropyLoss,
  klDivergenceLoss,
  nllLoss,
} from '../src/index.js';

beforeAll(() => setDefaultDevice(new Device(createCpuBackend())));

const double = (values: number[] | number[][]): Tensor => tensor(values, { dtype: 'float64' });
const labels = (values: number[]): Tensor => tensor(values, { dtype: 'int32' });
const list = async (x: Tensor): Promise<number[]> => Array.from(await x.data());
const close = (values: readonly number[]): unknown[] => values.map((value) => expect.closeTo(value, 12));

/** Probabilities ¼, ¾ and ⅕, ⅘. */
const logits = (): Tensor =>
  double([
    [0, Math.log(3)],
    [0, Math.log(4)],
  ]);

describe('crossEntropyLoss', () => {
  it('is the mean negative log probability of labels', async () => {
    expect(await crossEntropyLoss(logits(), labels([0, 1])).item()).toBeCloseTo((Math.log(4) - Math.log(0.8)) / 2, 14);
    const each = crossEntropyLoss(logits(), labels([0, 1]), { reduction: 'none' });
    expect(await list(each)).toEqual(close([Math.log(4), -Math.log(0.8)]));
    expect(await crossEntropyLoss(logits(), labels([0, 1]), { reduction: 'sum' }).item()).toBeCloseTo(Math.log(5), 14);
  });

  it('has the gradient softmax minus one-hot, over the count', async () => {
    const { gradient } = valueAndGrad((x: Tensor) => crossEntropyLoss(x, labels([0, 1])))(logits());
    expect(await list(gradient)).toEqual(close([-0.375, 0.375, 0.1, -0.1]));
  });

  it('divides by the weights of the pixels that count', async () => {
    const options = { weight: double([3, 1]), ignoreIndex: -100 };
    expect(await crossEntropyLoss(logits(), labels([0, 1]), options).item()).toBeCloseTo(
      (3 * Math.log(4) - Math.log(0.8)) / 4,
      14,
    );
    expect(await crossEntropyLoss(logits(), labels([0, -100]), options).item()).toBeCloseTo(Math.log(4), 14);
  });

  it('spreads a share of the target over all classes with labelSmoothing', async () => {
    const smoothed = await crossEntropyLoss(logits(), labels([0, 1]), { labelSmoothing: 0.2 }).item();
    // Targets 0.9 and 0.1.
    const first = -0.9 * Math.log(1 / 4) - 0.1 * Math.log(3 / 4);
    const second = -0.9 * Math.log(4 / 5) - 0.1 * Math.log(1 / 5);
    expect(smoothed).toBeCloseTo((first + second) / 2, 14);
    const shares = double([
      [0.9, 0.1],
      [0.1, 0.9],
    ]);
    expect(await crossEntropyLoss(logits(), shares).item()).toBeCloseTo(smoothed, 14);
  });

  it('is 0 with zero gradient where every pixel is ignored', async () => {
    const { value, gradient } = valueAndGrad((x: Tensor) => crossEntropyLoss(x, labels([9, 9]), { ignoreIndex: 9 }))(
      logits(),
    );
    expect(await value.item()).toBe(0);
    expect((await list(gradient)).every((g) => g === 0)).toBe(true);
  });

  it('is exact for logits of ±10,000', async () => {
    const far = tensor([
      [10_000, -10_000],
      [-10_000, 10_000],
      [10_000, 10_000],
    ]);
    const { value, gradient } = valueAndGrad((x: Tensor) =>
      crossEntropyLoss(x, labels([0, 0, 1]), { reduction: 'sum' }),
    )(far);
    expect(await value.item()).toBeCloseTo(20_000 + Math.log(2), 2);
    expect(await list(gradient)).toEqual([0, 0, -1, 1, 0.5, -0.5]);
  });

  it('refuses labels that are no class, and smoothing that is no share', () => {
    expect(() => crossEntropyLoss(logits(), labels([0, 2]))).toThrow(/label 2 is no class/);
    expect(() => crossEntropyLoss(logits(), labels([0]))).toThrow(ShapeError);
    expect(() => crossEntropyLoss(logits(), labels([0, 1]), { labelSmoothing: 1.5 })).toThrow(ValueError);
    expect(() => crossEntropyLoss(logits(), logits(), { ignoreIndex: 1 })).toThrow(ValueError);
    expect(() => crossEntropyLoss(logits(), labels([0, 1]), { weight: zeros([3]) })).toThrow(ShapeError);
  });

  it('is nllLoss of log probabilities', async () => {
    const options = { weight: double([3, 1]) };
    expect(await nllLoss(logSoftmax(logits()), labels([1, 0]), options).item()).toBeCloseTo(
      await crossEntropyLoss(logits(), labels([1, 0]), options).item(),
      14,
    );
  });
});

describe('binaryCrossEntropyWithLogitsLoss', () => {
  it('is softplus of the logit against the target', async () => {
    const x = double([0, Math.log(3)]);
    expect(await binaryCrossEntropyWithLogitsLoss(x, double([1, 0])).item()).toBeCloseTo(
      (Math.log(2) + Math.log(4)) / 2,
      14,
    );
    const weighed = binaryCrossEntropyWithLogitsLoss(x, double([1, 0]), {
      posWeight: double([5]),
      weight: double([1, 2]),
      reduction: 'none',
    });
    expect(await list(weighed)).toEqual(close([5 * Math.log(2), 2 * Math.log(4)]));
  });

  it('has the gradient sigmoid minus target, at 0 and far out too', async () => {
    const target = tensor([1, 1, 0, 0]);
    const { value, gradient } = valueAndGrad((x: Tensor) =>
      binaryCrossEntropyWithLogitsLoss(x, target, { reduction: 'sum' }),
    )(tensor([0, -10_000, 10_000, -10_000]));
    expect(await value.item()).toBeCloseTo(20_000 + Math.LN2, 2);
    expect(await list(gradient)).toEqual([-0.5, -1, 1, 0].map((g) => expect.closeTo(g, 6)));
  });
});

describe('binaryCrossEntropyLoss', () => {
  it('limits logarithms to −100', async () => {
    const losses = binaryCrossEntropyLoss(tensor([0, 1, 0.25, 1]), tensor([1, 0, 1, 1]), { reduction: 'none' });
    expect(await list(losses)).toEqual([100, 100, expect.closeTo(Math.log(4), 6), expect.closeTo(0, 6)]);
    const { gradient } = valueAndGrad((p: Tensor) => binaryCrossEntropyLoss(p, tensor([1, 1])))(tensor([0, 0.5]));
    expect(await list(gradient)).toEqual([0, -1]);
  });
});

describe('klDivergenceLoss', () => {
  it('is 0 for equal distributions and takes targets of 0', async () => {
    const t = double([
      [0, 1],
      [0.5, 0.5],
    ]);
    const x = double([
      [-1, -2],
      [Math.log(0.5), Math.log(0.5)],
    ]);
    expect(await klDivergenceLoss(x, t, { reduction: 'batchMean' }).item()).toBeCloseTo(1, 14);
    expect(await list(klDivergenceLoss(x, t, { reduction: 'none' }))).toEqual(close([0, 2, 0, 0]));
  });

  it('takes log targets', async () => {
    const t = double([[Math.log(0.25), Math.log(0.75)]]);
    const x = double([[Math.log(0.5), Math.log(0.5)]]);
    const expected = 0.25 * Math.log(0.5) + 0.75 * Math.log(1.5);
    expect(await klDivergenceLoss(x, t, { logTarget: true, reduction: 'sum' }).item()).toBeCloseTo(expected, 14);
  });
});
