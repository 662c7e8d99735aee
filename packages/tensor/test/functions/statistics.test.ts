import { createCpuBackend } from '@cotangent/backend-cpu';
import { beforeAll, describe, expect, it } from 'vitest';
import {
  cdist,
  cosineSimilarity,
  countNonzero,
  cummaxWithIndices,
  cumminWithIndices,
  Device,
  logCumsumExp,
  logSoftmax,
  logSumExp,
  maxWithIndices,
  median,
  medianWithIndices,
  minWithIndices,
  norm,
  normalize,
  quantile,
  setDefaultDevice,
  softmax,
  std,
  tensor,
  topk,
  variance,
} from '../../src/index.js';
import { expectClose } from './expect-close.js';

beforeAll(() => setDefaultDevice(new Device(createCpuBackend())));

const { POSITIVE_INFINITY: inf, NaN: nan } = Number;

describe('softmax and its kin', () => {
  it('stay finite for huge scores', async () => {
    const x = tensor([1e4, -1e4, 0, 1e4]);
    await expectClose(softmax(x), [0.5, 0, 0, 0.5]);
    await expectClose(logSoftmax(x), [-Math.LN2, -20000.6931, -10000.6931, -Math.LN2]);
    await expectClose(logSumExp(x), [10000.6931]);
  });

  it('run along the axis asked for', async () => {
    await expectClose(
      softmax(
        tensor([
          [0, 0],
          [0, 0],
        ]),
        { axis: 0 },
      ),
      [0.5, 0.5, 0.5, 0.5],
    );
    expect(
      logSumExp(
        tensor([
          [0, 0],
          [0, 0],
        ]),
        { axes: 1, keepdims: true },
      ).shape,
    ).toEqual([2, 1]);
  });

  it('logSumExp of nothing but −∞ is −∞', async () => {
    await expectClose(logSumExp(tensor([-inf, -inf])), [-inf]);
  });

  it('logCumsumExp keeps small terms that a large later one would drown', async () => {
    await expectClose(logCumsumExp(tensor([0, 0, 200, -inf])), [0, Math.LN2, 200, 200]);
  });

  it('refuse integers', () => {
    expect(() => softmax(tensor([1], { dtype: 'int32' }))).toThrow(
      "softmax: a floating-point tensor is needed.\n  dtype  int32\n  Use cast(x, 'float32').",
    );
  });
});

describe('variance', () => {
  it('takes 1 off the count unless told otherwise', async () => {
    const x = tensor([
      [1, 2, 3, 4],
      [0, 0, 0, 0],
    ]);
    await expectClose(variance(x, { axes: 1 }), [5 / 3, 0]);
    await expectClose(variance(x, { axes: 1, correction: 0 }), [1.25, 0]);
    await expectClose(std(x, { axes: -1, keepdims: true }), [Math.sqrt(5 / 3), 0]);
  });

  it('is precise beside a large mean', async () => {
    await expectClose(variance(tensor([1e6, 1e6 + 1, 1e6 + 2])), [1], 0);
  });

  it('is exactly 0 for equal elements whose mean is rounded', async () => {
    await expectClose(std(tensor([0.1, 0.1, 0.1])), [0], 0);
  });

  it('of one element is NaN', async () => {
    await expectClose(variance(tensor([3])), [nan]);
  });
});

describe('norms and distances', () => {
  it.each<[number, number]>([
    [2, 5],
    [1, 7],
    [inf, 4],
    [-inf, 0],
    [0, 2],
    [3, 91 ** (1 / 3)],
  ])('order %d', async (order, value) => {
    await expectClose(norm(tensor([3, -4, 0]), { order }), [value]);
  });

  it('refuse a negative order', () => {
    expect(() => norm(tensor([1]), { order: -2 })).toThrow('norm: the order is neither positive nor −∞.\n  order  -2');
  });

  it('normalize leaves the zero vector', async () => {
    await expectClose(
      normalize(
        tensor([
          [3, 4],
          [0, 0],
        ]),
      ),
      [0.6, 0.8, 0, 0],
    );
  });

  it('cosineSimilarity broadcasts', async () => {
    await expectClose(
      cosineSimilarity(
        tensor([
          [1, 0],
          [1, 1],
        ]),
        tensor([2, 0]),
      ),
      [1, Math.SQRT1_2],
    );
  });

  it('cdist compares every row with every row', async () => {
    const a = tensor([
      [0, 0],
      [3, 4],
    ]);
    await expectClose(
      cdist(
        a,
        tensor([
          [0, 0],
          [3, 0],
          [0, 4],
        ]),
      ),
      [0, 3, 4, 5, 4, 3],
    );
    await expectClose(cdist(a, tensor([[1, 1]]), { order: 1 }), [2, 5]);
  });

  it('cdist names both sides where the vectors differ', () => {
    expect(() => cdist(tensor([[1, 2]]), tensor([[1, 2, 3]]))).toThrow(
      'cdist: the vectors have 2 and 3 elements.\n  left   [1, 2]\n  right  [1, 3]',
    );
  });
});

describe('extremes with positions', () => {
  const x = () =>
    tensor([
      [1, 3, 3],
      [2, 0, 0],
    ]);

  it('name the first of equal elements', async () => {
    const { values, indices } = maxWithIndices(x());
    expect([await values.toArray(), await indices.toArray()]).toEqual([
      [3, 2],
      [1, 0],
    ]);
    expect(await minWithIndices(x(), { keepdims: true }).indices.toArray()).toEqual([[0], [1]]);
  });

  it('running ones name the last', async () => {
    const rising = tensor([1, 1, 0, 2, 2]);
    expect(await cummaxWithIndices(rising).indices.toArray()).toEqual([0, 1, 1, 3, 4]);
    expect(await cumminWithIndices(rising).indices.toArray()).toEqual([0, 1, 2, 2, 2]);
  });

  it('topk takes from either end', async () => {
    const row = tensor([5, 1, 4, 2]);
    expect(await topk(row, 2).values.toArray()).toEqual([5, 4]);
    expect(await topk(row, 3, { largest: false }).indices.toArray()).toEqual([1, 3, 2]);
  });

  it('topk refuses more than there are', () => {
    expect(() => topk(tensor([1, 2]), 3)).toThrow('topk: axis 0 has fewer than 3 elements.\n  shape  [2]\n  k      3');
  });
});

describe('median and quantile', () => {
  it('median is the lower of two middle elements', async () => {
    await expectClose(
      median(
        tensor([
          [4, 1],
          [3, 2],
        ]),
      ),
      [2],
    );
    const { values, indices } = medianWithIndices(
      tensor([
        [4, 1, 9],
        [3, 2, 0],
      ]),
    );
    expect([await values.toArray(), await indices.toArray()]).toEqual([
      [4, 2],
      [0, 1],
    ]);
  });

  it('quantile goes linearly between neighbours', async () => {
    await expectClose(quantile(tensor([0, 10, 20, 30]), 0.25), [7.5]);
    await expectClose(
      quantile(
        tensor([
          [1, 2],
          [3, 4],
        ]),
        1,
        { axis: 0 },
      ),
      [3, 4],
    );
  });

  it('quantile refuses a fraction above 1', () => {
    expect(() => quantile(tensor([1]), 1.5)).toThrow('quantile: a fraction lies in [0, 1].\n  q  1.5');
  });

  it('countNonzero counts', async () => {
    expect(
      await countNonzero(
        tensor([
          [0, 1],
          [2, nan],
        ]),
        { axes: 1 },
      ).toArray(),
    ).toEqual([1, 2]);
    expect(await countNonzero(tensor([true, false, true])).item()).toBe(2);
  });
});
