import { expect, it } from 'vitest';
import { decodeFloat16, encodeFloat16, roundToFloat16 } from '../../src/interpreter/float16.js';

it.each([
  [1, 0x3c00],
  [-2, 0xc000],
  [65504, 0x7bff],
  [2 ** -14, 0x0400],
  [2 ** -24, 0x0001],
  [-0, 0x8000],
  [Number.POSITIVE_INFINITY, 0x7c00],
])('%d is %i', (value, bits) => {
  expect(encodeFloat16(value)).toBe(bits);
  expect(decodeFloat16(bits)).toBe(value);
});

it('decodes every bit pattern to a number that encodes to it', () => {
  const patterns = Array.from({ length: 0x10000 }, (_, bits) => bits);
  const numbers = patterns.filter((bits) => !Number.isNaN(decodeFloat16(bits)));
  expect(numbers.filter((bits) => encodeFloat16(decodeFloat16(bits)) !== bits)).toEqual([]);
});

it('rounds ties to even and overflows to infinity', () => {
  expect(roundToFloat16(2049)).toBe(2048);
  expect(roundToFloat16(2051)).toBe(2052);
  expect(roundToFloat16(65519)).toBe(65504);
  expect(roundToFloat16(65520)).toBe(Number.POSITIVE_INFINITY);
});
