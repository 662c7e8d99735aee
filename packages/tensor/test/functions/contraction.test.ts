import { createCpuBackend } from '@cotangent/backend-cpu';
import { beforeAll, describe, expect, it } from 'vitest';
import {
  bmm,
  conv1d,
  conv2d,
  convTranspose2d,
  Device,
  dot,
  einsum,
  linear,
  ones,
  outer,
  scaledDotProductAttention,
  setDefaultDevice,
  tensor,
  tensordot,
  zeros,
} from '../../src/index.js';
import { expectClose } from './expect-close.js';

beforeAll(() => setDefaultDevice(new Device(createCpuBackend())));

const matrix = () =>
  tensor([
    [1, 2],
    [3, 4],
  ]);

describe('products', () => {
  it('linear multiplies with the transposed weight', async () => {
    expect(
      await linear(
        matrix(),
        tensor([
          [1, 0],
          [0, 1],
          [1, 1],
        ]),
        tensor([0, 0, 10]),
      ).toArray(),
    ).toEqual([
      [1, 2, 13],
      [3, 4, 17],
    ]);
  });

  it('linear names both sides where the features differ', () => {
    expect(() => linear(matrix(), zeros([5, 3]))).toThrow(
      'linear: the input has 2 features, the weight takes 3.\n  input   [2, 2]\n  weight  [5, 3]\n  The weight is [out, in].',
    );
  });

  it('dot and outer take vectors', async () => {
    expect(await dot(tensor([1, 2]), tensor([3, 4])).item()).toBe(11);
    expect(await outer(tensor([1, 2]), tensor([3, 4])).toArray()).toEqual([
      [3, 4],
      [6, 8],
    ]);
    expect(() => dot(matrix(), matrix())).toThrow('dot: exactly 1 axis is needed.\n  shape  [2, 2]\n  rank   2');
  });

  it('bmm refuses batches of different size', () => {
    expect(() => bmm(zeros([2, 1, 1]), zeros([3, 1, 1]))).toThrow(
      'bmm: the batches have 2 and 3 matrices.\n  left   [2, 1, 1]\n  right  [3, 1, 1]',
    );
  });

  it('tensordot pairs axes', async () => {
    expect(await tensordot(matrix(), matrix(), { axes: [[0], [1]] }).toArray()).toEqual([
      [7, 15],
      [10, 22],
    ]);
    expect(await tensordot(matrix(), matrix()).item()).toBe(30);
  });
});

describe('einsum', () => {
  it.each<[string, number[]]>([
    ['ij,jk->ik', [7, 10, 15, 22]],
    ['ij,jk', [7, 10, 15, 22]],
    ['ij,ij->', [30]],
    ['ij,kl->', [100]],
    ['ii,jk->jk', [5, 10, 15, 20]],
    ['...j,...j->...', [5, 25]],
  ])('%s', async (equation, values) => {
    await expectClose(einsum(equation, matrix(), matrix()), values);
  });

  it('takes diagonals, transposes and sums of one tensor', async () => {
    expect(await einsum('ii->i', matrix()).toArray()).toEqual([1, 4]);
    expect(await einsum('ij->ji', matrix()).toArray()).toEqual([
      [1, 3],
      [2, 4],
    ]);
    expect(await einsum('ij->j', matrix()).toArray()).toEqual([4, 6]);
  });

  it('contracts a chain from its cheap end', () => {
    const product = einsum('ij,jk,k->i', zeros([500, 400]), zeros([400, 300]), zeros([300]));
    expect(product.shape).toEqual([500]);
  });

  it('names the label whose sizes differ', () => {
    expect(() => einsum('ij,jk->ik', zeros([2, 3]), zeros([4, 5]))).toThrow(
      'einsum: label "j" has sizes 3 and 4.\n  equation  ij,jk->ik\n  shapes    [[2, 3], [4, 5]]',
    );
  });

  it('refuses a term that does not fit its tensor', () => {
    expect(() => einsum('ijk->i', matrix())).toThrow(
      'einsum: term "ijk" does not have 2 axes.\n  equation  ijk->i\n  shapes    [[2, 2]]',
    );
  });
});

describe('convolution', () => {
  it('slides the kernel without turning it', async () => {
    expect(await conv1d(tensor([[[1, 2, 4, 8]]]), tensor([[[1, 10]]])).toArray()).toEqual([[[21, 42, 84]]]);
  });

  it("keeps the size with padding 'same', the odd element behind", async () => {
    expect(await conv1d(tensor([[[1, 2, 4]]]), tensor([[[1, 10]]]), { padding: 'same' }).toArray()).toEqual([
      [[21, 42, 4]],
    ]);
  });

  it('takes a single example without batch axis', () => {
    expect(conv2d(zeros([3, 5, 6]), zeros([4, 3, 3, 3]), { padding: 1 }).shape).toEqual([4, 5, 6]);
  });

  it('adds the bias to each output channel', async () => {
    const output = conv2d(zeros([1, 1, 1, 2]), zeros([2, 1, 1, 1]), { bias: tensor([1, 2]) });
    expect(await output.toArray()).toEqual([[[[1, 1]], [[2, 2]]]]);
  });

  it('names channels, weight and groups where they do not fit', () => {
    expect(() => conv2d(zeros([1, 3, 4, 4]), zeros([8, 2, 3, 3]), { groups: 2 })).toThrow(
      'conv2d: the input has 3 channels, the weight takes 4.\n  input   [1, 3, 4, 4]\n  weight  [8, 2, 3, 3]\n  groups  2\n  The weight is [out, in / groups, ...kernel].',
    );
  });

  it('names the bias that does not fit', () => {
    expect(() => conv1d(zeros([1, 1, 3]), zeros([2, 1, 1]), { bias: zeros([3]) })).toThrow(
      'conv1d: the bias needs 2 elements, one for each output channel.\n  output  [1, 2, 3]\n  bias    [3]',
    );
  });

  it('refuses a stride of 0', () => {
    expect(() => conv1d(zeros([1, 1, 3]), zeros([1, 1, 1]), { stride: 0 })).toThrow(
      'conv1d: stride is a whole number from 1.\n  stride  0',
    );
  });

  it('transposed, puts a weighted kernel at each element', async () => {
    const output = convTranspose2d(tensor([[[[1, 2]]]]), tensor([[[[1, 10]]]]), { stride: [1, 2] });
    expect(await output.toArray()).toEqual([[[[1, 10, 2, 20]]]]);
  });

  it('transposed, refuses an output padding as large as the stride', () => {
    expect(() => convTranspose2d(zeros([1, 1, 2, 2]), zeros([1, 1, 2, 2]), { stride: 2, outputPadding: 2 })).toThrow(
      'convTranspose2d: outputPadding must be less than stride or dilation.\n  outputPadding  [2, 2]\n  stride         [2, 2]\n  dilation       [1, 1]',
    );
  });
});

describe('attention', () => {
  const value = () => tensor([[1], [2], [4]]);

  it('averages values evenly for equal scores', async () => {
    await expectClose(scaledDotProductAttention(zeros([1, 2]), zeros([3, 2]), value()), [7 / 3]);
  });

  it('looks back only when causal', async () => {
    const output = scaledDotProductAttention(zeros([3, 2]), zeros([3, 2]), value(), { isCausal: true });
    await expectClose(output, [1, 1.5, 7 / 3]);
  });

  it('follows a bool mask, and gives 0 for a query that sees nothing', async () => {
    const mask = tensor([
      [true, false, true],
      [false, false, false],
    ]);
    await expectClose(scaledDotProductAttention(zeros([2, 2]), zeros([3, 2]), value(), { mask }), [2.5, 0]);
  });

  it('adds a floating-point mask to the scores', async () => {
    const mask = tensor([[0, -1e9, 0]]);
    await expectClose(scaledDotProductAttention(zeros([1, 2]), zeros([3, 2]), value(), { mask }), [2.5]);
  });

  it('names all shapes where they do not fit', () => {
    expect(() => scaledDotProductAttention(ones([2, 4]), ones([3, 5]), ones([3, 1]))).toThrow(
      'scaledDotProductAttention: queries and keys differ in width, or keys and values in number.\n  query  [2, 4]\n  key    [3, 5]\n  value  [3, 1]',
    );
  });
});
