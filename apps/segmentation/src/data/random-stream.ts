/** A repeatable stream of random numbers. */
export interface RandomStream {
  /** Uniform in [low, high). */
  uniform(low: number, high: number): number;
  /** Uniform whole number from 0 to `count − 1`. */
  integer(count: number): number;
}

/** Finalizer of MurmurHash3: every input bit moves every output bit. */
const mix = (word: number): number => {
  word = Math.imul(word ^ (word >>> 16), 0x85ebca6b);
  word = Math.imul(word ^ (word >>> 13), 0xc2b2ae35);
  return (word ^ (word >>> 16)) >>> 0;
};

const goldenRatio = 0x9e3779b9;

/** A stream that depends on nothing but the words: sfc32 (Doty-Humphrey, PractRand) seeded from their hash. */
export const randomStream = (...words: readonly number[]): RandomStream => {
  let state = words.reduce((hash, word) => mix(Math.imul(hash, 31) + word + goldenRatio), words.length);
  const seedWord = (): number => {
    state = (state + goldenRatio) >>> 0;
    return mix(state);
  };
  let a = seedWord();
  let b = seedWord();
  let c = seedWord();
  let counter = 1;
  const next = (): number => {
    const sum = (a + b + counter) | 0;
    counter = (counter + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = (((c << 21) | (c >>> 11)) + sum) | 0;
    return (sum >>> 0) / 2 ** 32;
  };
  return {
    uniform: (low, high) => low + (high - low) * next(),
    integer: (count) => Math.floor(count * next()),
  };
};
