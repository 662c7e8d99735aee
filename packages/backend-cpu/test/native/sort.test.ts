import { createHostArray, type DType, type HostArray, type SortKernel, sizeOf } from '@cotangent/ir';
import { describe, expect, it } from 'vitest';
import { planSort } from '../../src/native/sort.js';
import { runPlan } from './driver.js';
import { toNumbers } from './elements.js';
import { Random } from './random.js';

type Content = 'values' | 'permutation';

const sortKernel = (
  dtype: DType,
  { outer = [], length, descending = false }: { outer?: readonly number[]; length: number; descending?: boolean },
  contents: readonly Content[] = ['values', 'permutation'],
): SortKernel => ({
  kind: 'sort',
  inputs: [dtype],
  body: [
    {
      op: 'load',
      dtype,
      input: 0,
      index: { terms: [], offset: 0 },
      guards: [],
    },
  ],
  outer,
  length,
  key: 0,
  descending,
  outputs: contents.map((content) => ({
    dtype: content === 'values' ? dtype : 'int32',
    length: sizeOf(outer) * length,
    content,
  })),
});

const sort = (
  kernel: SortKernel,
  keys: HostArray,
  { threads = 1, random }: { threads?: number; random?: Random } = {},
) =>
  runPlan(planSort(kernel, { threads }), {
    inputs: [],
    accumulator: keys,
    outputs: kernel.outputs,
    ...(random && { random }),
  }).outputs;

/** Positions in order, row by row: NaN last, equal keys by position. */
const referencePermutation = ({ length, descending }: SortKernel, keys: Float64Array): number[] => {
  const result: number[] = [];
  for (let start = 0; start < keys.length; start += length) {
    const positions = Array.from({ length }, (_, i) => i);
    positions.sort((i, j) => {
      const a = keys[start + i] as number;
      const b = keys[start + j] as number;
      if (Number.isNaN(a) || Number.isNaN(b)) return Number(Number.isNaN(a)) - Number(Number.isNaN(b)) || i - j;
      return (descending ? b - a : a - b) || i - j;
    });
    for (const position of positions) result.push(position);
  }
  return result;
};

const specialValues: { readonly [D in DType]: readonly number[] } = {
  float32: [0, -0, Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 1e-45, -1e-45, 3.4e38, -3.4e38],
  float64: [0, -0, Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 5e-324, -5e-324, 1.7e308],
  float16: [0, 0x8000, 0x7e00, 0xfe01, 0x7c00, 0xfc00, 1, 0x8001, 0x7bff, 0xfbff],
  int32: [0, -1, 1, 2147483647, -2147483648],
  uint32: [0, 1, 4294967295, 2147483648, 2147483647],
  bool: [0, 1],
};

const randomElement = (dtype: DType, random: Random): number => {
  if (dtype === 'float32' || dtype === 'float64') return (random.next() - 0.5) * 2 ** random.between(-30, 30);
  if (dtype === 'float16') return random.below(65536);
  if (dtype === 'bool') return random.below(2);
  return random.below(2 ** 32);
};

/** Random keys, some special, some repeated. */
const randomKeys = (dtype: DType, count: number, random: Random): HostArray => {
  const keys = createHostArray(dtype, count);
  const variety = random.pick([0, 0.1, 0.5]);
  const repeated = Array.from({ length: 5 }, () => randomElement(dtype, random));
  for (let i = 0; i < count; i++) {
    const choice = random.next();
    if (choice < variety) keys[i] = random.pick(specialValues[dtype]);
    else keys[i] = choice < 2 * variety ? random.pick(repeated) : randomElement(dtype, random);
  }
  return keys;
};

/** As bit patterns, so that −0 and +0 differ, with one pattern for all NaN. */
const bitsOf = (dtype: DType, data: HostArray): number[] => {
  const isNaNAt = toNumbers(dtype, data);
  if (dtype === 'float64') return [...data].map((value) => (Object.is(value, -0) ? -0.5 : value));
  const size = data.BYTES_PER_ELEMENT;
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  return Array.from(data, (_, i) => {
    if (Number.isNaN(isNaNAt[i])) return -1;
    if (size === 4) return view.getUint32(4 * i, true);
    return size === 2 ? view.getUint16(2 * i, true) : view.getUint8(i);
  });
};

const dtypes = ['float32', 'float16', 'float64', 'int32', 'uint32', 'bool'] as const;

describe('planSort', () => {
  it.each(dtypes)('orders %s stably with NaN last, in both directions', (dtype) => {
    for (let seed = 1; seed <= 40; seed++) {
      const random = new Random(seed);
      const outer = random.pick([[], [3], [2, 4], [0], [1]]);
      const length = random.pick([0, 1, 2, 3, 7, 8, 9, 33, 64, 65, 127, 128, 129, 300, 1000, 5000]);
      const descending = random.next() < 0.5;
      const contents = random.pick<readonly Content[]>([['values'], ['permutation'], ['values', 'permutation']]);
      const kernel = sortKernel(dtype, { outer, length, descending }, contents);
      const keys = randomKeys(dtype, sizeOf(outer) * length, random);
      const permutation = referencePermutation(kernel, toNumbers(dtype, keys));
      const outputs = sort(kernel, keys);
      kernel.outputs.forEach(({ content }, i) => {
        const output = outputs[i] as HostArray;
        if (content === 'permutation') expect([...output], `seed ${seed}`).toEqual(permutation);
        else {
          const expected = createHostArray(dtype, keys.length);
          permutation.forEach((position, place) => {
            expected[place] = keys[place - (place % length) + position] as number;
          });
          expect(bitsOf(dtype, output), `seed ${seed}`).toEqual(bitsOf(dtype, expected));
        }
      });
    }
  });

  it('sends equal elements to their input order, descending too', () => {
    const keys = new Float32Array([1, 0, 2, -0, 1, 2]);
    const [values, permutation] = sort(sortKernel('float32', { length: 6, descending: true }), keys);
    expect([...(permutation as HostArray)]).toEqual([2, 5, 0, 4, 1, 3]);
    expect([...(values as HostArray)]).toEqual([2, 2, 1, 1, 0, -0]);
  });

  it('sorts a row whose digits are all alike but one', () => {
    const keys = Uint32Array.from({ length: 5000 }, (_, i) => ((i * 7919) % 5000) << 11);
    const [values] = sort(sortKernel('uint32', { length: 5000 }, ['values']), keys);
    expect([...(values as HostArray)]).toEqual([...keys].sort((a, b) => a - b));
  });

  it.each(dtypes)('shares long rows of %s among threads without changing a bit', (dtype) => {
    for (const contents of [['values'], ['permutation', 'values']] as const) {
      for (const descending of [false, true]) {
        const random = new Random(descending ? 21 : 22);
        const kernel = sortKernel(dtype, { outer: [2], length: 66_001, descending }, contents);
        const keys = randomKeys(dtype, 132_002, random);
        const alone = sort(kernel, keys);
        const shared = sort(kernel, keys, { threads: 5, random });
        expect(planSort(kernel, { threads: 5 }).phases.length).toBeGreaterThan(1);
        shared.forEach((output, i) => {
          const expected = alone[i] as HostArray;
          expect(output.findIndex((value, place) => !Object.is(value, expected[place]))).toBe(-1);
        });
      }
    }
  });
});
