const rotations = [
  [13, 15, 26, 6],
  [17, 29, 16, 24],
] as const;

const rotateLeft = (value: number, bits: number): number => (value << bits) | (value >>> (32 - bits));

/** Threefry-2x32 with 20 rounds: the two output words for a key and a counter (Salmon et al. 2011). */
export const threefry2x32 = (
  key: readonly [number, number],
  counter: readonly [number, number],
): readonly [number, number] => {
  const schedule = [key[0], key[1], key[0] ^ key[1] ^ 0x1bd11bda];
  let x0 = (counter[0] + key[0]) | 0;
  let x1 = (counter[1] + key[1]) | 0;
  for (let group = 0; group < 5; group++) {
    for (const rotation of rotations[(group % 2) as 0 | 1]) {
      x0 = (x0 + x1) | 0;
      x1 = rotateLeft(x1, rotation) ^ x0;
    }
    x0 = (x0 + (schedule[(group + 1) % 3] as number)) | 0;
    x1 = (x1 + (schedule[(group + 2) % 3] as number) + group + 1) | 0;
  }
  return [x0 >>> 0, x1 >>> 0];
};

/**
 * The random bits of the element at `position`: both words of the counter (high 32 bits of the position, low 32 bits)
 * joined by exclusive or.
 */
export const randomWord = (key: readonly [number, number], position: number): number => {
  const [x0, x1] = threefry2x32(key, [Math.floor(position / 2 ** 32) >>> 0, position >>> 0]);
  return (x0 ^ x1) >>> 0;
};
