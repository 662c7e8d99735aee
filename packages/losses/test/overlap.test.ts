import { valueAndGrad } from '@cotangent/autograd';
import { createCpuBackend } from '@cotangent/backend-cpu';
import { Device, ShapeError, setDefaultDevice, type Tensor, tensor, ValueError } from '@cotangent/tensor';
import { beforeAll, describe, expect, it } from 'vitest';
import {
  binaryFocalLoss,
  crossEntropyLoss,
  diceLoss,
  focalLoss,
  focalTverskyLoss,
  generalizedDiceLoss,
  jaccardLoss,
  type OverlapOptions,
  tverskyLoss,
} from '../src/index.js';

beforeAll(() => setDefaultDevice(new Device(createCpuBackend())));

const double = (values: Parameters<typeof tensor>[0]): Tensor => tensor(values, { dtype: 'float64' });
const labels = (values: number[][]): Tensor => tensor(values, { dtype: 'int32' });
const list = async (x: Tensor): Promise<number[]> => Array.from(await x.data());
const close = (values: readonly number[]): unknown[] => values.map((value) => expect.closeTo(value, 12));

/** Four pixels. Class 0: overlap 1.2, predicted 1.6, labelled 2. Class 1: overlap 1.6, predicted 2.4, labelled 2. */
const shares = (): Tensor =>
  double([
    [
      [0.8, 0.4, 0.3, 0.1],
      [0.2, 0.6, 0.7, 0.9],
    ],
  ]);
const target = (): Tensor => labels([[0, 0, 1, 1]]);
const given: OverlapOptions = { fromProbabilities: true };

describe('overlap losses', () => {
  it('compare soft areas of each class', async () => {
    const none = { ...given, reduction: 'none' } as const;
    expect(await list(diceLoss(shares(), target(), none))).toEqual(close([1 - 2.4 / 3.6, 1 - 3.2 / 4.4]));
    expect(await list(jaccardLoss(shares(), target(), none))).toEqual(close([1 - 1.2 / 2.4, 1 - 1.6 / 2.8]));
    const index = (overlap: number, wrong: number, missed: number): number =>
      overlap / (overlap + 0.3 * wrong + 0.7 * missed);
    expect(await list(tverskyLoss(shares(), target(), { ...none, alpha: 0.3, beta: 0.7 }))).toEqual(
      close([1 - index(1.2, 0.4, 0.8), 1 - index(1.6, 0.8, 0.4)]),
    );
  });

  it('add up areas before comparing with average micro', async () => {
    const options = { ...given, average: 'micro' } as const;
    expect(await diceLoss(shares(), target(), options).item()).toBeCloseTo(1 - 5.6 / 8, 14);
    const weight = double([2, 1]);
    expect(await diceLoss(shares(), target(), { ...options, weight }).item()).toBeCloseTo(1 - 8 / 11.6, 14);
  });

  it('give the same numbers where they are the same by definition', async () => {
    const tversky = (alpha: number, beta: number): Promise<number> =>
      tverskyLoss(shares(), target(), { ...given, alpha, beta }).item();
    expect(await tversky(0.5, 0.5)).toBeCloseTo(await diceLoss(shares(), target(), given).item(), 14);
    expect(await tversky(1, 1)).toBeCloseTo(await jaccardLoss(shares(), target(), given).item(), 14);
    const focal = focalTverskyLoss(shares(), target(), { ...given, gamma: 1 });
    expect(await focal.item()).toBeCloseTo(await tversky(0.5, 0.5), 14);
  });

  it('let rare classes weigh more in the generalized dice loss', async () => {
    const rare = labels([[0, 1, 1, 1]]);
    // Class 0: overlap 0.8, predicted 1.6, labelled 1, weight 1. Class 1: overlap 2.2, predicted 2.4, labelled 3, weight 1/9.
    const expected = 1 - (2 * (0.8 + 2.2 / 9)) / (2.6 + 5.4 / 9);
    expect(await generalizedDiceLoss(shares(), rare, given).item()).toBeCloseTo(expected, 14);
    const uniform = generalizedDiceLoss(shares(), rare, { ...given, weighting: 'uniform' });
    expect(await uniform.item()).toBeCloseTo(1 - (2 * 3) / 8, 14);
  });

  it('leave out absent classes and ignored pixels', async () => {
    const all = labels([[1, 1, 9, 9]]);
    const options = { ...given, ignoreIndex: 9 };
    // Class 1 alone, of the first two pixels: overlap 0.8, predicted 0.8, labelled 2.
    expect(await diceLoss(shares(), all, options).item()).toBeCloseTo(1 - 1.6 / 2.8, 14);
    expect(await diceLoss(shares(), all, { ...options, classes: 'all' }).item()).toBeCloseTo(
      (1 - 1.6 / 2.8 + 1) / 2,
      14,
    );
  });

  it('are 0 with zero gradient where every pixel is ignored', async () => {
    for (const loss of [diceLoss, jaccardLoss, tverskyLoss, focalTverskyLoss, generalizedDiceLoss]) {
      for (const classes of ['present', 'all'] as const) {
        const { value, gradient } = valueAndGrad((x: Tensor) =>
          loss(x, labels([[9, 9, 9, 9]]), { ignoreIndex: 9, classes }),
        )(shares());
        expect(await value.item()).toBe(0);
        expect((await list(gradient)).every((g) => g === 0)).toBe(true);
      }
    }
  });

  it('take shares for targets, and independent classes with multiLabel', async () => {
    const soft = double([
      [
        [1, 0.5],
        [0, 1],
      ],
    ]);
    const logits = double([
      [
        [0, 0],
        [0, 0],
      ],
    ]);
    const options = { multiLabel: true, reduction: 'none' } as const;
    expect(await list(diceLoss(logits, soft, options))).toEqual(close([1 - 1.5 / 2.5, 1 - 1 / 2]));
  });

  it('take images by themselves with perImage', async () => {
    const both = double([
      [
        [0.8, 0.4],
        [0.2, 0.6],
      ],
      [
        [0.3, 0.1],
        [0.7, 0.9],
      ],
    ]);
    const each = diceLoss(
      both,
      labels([
        [0, 0],
        [1, 1],
      ]),
      { ...given, perImage: true, reduction: 'none' },
    );
    expect(each.shape).toEqual([2, 2]);
    expect(await list(each)).toEqual(close([1 - 2.4 / 3.2, 0, 0, 1 - 3.2 / 3.6]));
  });

  it('stay finite for logits of ±10,000, and perfect ones cost nothing', async () => {
    const perfect = tensor([
      [
        [1e4, 1e4, -1e4, -1e4],
        [-1e4, -1e4, 1e4, 1e4],
      ],
    ]);
    for (const loss of [diceLoss, jaccardLoss, tverskyLoss, focalTverskyLoss, generalizedDiceLoss]) {
      const { value, gradient } = valueAndGrad((x: Tensor) => loss(x, target()))(perfect);
      expect(await value.item()).toBeCloseTo(0, 6);
      expect((await list(gradient)).every(Number.isFinite)).toBe(true);
    }
  });

  it('refuse options and targets that do not fit', () => {
    expect(() => diceLoss(shares(), double([[0, 0, 1, 1]]))).toThrow(ShapeError);
    expect(() => diceLoss(shares(), shares(), { ignoreIndex: 0 })).toThrow(ValueError);
    expect(() => diceLoss(shares(), target(), { average: 'median' as 'micro' })).toThrow(ValueError);
    expect(() => diceLoss(shares(), target(), { compat: 'monai' as 'kornia' })).toThrow(ValueError);
    expect(() => diceLoss(shares(), labels([[0, 0, 1, 2]]))).toThrow(/label 2 is no class/);
  });
});

describe('focalLoss', () => {
  /** Probabilities ¼ and ¾ for both pixels. */
  const logits = (): Tensor =>
    double([
      [
        [0, 0],
        [Math.log(3), Math.log(3)],
      ],
    ]);

  it('makes pixels that are nearly right count less', async () => {
    const losses = focalLoss(logits(), labels([[0, 1]]), { reduction: 'none' });
    expect(await list(losses)).toEqual(close([0.75 ** 2 * Math.log(4), -(0.25 ** 2) * Math.log(0.75)]));
  });

  it('is cross-entropy for gamma 0', async () => {
    const options = { ignoreIndex: 9 };
    const mixed = labels([[1, 9]]);
    expect(await focalLoss(logits(), mixed, { ...options, gamma: 0 }).item()).toBeCloseTo(
      await crossEntropyLoss(logits(), mixed, options).item(),
      14,
    );
  });

  it('balances class 0 against the others by alpha', async () => {
    const losses = focalLoss(logits(), labels([[0, 1]]), { gamma: 0, alpha: 0.8, reduction: 'none' });
    expect(await list(losses)).toEqual(close([0.2 * Math.log(4), -0.8 * Math.log(0.75)]));
  });

  it('stays finite for logits of ±10,000', async () => {
    const far = tensor([
      [
        [1e4, -1e4],
        [-1e4, 1e4],
      ],
    ]);
    const { value, gradient } = valueAndGrad((x: Tensor) => focalLoss(x, labels([[0, 0]])))(far);
    expect(await value.item()).toBeCloseTo(1e4, 1);
    expect((await list(gradient)).every(Number.isFinite)).toBe(true);
  });
});

describe.each([0.5, 1, 1.5])('focal losses with gamma %f', (gamma) => {
  it('have finite gradients at sure and at ignored pixels', async () => {
    const sure = tensor([
      [
        [1e4, 3],
        [-1e4, 2],
      ],
    ]);
    for (const compat of [{}, { compat: 'kornia' }] as const) {
      const options = { gamma, ignoreIndex: 9, ...compat };
      const { gradient } = valueAndGrad((x: Tensor) => focalLoss(x, labels([[0, 9]]), options))(sure);
      expect((await list(gradient)).every(Number.isFinite)).toBe(true);
      const binary = valueAndGrad((x: Tensor) => binaryFocalLoss(x, tensor([[1, 9]]), options))(tensor([[1e4, 3]]));
      expect((await list(binary.gradient)).every(Number.isFinite)).toBe(true);
    }
  });
});

describe('binaryFocalLoss', () => {
  it('weighs positives by alpha and negatives by 1 − alpha', async () => {
    const x = double([[0, Math.log(3)]]);
    const losses = binaryFocalLoss(x, double([[1, 0]]), { reduction: 'none' });
    expect(await list(losses)).toEqual(close([0.25 * 0.25 * Math.log(2), 0.75 * 0.75 ** 2 * Math.log(4)]));
  });

  it('averages over the elements that count, over all with compat kornia', async () => {
    const x = double([[0, 5]]);
    const one = 0.25 * 0.25 * Math.log(2);
    const mixed = double([[1, -1]]);
    expect(await binaryFocalLoss(x, mixed, { ignoreIndex: -1 }).item()).toBeCloseTo(one, 14);
    expect(await binaryFocalLoss(x, mixed, { ignoreIndex: -1, compat: 'kornia' }).item()).toBeCloseTo(one / 2, 14);
  });
});
