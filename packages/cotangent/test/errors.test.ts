import { describe, expect, it } from 'vitest';
import {
  add,
  concat,
  convolve,
  divide,
  exp,
  matmul,
  max,
  reshape,
  slice,
  sum,
  TensorError,
  takeAlongAxis,
  tensor,
  transpose,
  Variable,
  where,
  zeros,
} from '../src/index.js';

const messageOf = (body: () => unknown): string => {
  try {
    body();
  } catch (error) {
    if (error instanceof TensorError) return `${error.name} ${error.message}`;
    throw error;
  }
  return 'no error';
};

const a = () => zeros([2, 3]);
const b = () => zeros([4, 5]);
const integers = () => zeros([2, 3], { dtype: 'int32' });

/** What a mistake says: the op, the fact, both sides, a hint. */
const mistakes: Readonly<Record<string, () => unknown>> = {
  'inner sizes of a product': () => matmul(a(), b()),
  'a scalar in a product': () => matmul(a(), tensor(1)),
  'shapes that do not broadcast': () => add(a(), b()),
  'dtypes that differ': () => add(a(), integers()),
  'a fraction beside integers': () => add(integers(), 0.5),
  'an exponential of integers': () => exp(integers()),
  'a true division of integers': () => divide(integers(), integers()),
  'a condition that is not bool': () => where(a(), 1, 2),
  'a reshape to another size': () => reshape(a(), [4, 2]),
  'an axis out of range': () => sum(a(), { axes: 2 }),
  'an axis given twice': () => sum(a(), { axes: [0, -2] }),
  'an incomplete permutation': () => transpose(a(), [0, 0]),
  'a slice past the end': () => slice(a(), [{ start: 1, size: 2 }]),
  'joined sizes that differ': () => concat([a(), b()]),
  'ragged arrays': () => tensor([[1, 2], [3]]),
  'data that does not fill the shape': () => tensor(new Float32Array(5), { shape: [2, 3] }),
  'a number that the dtype can not hold': () => tensor([1.5], { dtype: 'int32' }),
  'indices that are not integers': () => takeAlongAxis(a(), a()),
  'indices of another shape': () => takeAlongAxis(a(), zeros([4, 3], { dtype: 'int32' })),
  'the maximum of nothing': () => max(zeros([0])),
  'channels of a convolution': () => convolve(zeros([1, 1, 2, 8]), zeros([1, 4, 3, 3])),
  'a variable assigned another shape': () => new Variable(a(), { name: 'weight' }).assign(b()),
  'a disposed tensor': () => {
    const x = tensor([1, 2]);
    x.dispose();
    return add(x, 1);
  },
};

describe('messages', () => {
  it.each(Object.entries(mistakes))('say what is wrong with %s', (_, body) => {
    expect(messageOf(body)).toMatchSnapshot();
  });

  it('point at the line that made the mistake', () => {
    const lineOf = (error: unknown): string | undefined =>
      (error as Error).stack?.split('\n').find((l) => l.includes('errors.test'));
    let here = '';
    try {
      here = new Error('here').stack?.split('\n').find((l) => l.includes('errors.test')) ?? '';
      matmul(a(), b());
    } catch (error) {
      const line = (text: string | undefined): number => Number(/:(\d+):\d+\)?$/.exec(text ?? '')?.[1]);
      expect(line(lineOf(error))).toBe(line(here) + 1);
    }
  });
});
