import type { DType, HostArray } from '@cotangent/ir';
import type { Random } from './random.js';

const halfToNumber = (bits: number): number => {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 31;
  const fraction = bits & 1023;
  if (exponent === 31) return fraction ? Number.NaN : sign * Number.POSITIVE_INFINITY;
  return sign * (exponent === 0 ? fraction * 2 ** -24 : (1 + fraction / 1024) * 2 ** (exponent - 15));
};

/** The elements as float64. */
export const toNumbers = (dtype: DType, data: HostArray): Float64Array =>
  Float64Array.from(data, dtype === 'float16' ? halfToNumber : (value) => value);

/** Random elements of moderate size: floats in [−1, 1), integers in [−100, 100] or [0, 100]. */
export const fillRandom = <A extends HostArray>(data: A, dtype: DType, random: Random): A => {
  for (let i = 0; i < data.length; i++) {
    if (dtype === 'float16') data[i] = (random.below(2) << 15) | (random.between(8, 14) << 10) | random.below(1024);
    else if (dtype === 'int32') data[i] = random.between(-100, 100);
    else if (dtype === 'uint32') data[i] = random.between(0, 100);
    else data[i] = 2 * random.next() - 1;
  }
  return data;
};
