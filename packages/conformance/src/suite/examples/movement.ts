import { dtypes, isFloat } from '@cotangent/ir';
import {
  broadcastTo,
  callWithRule,
  concat,
  detach,
  flip,
  fold,
  multiply,
  type OpName,
  pad,
  reshape,
  slice,
  transpose,
  window,
} from '@cotangent/tensor';
import { type Example, numbers, one, type Unary } from './example.js';

const windowCases = [
  { shape: [1], options: { size: [1] } },
  { shape: [3, 8], options: { size: [3], stride: [2] } },
  { shape: [2, 3, 7, 6], options: { size: [3, 2], stride: [2, 1], dilation: [1, 3] } },
] as const;

/** Meets a value that a kernel computes, so that the movement is fused with it. */
const computed =
  (compute: Unary): Unary =>
  (x) =>
    compute(isFloat(x.dtype) ? multiply(x, 2) : x);

/** Ops that move elements, and those that pass them on. */
export const movementExamples = {
  reshape: [
    one(
      'of a leaf and of a transposed value',
      dtypes,
      (inputs, dtype) => [inputs.values([4, 6], dtype)],
      (x) => [reshape(x, [3, 8]), reshape(transpose(x), [8, 3]), reshape(computed((y) => transpose(y))(x), [24])],
      true,
    ),
  ],
  transpose: [
    one(
      'of three axes',
      dtypes,
      (inputs, dtype) => [inputs.values([2, 3, 5], dtype)],
      (x) => [transpose(x, [2, 0, 1]), computed((y) => transpose(y))(x)],
      true,
    ),
  ],
  broadcast: [
    one(
      'of axes of size 1, and to none',
      dtypes,
      (inputs, dtype) => [inputs.values([3, 1], dtype)],
      (x) => [broadcastTo(x, [2, 3, 4]), broadcastTo(x, [3, 0]), computed((y) => broadcastTo(y, [3, 7]))(x)],
      true,
    ),
  ],
  slice: [
    one(
      'with steps of both signs',
      dtypes,
      (inputs, dtype) => [inputs.values([7, 9], dtype)],
      (x) => [
        slice(x, [
          { start: 5, size: 3, step: -2 },
          { start: 1, size: 4, step: 2 },
        ]),
        slice(x, [{ start: 0, size: 0 }]),
        computed((y) => flip(y))(x),
      ],
      true,
    ),
  ],
  pad: [
    one(
      'with gaps, cuts and a value',
      dtypes,
      (inputs, dtype) => [inputs.values([3, 4], dtype)],
      (x) => [
        pad(x, [
          [1, 2],
          [0, 3],
        ]),
        pad(
          x,
          [
            [-1, 2],
            [1, -2],
          ],
          { value: 1 },
        ),
        pad(
          x,
          [
            [0, 0],
            [-1, 1],
          ],
          { interior: [2, 1], value: 1 },
        ),
      ],
      true,
    ),
    one(
      'of nothing',
      dtypes,
      (inputs, dtype) => [inputs.values([0, 2], dtype)],
      (x) =>
        pad(x, [
          [2, 1],
          [0, 0],
        ]),
    ),
  ],
  concat: [
    one(
      'along each axis',
      dtypes,
      (inputs, dtype) => [inputs.values([2, 3], dtype), inputs.values([2, 3], dtype), inputs.values([0, 3], dtype)],
      (a, b, empty) => [concat([a, b, empty], 0), concat([a, transpose(computed((y) => transpose(y))(b))], 1)],
      true,
    ),
  ],
  window: windowCases.map(({ shape, options }) =>
    one(
      `over [${shape.join(', ')}]`,
      dtypes,
      (inputs, dtype) => [inputs.values(shape, dtype)],
      (x) => window(x, options),
      true,
    ),
  ),
  fold: windowCases.map(({ shape, options }) =>
    one(
      `to [${shape.join(', ')}]`,
      numbers,
      (inputs, dtype) => [window(inputs.values(shape, dtype), options)],
      (x) => fold(x, shape.slice(shape.length - options.size.length), options),
      true,
    ),
  ),
  detach: [
    one(
      'keeps values',
      dtypes,
      (inputs, dtype) => [inputs.values([3], dtype)],
      (x) => detach(x),
    ),
  ],
  call: [
    one(
      'keeps values',
      dtypes,
      (inputs, dtype) => [inputs.values([3], dtype)],
      (x) => callWithRule(x, [x], (cotangent) => [cotangent]),
    ),
  ],
} satisfies Partial<Record<OpName, readonly Example[]>>;
