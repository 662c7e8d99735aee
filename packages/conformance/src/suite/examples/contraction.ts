import type { Shape } from '@cotangent/ir';
import { add, broadcastTo, convolve, flip, matmul, reshape, slice, tanh, transpose } from '@cotangent/tensor';
import { type Example, floats, numbers, one } from './example.js';

const matmulSizes: readonly (readonly [Shape, Shape])[] = [
  [
    [1, 1],
    [1, 1],
  ],
  [
    [3, 4],
    [4, 5],
  ],
  [
    [0, 4],
    [4, 5],
  ],
  [
    [3, 0],
    [0, 5],
  ],
  [
    [2, 3, 4],
    [2, 4, 5],
  ],
  [
    [2, 3, 4],
    [4, 5],
  ],
  [
    [67, 129],
    [129, 35],
  ],
  [
    [1, 257],
    [257, 33],
  ],
  [
    [33, 257],
    [257, 1],
  ],
];

/** Products of contiguous, strided and broadcast operands. */
export const matmulExamples: readonly Example[] = [
  ...matmulSizes.map(([left, right]) =>
    one(
      `[${left.join(', ')}] · [${right.join(', ')}]`,
      numbers,
      (inputs, dtype) => [inputs.values(left, dtype), inputs.values(right, dtype)],
      (a, b) => matmul(a, b),
      true,
    ),
  ),
  one(
    'of transposed operands',
    numbers,
    (inputs, dtype) => [inputs.values([9, 7], dtype), inputs.values([5, 9], dtype)],
    (a, b) => matmul(transpose(a), transpose(b)),
    true,
  ),
  one(
    'of sliced and flipped operands',
    numbers,
    (inputs, dtype) => [inputs.values([8, 9], dtype), inputs.values([9, 6], dtype)],
    (a, b) => matmul(slice(a, [{ start: 1, size: 4, step: 2 }]), flip(b, 1)),
    true,
  ),
  one(
    'of a broadcast operand, with an epilogue',
    floats,
    (inputs, dtype) => [inputs.values([3, 4, 5], dtype), inputs.values([5], dtype), inputs.values([4], dtype)],
    (a, b, c) => tanh(add(matmul(a, broadcastTo(reshape(b, [5, 1]), [3, 5, 4])), c)),
    true,
  ),
];

interface ConvolveCase {
  readonly title: string;
  readonly input: Shape;
  readonly kernel: Shape;
  readonly options?: Parameters<typeof convolve>[2];
}

const convolveCases: readonly ConvolveCase[] = [
  { title: 'one point', input: [1, 1, 1, 1], kernel: [1, 1, 1, 1] },
  { title: '1-D', input: [2, 1, 3, 9], kernel: [1, 4, 3, 3] },
  {
    title: '2-D padded',
    input: [2, 1, 3, 6, 5],
    kernel: [1, 4, 3, 3, 3],
    options: {
      padding: [
        [1, 1],
        [2, 0],
      ],
    },
  },
  { title: '3-D', input: [1, 1, 2, 4, 3, 5], kernel: [1, 2, 2, 2, 1, 3] },
  {
    title: 'strided and dilated',
    input: [1, 1, 2, 9, 8],
    kernel: [1, 3, 2, 3, 2],
    options: { stride: [2, 3], kernelDilation: [2, 1] },
  },
  {
    title: 'of dilated input',
    input: [1, 1, 2, 4, 3],
    kernel: [1, 2, 2, 3, 3],
    options: {
      inputDilation: [2, 3],
      padding: [
        [2, 1],
        [1, 2],
      ],
    },
  },
  { title: 'cut by negative padding', input: [1, 1, 2, 8], kernel: [1, 2, 2, 3], options: { padding: [[-2, -1]] } },
  {
    title: 'in groups',
    input: [2, 3, 2, 5, 5],
    kernel: [3, 2, 2, 3, 3],
    options: {
      padding: [
        [1, 1],
        [1, 1],
      ],
    },
  },
  {
    title: 'depthwise',
    input: [2, 5, 1, 6, 6],
    kernel: [5, 1, 1, 3, 3],
    options: {
      padding: [
        [1, 1],
        [1, 1],
      ],
    },
  },
  { title: 'of an empty batch', input: [0, 1, 3, 5, 5], kernel: [1, 2, 3, 3, 3] },
  {
    title: 'with more channels than a block',
    input: [1, 1, 37, 9, 7],
    kernel: [1, 35, 37, 3, 3],
    options: {
      padding: [
        [1, 1],
        [1, 1],
      ],
    },
  },
];

/** Convolutions with every parameter, in 1 to 3 dimensions. */
export const convolveExamples: readonly Example[] = convolveCases.map(({ title, input, kernel, options }) =>
  one(
    title,
    floats,
    (inputs, dtype) => [inputs.values(input, dtype), inputs.values(kernel, dtype)],
    (x, w) => convolve(x, w, options),
    true,
  ),
);
