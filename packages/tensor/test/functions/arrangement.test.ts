import { createCpuBackend } from '@cotangent/backend-cpu';
import { beforeAll, describe, expect, it } from 'vitest';
import {
  bincount,
  chunk,
  Device,
  diag,
  diagEmbed,
  diagonal,
  embedding,
  indexAdd,
  indexSelect,
  maskedFill,
  meshgrid,
  oneHot,
  padCircular,
  padReflect,
  padReplicate,
  pixelShuffle,
  pixelUnshuffle,
  repeatInterleave,
  roll,
  searchsorted,
  setDefaultDevice,
  tensor,
  tile,
  trace,
  tril,
  triu,
  unflatten,
  unfold,
} from '../../src/index.js';

beforeAll(() => setDefaultDevice(new Device(createCpuBackend())));

const indices = (values: number[]) => tensor(values, { dtype: 'int32' });
const square = () =>
  tensor([
    [1, 2, 3],
    [4, 5, 6],
    [7, 8, 9],
  ]);

describe('rearrangements', () => {
  it('roll turns axes, or all elements', async () => {
    expect(await roll(tensor([1, 2, 3, 4]), 1).toArray()).toEqual([4, 1, 2, 3]);
    expect(await roll(square(), [-1, 4], { axes: [0, 1] }).toArray()).toEqual([
      [6, 4, 5],
      [9, 7, 8],
      [3, 1, 2],
    ]);
    expect(
      await roll(
        tensor([
          [1, 2],
          [3, 4],
        ]),
        1,
      ).toArray(),
    ).toEqual([
      [4, 1],
      [2, 3],
    ]);
  });

  it('tile and repeatInterleave repeat the whole and each element', async () => {
    const x = tensor([[1, 2]]);
    expect(await tile(x, [2, 2]).toArray()).toEqual([
      [1, 2, 1, 2],
      [1, 2, 1, 2],
    ]);
    expect(tile(x, [2, 1, 1]).shape).toEqual([2, 1, 2]);
    expect(await repeatInterleave(x, 2).toArray()).toEqual([[1, 1, 2, 2]]);
    expect(await repeatInterleave(x, [0, 3]).toArray()).toEqual([[2, 2, 2]]);
  });

  it('chunk leaves a smaller part at the end', () => {
    expect(chunk(tensor([1, 2, 3, 4, 5]), 3).map((part) => part.shape)).toEqual([[2], [2], [1]]);
  });

  it('meshgrid goes by rows, or by columns', async () => {
    const [rows, columns] = meshgrid([tensor([1, 2]), tensor([3, 4, 5])]);
    expect(await rows?.toArray()).toEqual([
      [1, 1, 1],
      [2, 2, 2],
    ]);
    expect(await columns?.toArray()).toEqual([
      [3, 4, 5],
      [3, 4, 5],
    ]);
    expect(meshgrid([tensor([1, 2]), tensor([3, 4, 5])], { indexing: 'xy' })[0]?.shape).toEqual([3, 2]);
  });

  it('pixelUnshuffle undoes pixelShuffle', async () => {
    const x = tensor([[[[1]], [[2]], [[3]], [[4]]]]);
    const shuffled = pixelShuffle(x, 2);
    expect(await shuffled.toArray()).toEqual([
      [
        [
          [1, 2],
          [3, 4],
        ],
      ],
    ]);
    expect(await pixelUnshuffle(shuffled, 2).toArray()).toEqual(await x.toArray());
  });

  it('unflatten works one size out', () => {
    expect(unflatten(tensor([1, 2, 3, 4, 5, 6]), 0, [2, -1]).shape).toEqual([2, 3]);
  });

  it('unflatten refuses sizes that do not fill the axis', () => {
    expect(() => unflatten(tensor([1, 2, 3]), 0, [2, 2])).toThrow(
      'unflatten: the sizes do not fill axis 0.\n  shape  [3]\n  sizes  [2, 2]',
    );
  });
});

describe('diagonals', () => {
  it('tril and triu keep a side', async () => {
    expect(await tril(square()).toArray()).toEqual([
      [1, 0, 0],
      [4, 5, 0],
      [7, 8, 9],
    ]);
    expect(await triu(square(), { offset: 1 }).toArray()).toEqual([
      [0, 2, 3],
      [0, 0, 6],
      [0, 0, 0],
    ]);
    expect(
      await tril(
        tensor([
          [true, true],
          [true, true],
        ]),
      ).toArray(),
    ).toEqual([
      [true, false],
      [true, true],
    ]);
  });

  it('diagonal takes one of two axes, with an offset', async () => {
    expect(await diagonal(square()).toArray()).toEqual([1, 5, 9]);
    expect(await diagonal(square(), { offset: -1 }).toArray()).toEqual([4, 8]);
    expect(await diagonal(square(), { offset: 9 }).toArray()).toEqual([]);
    expect(await trace(square()).item()).toBe(15);
  });

  it('diag goes both ways', async () => {
    expect(await diag(tensor([1, 2])).toArray()).toEqual([
      [1, 0],
      [0, 2],
    ]);
    expect(await diag(square()).toArray()).toEqual([1, 5, 9]);
    expect(await diagEmbed(tensor([[5], [7]]), { offset: 1 }).toArray()).toEqual([
      [
        [0, 5],
        [0, 0],
      ],
      [
        [0, 7],
        [0, 0],
      ],
    ]);
    expect(await diagEmbed(tensor([5]), { offset: -1 }).toArray()).toEqual([
      [0, 0],
      [5, 0],
    ]);
  });
});

describe('padding', () => {
  const row = () => tensor([1, 2, 3]);

  it('mirrors, repeats or continues', async () => {
    expect(await padReflect(row(), [[2, 1]]).toArray()).toEqual([3, 2, 1, 2, 3, 2]);
    expect(await padReplicate(row(), [[2, 1]]).toArray()).toEqual([1, 1, 1, 2, 3, 3]);
    expect(await padCircular(row(), [[2, 1]]).toArray()).toEqual([2, 3, 1, 2, 3, 1]);
  });

  it('names the widths that an axis can mirror', () => {
    expect(() => padReflect(row(), [[3, 0]])).toThrow(
      'padReflect: axis 0 takes widths from 0 to 2.\n  shape   [3]\n  widths  [3, 0]',
    );
  });
});

describe('positions', () => {
  it('oneHot puts its axis where asked, and gives an index out of range no 1', async () => {
    expect(await oneHot(indices([1, 3, -1]), 3).toArray()).toEqual([
      [0, 1, 0],
      [0, 0, 0],
      [0, 0, 0],
    ]);
    expect(oneHot(tensor([[0, 1]], { dtype: 'int32' }), 4, { axis: 1 }).shape).toEqual([1, 4, 2]);
    expect(oneHot(indices([1]), 2, { dtype: 'bool' }).dtype).toBe('bool');
  });

  it('oneHot refuses floating-point labels', () => {
    expect(() => oneHot(tensor([1]), 3)).toThrow(
      "oneHot: indices are int32.\n  indices  float32\n  Use cast(x, 'int32').",
    );
  });

  it('embedding reads rows', async () => {
    const weight = tensor([
      [1, 2],
      [3, 4],
    ]);
    expect(await embedding(indices([1, 0, 1]), weight).toArray()).toEqual([
      [3, 4],
      [1, 2],
      [3, 4],
    ]);
  });

  it('indexSelect and indexAdd read and add slices', async () => {
    expect(await indexSelect(square(), indices([2, 0]), { axis: 1 }).toArray()).toEqual([
      [3, 1],
      [6, 4],
      [9, 7],
    ]);
    const sums = indexAdd(
      tensor([
        [0, 0],
        [0, 0],
      ]),
      indices([1, 1]),
      tensor([
        [1, 2],
        [3, 4],
      ]),
    );
    expect(await sums.toArray()).toEqual([
      [0, 0],
      [4, 6],
    ]);
  });

  it('indexAdd names all sides where counts differ', () => {
    expect(() => indexAdd(tensor([0, 0]), indices([1]), tensor([1, 2]))).toThrow(
      'indexAdd: one index is needed for each slice of the source.\n  tensor   [2]\n  indices  [1]\n  source   [2]',
    );
  });

  it('maskedFill writes where the mask is true', async () => {
    expect(await maskedFill(tensor([1, 2]), tensor([true, false]), -1).toArray()).toEqual([-1, 2]);
  });

  it('searchsorted finds places before or behind equal elements', async () => {
    const sorted = tensor([1, 3, 3, 5]);
    const values = tensor([0, 1, 3, 4, 9]);
    expect(await searchsorted(sorted, values).toArray()).toEqual([0, 0, 1, 3, 4]);
    expect(await searchsorted(sorted, values, { right: true }).toArray()).toEqual([0, 1, 3, 3, 4]);
    expect(
      await searchsorted(
        tensor([
          [1, 2],
          [5, 6],
        ]),
        tensor([[2], [2]]),
      ).toArray(),
    ).toEqual([[1], [0]]);
  });

  it('bincount counts, or sums weights', async () => {
    expect(await bincount(indices([1, 1, 3, 7]), { length: 4 }).toArray()).toEqual([0, 2, 0, 1]);
    const weighted = bincount(indices([1, 1, 0]), { length: 2, weights: tensor([0.5, 1, 2]) });
    expect(await weighted.toArray()).toEqual([2, 1.5]);
  });

  it('unfold lays patches out as columns', async () => {
    const x = tensor([
      [
        [
          [1, 2, 3],
          [4, 5, 6],
        ],
      ],
    ]);
    expect(await unfold(x, { kernelSize: 2 }).toArray()).toEqual([
      [
        [1, 2],
        [2, 3],
        [4, 5],
        [5, 6],
      ],
    ]);
  });
});
