import { backward } from '@cotangent/autograd';
import { createCpuBackend } from '@cotangent/backend-cpu';
import {
  Device,
  manualSeed,
  multiply,
  randomKey,
  ShapeError,
  setDefaultDevice,
  sum,
  type Tensor,
  tensor,
  ValueError,
  type Variable,
  zeros,
} from '@cotangent/tensor';
import { beforeEach, describe, expect, it } from 'vitest';
import {
  BatchNorm1d,
  BatchNorm2d,
  Conv1d,
  Conv2d,
  Conv3d,
  ConvTranspose2d,
  Dropout,
  Embedding,
  Flatten,
  GroupNorm,
  LayerNorm,
  Linear,
  MaxPool2d,
  MultiHeadAttention,
  RMSNorm,
} from '../src/index.js';

beforeEach(() => {
  setDefaultDevice(new Device(createCpuBackend()));
  manualSeed(1);
});

const list = async (x: Tensor | undefined): Promise<number[]> => Array.from(await (x as Tensor).data());
const close = (values: readonly number[], digits = 5): unknown[] =>
  values.map((value) => expect.closeTo(value, digits));

/** Values `0.1, 0.2, …` in a shape. */
const ramp = (shape: readonly number[]): Tensor => {
  const size = shape.reduce((product, extent) => product * extent, 1);
  return tensor(
    Float32Array.from({ length: size }, (_, i) => (i + 1) / 10),
    { shape },
  );
};

describe('Linear', () => {
  it('multiplies by the transposed weight and adds the bias, over the last axis', async () => {
    const layer = new Linear(2, 3);
    layer.weight.assign(
      tensor([
        [1, 2],
        [3, 4],
        [5, 6],
      ]),
    );
    layer.bias?.assign(tensor([0.5, 0, -0.5]));
    const y = layer.forward(
      tensor([
        [
          [1, 1],
          [0, 1],
        ],
      ]),
    );
    expect(y.shape).toEqual([1, 2, 3]);
    expect(await list(y)).toEqual([3.5, 7, 10.5, 2.5, 4, 5.5]);
  });

  it('begins uniform within 1/√inputs, like PyTorch', async () => {
    const layer = new Linear(100, 400);
    const weight = await list(layer.weight);
    const variance = weight.reduce((total, w) => total + w * w, 0) / weight.length;
    expect(Math.max(...weight.map(Math.abs))).toBeLessThanOrEqual(0.1);
    // A uniform distribution within 0.1 has variance 0.01/3; 40,000 draws come within 2 %.
    expect(variance / (0.01 / 3)).toBeCloseTo(1, 1);
    expect(Math.max(...(await list(layer.bias)).map(Math.abs))).toBeGreaterThan(0.09);
  });

  it('begins the same from the same key, and differently from the stream', async () => {
    const weightFrom = async (key?: Tensor): Promise<number[]> => list(new Linear(3, 3, key && { key }).weight);
    expect(await weightFrom(randomKey(7))).toEqual(await weightFrom(randomKey(7)));
    expect(await weightFrom()).not.toEqual(await weightFrom());
  });

  it('has no bias where none is wanted', () => {
    expect(Object.keys(new Linear(2, 2, { bias: false }).stateDict())).toEqual(['weight']);
  });
});

describe('convolutions', () => {
  it('have weights as PyTorch lays them out', () => {
    expect(new Conv1d(4, 6, 3).weight.shape).toEqual([6, 4, 3]);
    expect(new Conv2d(4, 6, [3, 5], { groups: 2 }).weight.shape).toEqual([6, 2, 3, 5]);
    expect(new Conv3d(4, 6, 2).weight.shape).toEqual([6, 4, 2, 2, 2]);
    expect(new ConvTranspose2d(4, 6, 2, { groups: 2 }).weight.shape).toEqual([4, 3, 2, 2]);
  });

  it('slide the kernel over the input', async () => {
    const layer = new Conv2d(1, 1, 2);
    layer.weight.assign(
      tensor([
        [
          [
            [1, 2],
            [3, 4],
          ],
        ],
      ]),
    );
    layer.bias?.assign(tensor([10]));
    expect(
      await list(
        layer.forward(
          tensor([
            [
              [
                [1, 0, 0],
                [0, 1, 0],
                [0, 0, 1],
              ],
            ],
          ]),
        ),
      ),
    ).toEqual([15, 13, 12, 15]);
  });

  it('double the sizes when transposed with stride 2', async () => {
    const layer = new ConvTranspose2d(1, 1, 2, { stride: 2, bias: false });
    layer.weight.assign(
      tensor([
        [
          [
            [1, 2],
            [3, 4],
          ],
        ],
      ]),
    );
    const y = layer.forward(tensor([[[[1, 10]]]]));
    expect(await y.toArray()).toEqual([
      [
        [
          [1, 2, 10, 20],
          [3, 4, 30, 40],
        ],
      ],
    ]);
  });

  it('begin within 1/√(inputs per output)', async () => {
    const bound = 1 / Math.sqrt(2 * 9);
    const weight = (await list(new Conv2d(8, 64, 3, { groups: 4 }).weight)).map(Math.abs);
    expect(Math.max(...weight)).toBeLessThanOrEqual(bound);
    expect(Math.max(...weight)).toBeGreaterThan(0.95 * bound);
  });

  it('refuse groups that do not divide the channels', () => {
    expect(() => new Conv2d(3, 4, 1, { groups: 2 })).toThrow(ValueError);
  });
});

describe('BatchNorm2d', () => {
  it('normalizes by the batch in training, and remembers its statistics', async () => {
    const layer = new BatchNorm2d(1);
    const x = tensor([
      [
        [
          [1, 2],
          [3, 6],
        ],
      ],
    ]);
    const y = layer.forward(x);
    // Mean 3, biased variance 3.5, unbiased 14/3.
    expect(await list(y)).toEqual(
      close(
        [-2, -1, 0, 3].map((d) => d / Math.sqrt(3.5)),
        4,
      ),
    );
    expect(await list(layer.runningMean)).toEqual(close([0.3]));
    expect(await list(layer.runningVariance)).toEqual(close([0.9 + 14 / 30]));
    expect(await list(layer.batchCount)).toEqual([1]);
  });

  it('normalizes by the running statistics in use, and leaves them', async () => {
    const layer = new BatchNorm2d(1).eval();
    layer.runningMean?.assign(tensor([1]));
    layer.runningVariance?.assign(tensor([4]));
    layer.weight?.assign(tensor([2]));
    layer.bias?.assign(tensor([10]));
    expect(await list(layer.forward(tensor([[[[1, 3]]]])))).toEqual(close([10, 12], 4));
    expect(await list(layer.batchCount)).toEqual([0]);
  });

  it('averages all batches alike without momentum', async () => {
    const layer = new BatchNorm1d(1, { momentum: null });
    for (const mean of [1, 2, 6]) {
      layer.forward(tensor([[mean - 1], [mean + 1]]));
    }
    expect(await list(layer.runningMean)).toEqual(close([3]));
  });

  it('lets no gradient into its statistics', () => {
    const layer = new BatchNorm2d(2);
    backward(sum(multiply(layer.forward(ramp([2, 2, 1, 2])), ramp([2, 2, 1, 2]))));
    expect(layer.weight?.grad?.shape).toEqual([2]);
    expect(layer.runningMean?.grad).toBeUndefined();
  });

  it('has PyTorch’s names', () => {
    expect(Object.keys(new BatchNorm2d(2).stateDict())).toEqual([
      'weight',
      'bias',
      'running_mean',
      'running_var',
      'num_batches_tracked',
    ]);
    expect(Object.keys(new BatchNorm2d(2, { affine: false, trackRunningStats: false }).stateDict())).toEqual([]);
  });

  it('refuses inputs of another rank', () => {
    expect(() => new BatchNorm2d(2).forward(zeros([2, 2]))).toThrow(ShapeError);
    expect(() => new BatchNorm1d(2).forward(zeros([2, 2, 1, 1]))).toThrow(ShapeError);
  });
});

describe('normalizations', () => {
  it('have mean 0 and variance 1 over their axes', async () => {
    const x = tensor([[1, 3, 5, 9]]);
    const expected = [-3.5, -1.5, 0.5, 4.5].map((d) => d / Math.sqrt(8.75));
    expect(await list(new LayerNorm(4).forward(x))).toEqual(close(expected, 4));
    expect(await list(new GroupNorm(2, 4).forward(x))).toEqual(close([-1, 1, -1, 1], 4));
    expect(await list(new RMSNorm(4).forward(x))).toEqual(
      close(
        [1, 3, 5, 9].map((v) => v / Math.sqrt(29)),
        4,
      ),
    );
  });

  it('leave out what is not wanted', () => {
    expect(Object.keys(new LayerNorm([2, 3], { bias: false }).stateDict())).toEqual(['weight']);
    expect(Object.keys(new GroupNorm(1, 2, { affine: false }).stateDict())).toEqual([]);
  });
});

describe('Embedding', () => {
  it('reads rows by position; the padding row is 0 and learns nothing', async () => {
    const layer = new Embedding(3, 2, { paddingIndex: 1 });
    const rows = layer.forward(tensor([[1, 2]], { dtype: 'int32' }));
    expect(rows.shape).toEqual([1, 2, 2]);
    expect((await list(rows)).slice(0, 2)).toEqual([0, 0]);
    backward(sum(rows));
    expect(await list(layer.weight.grad)).toEqual([0, 0, 0, 0, 1, 1]);
  });
});

describe('Dropout', () => {
  it('drops other elements at each call in training, and scales the rest', async () => {
    const layer = new Dropout(0.5);
    const x = tensor(new Float32Array(1000).fill(1));
    const first = await list(layer.forward(x));
    const second = await list(layer.forward(x));
    expect(new Set(first)).toEqual(new Set([0, 2]));
    expect(first).not.toEqual(second);
    // 1,000 draws at ½ come within 5 standard deviations of 500.
    expect(Math.abs(first.filter((v) => v === 0).length - 500)).toBeLessThan(80);
  });

  it('gives what it gets in use, and repeats itself from the same key', async () => {
    const x = tensor(new Float32Array(50).fill(1));
    expect(await list(new Dropout(0.9).eval().forward(x))).toEqual(await list(x));
    const [a, b] = [new Dropout(0.5, { key: randomKey(3) }), new Dropout(0.5, { key: randomKey(3) })];
    for (let i = 0; i < 2; i++) expect(await list(a.forward(x))).toEqual(await list(b.forward(x)));
  });

  it('has a key that state dicts leave out, unless asked for', () => {
    expect(Object.keys(new Dropout().stateDict())).toEqual([]);
    expect(Object.keys(new Dropout().stateDict({ transient: true }))).toEqual(['key']);
    expect(() => new Dropout(1.5)).toThrow(ValueError);
  });
});

describe('MultiHeadAttention', () => {
  /** A layer whose projections are the identity, so that heads see slices of the input. */
  const identity = (batchFirst: boolean): MultiHeadAttention => {
    const layer = new MultiHeadAttention(2, 2, { batchFirst });
    const eye = [
      [1, 0],
      [0, 1],
    ];
    layer.projection.assign(tensor([...eye, ...eye, ...eye]));
    layer.output.weight.assign(tensor(eye));
    return layer;
  };

  it('mixes values by the similarity of queries and keys, head by head', async () => {
    const query = tensor([[[1, 0]]]);
    const pairs = tensor([
      [
        [2, 4],
        [0, 8],
      ],
    ]);
    // Head 0: scores 2 and 0 over values 2 and 0. Head 1: scores 0 and 0 over values 4 and 8.
    const weight = Math.exp(2) / (Math.exp(2) + 1);
    expect(await list(identity(true).forward(query, pairs))).toEqual(close([2 * weight, 6]));
  });

  it('takes the length first by default, like PyTorch', async () => {
    const x = ramp([3, 1, 2]);
    const y = identity(false).forward(x);
    expect(y.shape).toEqual([3, 1, 2]);
    const batchFirst = identity(true).forward(ramp([1, 3, 2]));
    expect(await list(y)).toEqual(await list(batchFirst));
  });

  it('looks at the past only when causal', async () => {
    const y = identity(true).forward(ramp([1, 3, 2]), undefined, undefined, { isCausal: true });
    expect((await list(y)).slice(0, 2)).toEqual(close([0.1, 0.2]));
  });

  it('has PyTorch’s names and shapes', () => {
    const state = new MultiHeadAttention(4, 2).stateDict();
    expect(Object.entries(state).map(([name, { shape }]) => [name, shape])).toEqual([
      ['in_proj_weight', [12, 4]],
      ['in_proj_bias', [12]],
      ['out_proj.weight', [4, 4]],
      ['out_proj.bias', [4]],
    ]);
    expect(() => new MultiHeadAttention(5, 2)).toThrow(ValueError);
  });

  it('drops weights in training only', async () => {
    const layer = new MultiHeadAttention(4, 2, { dropout: 0.5, batchFirst: true });
    const x = ramp([1, 3, 4]);
    expect(await list(layer.forward(x))).not.toEqual(await list(layer.forward(x)));
    layer.eval();
    expect(await list(layer.forward(x))).toEqual(await list(layer.forward(x)));
  });
});

describe('layers without parameters', () => {
  it('apply their function', async () => {
    expect(
      await list(
        new MaxPool2d(2).forward(
          tensor([
            [
              [
                [1, 5],
                [3, 2],
              ],
            ],
          ]),
        ),
      ),
    ).toEqual([5]);
    expect(new Flatten().forward(zeros([2, 3, 4])).shape).toEqual([2, 12]);
    const variables: Variable[] = [...new Flatten().parameters(), ...new MaxPool2d(2).buffers()];
    expect(variables).toEqual([]);
  });
});
