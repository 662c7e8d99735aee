import { valueAndGrad } from '@cotangent/autograd';
import { createCpuBackend } from '@cotangent/backend-cpu';
import { Device, ShapeError, setDefaultDevice, type Tensor, tensor, ValueError, zeros } from '@cotangent/tensor';
import { beforeAll, describe, expect, it } from 'vitest';
import {
  cauchyLoss,
  charbonnierLoss,
  cosineEmbeddingLoss,
  gemanMcClureLoss,
  jsDivergenceLoss2d,
  klDivergenceLoss2d,
  marginRankingLoss,
  poissonNllLoss,
  psnr,
  psnrLoss,
  softMarginLoss,
  ssim,
  ssimLoss,
  totalVariation,
  tripletMarginLoss,
  welschLoss,
} from '../src/index.js';

beforeAll(() => setDefaultDevice(new Device(createCpuBackend())));

const double = (values: Parameters<typeof tensor>[0]): Tensor => tensor(values, { dtype: 'float64' });
const list = async (x: Tensor): Promise<number[]> => Array.from(await x.data());
const close = (values: readonly number[]): unknown[] => values.map((value) => expect.closeTo(value, 12));
const none = { reduction: 'none' } as const;

describe('robust losses', () => {
  it('grow like half the square at first, and ever slower', async () => {
    const [x, t] = [double([2, 1e-9]), double([0, 0])];
    expect(await list(charbonnierLoss(x, t, none))).toEqual(close([Math.sqrt(5) - 1, 5e-19]));
    expect(await list(cauchyLoss(x, t, none))).toEqual(close([Math.log(3), 5e-19]));
    expect(await list(welschLoss(x, t, none))).toEqual(close([1 - Math.exp(-2), 5e-19]));
    expect(await list(gemanMcClureLoss(x, t, none))).toEqual(close([1, 5e-19]));
  });
});

describe('margin losses', () => {
  it('want logits on the side of their target', async () => {
    expect(await list(softMarginLoss(double([0, Math.log(3)]), double([1, -1]), none))).toEqual(
      close([Math.log(2), Math.log(4)]),
    );
  });

  it('want one side above the other by the margin', async () => {
    const losses = marginRankingLoss(double([3, 1]), double([1, 2]), double([1, 1]), { ...none, margin: 0.5 });
    expect(await list(losses)).toEqual([0, 1.5]);
  });

  it('want vectors at an angle', async () => {
    const a = double([
      [1, 0],
      [3, 4],
    ]);
    const b = double([
      [0, 2],
      [4, 3],
    ]);
    expect(await list(cosineEmbeddingLoss(a, b, double([1, -1]), { ...none, margin: 0.5 }))).toEqual(
      close([1, 0.96 - 0.5]),
    );
    const { gradient } = valueAndGrad((x: Tensor) => cosineEmbeddingLoss(x, b, double([1, 1])))(
      zeros([2, 2], { dtype: 'float64' }),
    );
    expect((await list(gradient)).every(Number.isFinite)).toBe(true);
    expect(() => cosineEmbeddingLoss(a, b, double([1]))).toThrow(ShapeError);
  });

  it('want the positive nearer than the negative', async () => {
    const [anchor, positive, negative] = [double([[0, 0]]), double([[3, 4]]), double([[0, 6]])];
    const options = { epsilon: 0 };
    expect(await tripletMarginLoss(anchor, positive, negative, { ...options, margin: 2 }).item()).toBe(1);
    expect(await tripletMarginLoss(anchor, positive, negative, { ...options, p: 1 }).item()).toBeCloseTo(2, 12);
    // The positive is √13 from the negative, nearer than the anchor.
    expect(await tripletMarginLoss(anchor, positive, negative, { ...options, swap: true }).item()).toBeCloseTo(
      6 - Math.sqrt(13),
      12,
    );
  });
});

describe('poissonNllLoss', () => {
  it('takes logarithms of expected counts, or the counts', async () => {
    const x = double([Math.log(2)]);
    expect(await poissonNllLoss(x, double([3])).item()).toBeCloseTo(2 - 3 * Math.log(2), 12);
    expect(await poissonNllLoss(double([2]), double([3]), { logInput: false, epsilon: 0 }).item()).toBeCloseTo(
      2 - 3 * Math.log(2),
      12,
    );
    const stirling = 3 * Math.log(3) - 3 + Math.log(6 * Math.PI) / 2;
    expect(await list(poissonNllLoss(double([0, 0]), double([3, 1]), { ...none, full: true }))).toEqual(
      close([1 + stirling, 1]),
    );
  });
});

describe('heatmap divergences', () => {
  it('compare probabilities over the last two axes', async () => {
    const p = double([[[0.5, 0.5]], [[1, 0]]]);
    const q = double([[[0.25, 0.75]], [[0.5, 0.5]]]);
    const kl = 0.5 * Math.log(2) + 0.5 * Math.log(2 / 3);
    expect(await list(klDivergenceLoss2d(q, p, none))).toEqual(close([kl, Math.log(2)]));
    const js = 0.5 * (Math.log(1 / 0.75) + 0.5 * Math.log(0.5 / 0.75) + 0.5 * Math.log(0.5 / 0.25));
    expect((await list(jsDivergenceLoss2d(q, p, none)))[1]).toBeCloseTo(js, 12);
  });
});

describe('image similarity', () => {
  /** A smooth image and one that is twice as dark. */
  const image = (scale: number): Tensor =>
    tensor(
      Float64Array.from({ length: 64 }, (_, i) => scale * Math.sin(i / 7) ** 2),
      { shape: [1, 1, 8, 8] },
    );

  it('finds an image structurally equal to itself', async () => {
    expect(await ssimLoss(image(1), image(1), { windowSize: 5 }).item()).toBeCloseTo(0, 9);
    expect(await ssimLoss(image(1), image(0.5), { windowSize: 5 }).item()).toBeGreaterThan(0.01);
  });

  it('keeps the size with padding same, and leaves out borders with valid', () => {
    expect(ssim(image(1), image(1), { windowSize: 3 }).shape).toEqual([1, 1, 8, 8]);
    expect(ssim(image(1), image(1), { windowSize: 3, padding: 'valid' }).shape).toEqual([1, 1, 6, 6]);
    expect(ssim(zeros([1, 2, 5, 5, 5]), zeros([1, 2, 5, 5, 5]), { windowSize: 3 }).shape).toEqual([1, 2, 5, 5, 5]);
    expect(() => ssim(image(1), image(1), { windowSize: 4 })).toThrow(ValueError);
  });

  it('measures noise in decibels', async () => {
    expect(await psnr(double([1, 2]), double([1.1, 2.1])).item()).toBeCloseTo(20, 10);
    expect(await psnrLoss(double([10]), double([11]), { maximum: 10 }).item()).toBeCloseTo(-20, 10);
  });

  it('adds up differences of neighbours for each image', async () => {
    const images = double([
      [
        [1, 2],
        [4, 8],
      ],
      [
        [0, 0],
        [0, 0],
      ],
    ]);
    expect(await list(totalVariation(images))).toEqual([14, 0]);
    expect(await list(totalVariation(images, { reduction: 'mean' }))).toEqual([7, 0]);
  });
});
