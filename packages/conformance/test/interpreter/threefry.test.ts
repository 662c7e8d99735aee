import { expect, it } from 'vitest';
import { randomWord, threefry2x32 } from '../../src/interpreter/threefry.js';

// Known answers of Random123 for threefry2x32 with 20 rounds.
it.each([
  [
    [0, 0],
    [0, 0],
    [0x6b200159, 0x99ba4efe],
  ],
  [
    [0xffffffff, 0xffffffff],
    [0xffffffff, 0xffffffff],
    [0x1cb996fc, 0xbb002be7],
  ],
  [
    [0x13198a2e, 0x03707344],
    [0x243f6a88, 0x85a308d3],
    [0xc4923a9c, 0x483df7a0],
  ],
] as const)('key %o and counter %o give %o', (key, counter, expected) => {
  expect(threefry2x32(key, counter)).toEqual(expected);
});

it('counts positions beyond 32 bits in the high word', () => {
  const [x0, x1] = threefry2x32([1, 2], [1, 5]);
  expect(randomWord([1, 2], 2 ** 32 + 5)).toBe((x0 ^ x1) >>> 0);
});
