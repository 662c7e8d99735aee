import { dtypes } from '@cotangent/ir';
import { full, iota, type OpName, randomBits } from '@cotangent/tensor';
import { type Example, one } from './example.js';

/** Leaves, and what needs no input. */
export const sourceExamples = {
  data: [
    one(
      'read back',
      dtypes,
      (inputs, dtype) => [inputs.values([3, 5], dtype), inputs.values([0], dtype), inputs.values([], dtype)],
      (...all) => all,
    ),
  ],
  constant: [
    ...dtypes.map((dtype) =>
      one(
        `of ${dtype}`,
        ['float32'],
        (inputs) => [full([2, 3], 1, { dtype, device: inputs.device }), full([0], 1, { dtype, device: inputs.device })],
        (...all) => all,
      ),
    ),
  ],
  iota: [
    one(
      'along each axis',
      ['int32'],
      ({ device }) => [iota([5], 0, { device }), iota([2, 3, 4], 1, { device }), iota([0, 2], 0, { device })],
      (...all) => all,
    ),
  ],
  randomBits: [
    one(
      'of keys',
      ['uint32'],
      (inputs) => [inputs.whole([2], 'uint32', 0, 2 ** 31), inputs.whole([2], 'uint32', 0, 2 ** 31)],
      (a, b) => [randomBits(a, [5, 7]), randomBits(b, []), randomBits(a, [0])],
    ),
  ],
} satisfies Partial<Record<OpName, readonly Example[]>>;
