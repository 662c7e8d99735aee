import { createCpuBackend } from '@cotangent/backend-cpu';
import { beforeAll, describe, expect, it } from 'vitest';
import {
  adaptiveAvgPool2d,
  adaptiveMaxPool1d,
  add,
  avgPool1d,
  avgPool2d,
  batchNorm,
  batchNormTraining,
  Device,
  dropout,
  groupNorm,
  instanceNorm,
  interpolate,
  layerNorm,
  maxPool1d,
  maxPool1dWithIndices,
  maxPool2dWithIndices,
  maxPool3d,
  mean,
  ones,
  randomKey,
  rmsNorm,
  setDefaultDevice,
  type Tensor,
  tensor,
  zeros,
} from '../../src/index.js';
import { expectClose } from './expect-close.js';

beforeAll(() => setDefaultDevice(new Device(createCpuBackend())));

const row = () => tensor([[[1, 5, 2, 4, 3]]]);
const plane = () =>
  tensor([
    [
      [
        [1, 2, 3],
        [4, 9, 6],
        [7, 8, 5],
      ],
    ],
  ]);

describe('max pooling', () => {
  it('drops a last window that does not fit, or keeps it with ceilMode', async () => {
    expect(await maxPool1d(row(), { kernelSize: 2 }).toArray()).toEqual([[[5, 4]]]);
    expect(await maxPool1d(row(), { kernelSize: 2, ceilMode: true }).toArray()).toEqual([[[5, 4, 3]]]);
  });

  it('pads with −∞ and spreads windows by dilation', async () => {
    expect(await maxPool1d(tensor([[[-3, -1, -2]]]), { kernelSize: 2, padding: 1 }).toArray()).toEqual([[[-3, -1]]]);
    expect(await maxPool1d(row(), { kernelSize: 2, stride: 1, dilation: 3 }).toArray()).toEqual([[[4, 5]]]);
  });

  it('tells the place of each maximum in its plane', async () => {
    const { values, indices } = maxPool2dWithIndices(plane(), { kernelSize: 2, stride: 1 });
    expect(await values.toArray()).toEqual([
      [
        [
          [9, 9],
          [9, 9],
        ],
      ],
    ]);
    expect(await indices.toArray()).toEqual([
      [
        [
          [4, 4],
          [4, 4],
        ],
      ],
    ]);
  });

  it('names the first of equal elements', async () => {
    expect(await maxPool1dWithIndices(tensor([[[2, 2, 2]]]), { kernelSize: 3 }).indices.toArray()).toEqual([[[0]]]);
  });

  it('takes three axes', () => {
    expect(maxPool3d(zeros([1, 2, 4, 6, 8]), { kernelSize: [1, 2, 4] }).shape).toEqual([1, 2, 4, 3, 2]);
  });

  it('refuses a padding of more than half the kernel', () => {
    expect(() => maxPool1d(row(), { kernelSize: 2, padding: 2 })).toThrow(
      'maxPool1d: the padding is more than half the kernel.\n  kernelSize  [2]\n  padding     [2]',
    );
  });

  it('refuses a window that does not fit', () => {
    expect(() => maxPool1d(row(), { kernelSize: 6 })).toThrow(
      'maxPool1d: the window is larger than the padded input.\n  shape       [1, 1, 5]\n  kernelSize  [6]\n  padding     [0]',
    );
  });
});

describe('average pooling', () => {
  it('counts padding unless told otherwise', async () => {
    const options = { kernelSize: 3, stride: 2, padding: 1 };
    await expectClose(avgPool1d(row(), options), [2, 11 / 3, 7 / 3]);
    await expectClose(avgPool1d(row(), { ...options, countIncludePad: false }), [3, 11 / 3, 3.5]);
    await expectClose(avgPool1d(row(), { ...options, divisorOverride: 1 }), [6, 11, 7]);
  });

  it('counts only what is inside of a window that ends outside', async () => {
    await expectClose(avgPool2d(plane(), { kernelSize: 2, ceilMode: true }), [4, 4.5, 7.5, 5]);
  });

  it('adapts bins to the size asked for', async () => {
    await expectClose(adaptiveAvgPool2d(plane(), [1, 2]), [31 / 6, 33 / 6]);
    expect(await adaptiveMaxPool1d(row(), 2).toArray()).toEqual([[[5, 4]]]);
    expect(await adaptiveMaxPool1d(row(), 5).toArray()).toEqual(await row().toArray());
  });
});

describe('interpolation', () => {
  const pair = () => tensor([[[0, 4]]]);

  it('takes the nearest element at ⌊i·in/out⌋', async () => {
    await expectClose(interpolate(pair(), { size: 4 }), [0, 0, 4, 4]);
    await expectClose(interpolate(row(), { size: 3 }), [1, 5, 4]);
    await expectClose(interpolate(tensor([[[1, 2, 3, 4]]]), { scaleFactor: 0.5 }), [1, 3]);
  });

  it('goes linearly between centres, or between corners', async () => {
    await expectClose(interpolate(pair(), { size: 4, mode: 'linear' }), [0, 1, 3, 4]);
    await expectClose(interpolate(pair(), { size: 3, mode: 'linear', alignCorners: true }), [0, 2, 4]);
  });

  it('averages areas', async () => {
    await expectClose(interpolate(tensor([[[1, 3, 5, 7]]]), { size: 2, mode: 'area' }), [2, 6]);
  });

  it('keeps constants under bicubic weights', async () => {
    await expectClose(interpolate(ones([1, 1, 2, 3]), { size: [3, 5], mode: 'bicubic' }), new Array(15).fill(1));
  });

  it('refuses a mode for another number of axes', () => {
    expect(() => interpolate(plane(), { size: 4, mode: 'linear' })).toThrow(
      "interpolate: mode 'linear' takes 1 spatial axes, not empty.\n  input  [1, 1, 3, 3]\n  The input is [n, c, ...spatial].",
    );
  });

  it('refuses both or none of size and scaleFactor', () => {
    expect(() => interpolate(plane(), {})).toThrow('interpolate: either size or scaleFactor is needed.');
  });
});

describe('normalization', () => {
  const half = Math.sqrt(1 / (1 + 1e-5));

  it('of a batch gives its statistics too, the variance unbiased', async () => {
    const {
      output,
      mean: middle,
      variance,
    } = batchNormTraining(
      tensor([
        [1, 0],
        [3, 0],
      ]),
    );
    await expectClose(output, [-half, 0, half, 0]);
    await expectClose(middle, [2, 0]);
    await expectClose(variance, [2, 0]);
  });

  it('by given statistics scales and shifts each channel', async () => {
    const output = batchNorm(tensor([[[1, 3]]]), {
      mean: tensor([1]),
      variance: tensor([4]),
      weight: tensor([2]),
      bias: tensor([5]),
      epsilon: 0,
    });
    await expectClose(output, [5, 7]);
  });

  it.each<[string, (x: Tensor) => Tensor]>([
    ['layerNorm', (x) => layerNorm(x, [2])],
    ['groupNorm', (x) => groupNorm(x, 1)],
    ['instanceNorm', instanceNorm],
  ])('%s of a pair gives −1 and 1', async (_, normalize) => {
    await expectClose(normalize(tensor([[[1, 3]]])), [-half, half]);
  });

  it('keeps its precision beside a large mean', async () => {
    await expectClose(layerNorm(tensor([1e6 + 1, 1e6 + 3]), [2]), [-half, half]);
  });

  it('rmsNorm leaves the mean in', async () => {
    await expectClose(rmsNorm(tensor([3, 4]), [2], { epsilon: 0 }), [3 / Math.sqrt(12.5), 4 / Math.sqrt(12.5)]);
  });

  it('names the normalized shape that the input does not end with', () => {
    expect(() => layerNorm(zeros([2, 3]), [2])).toThrow(
      'layerNorm: the input does not end with the normalized shape.\n  input            [2, 3]\n  normalizedShape  [2]',
    );
  });

  it('names a weight of another shape', () => {
    expect(() => groupNorm(zeros([2, 4]), 2, { weight: zeros([2]) })).toThrow(
      'groupNorm: the weight does not have the shape [4].\n  input   [2, 4]\n  weight  [2]',
    );
  });

  it('refuses a batch of one element', () => {
    expect(() => batchNormTraining(zeros([1, 3]))).toThrow(
      'batchNormTraining: a channel needs more than one element.\n  input  [1, 3]',
    );
  });
});

describe('dropout', () => {
  it('keeps the mean, and nothing at 1 or everything at 0', async () => {
    const x = ones([10_000]);
    const kept = dropout(x, { p: 0.2, key: randomKey(3) });
    const values = new Set(Array.from(await kept.data()));
    expect(values).toEqual(new Set([0, 1.25]));
    // The mean of 10,000 draws has a standard deviation of 0.005.
    expect(Math.abs((await mean(kept).item()) - 1)).toBeLessThan(0.02);
    expect(await add(dropout(tensor([1, 2]), { p: 1 }), 0).toArray()).toEqual([0, 0]);
    expect(await dropout(tensor([1, 2]), { p: 0 }).toArray()).toEqual([1, 2]);
  });

  it('draws the same for the same key', async () => {
    const draw = () => dropout(ones([64]), { key: randomKey(7) }).toArray();
    expect(await draw()).toEqual(await draw());
  });

  it('refuses a probability above 1', () => {
    expect(() => dropout(ones([1]), { p: 2 })).toThrow('dropout: a probability lies in [0, 1].\n  p  2');
  });
});
