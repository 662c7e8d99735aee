import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';

/** Which images a scene may use: the two have none in common. */
export type Split = 'training' | 'validation';

/** Side of a digit image in pixels. */
export const digitSize = 28;

const pixelCount = digitSize * digitSize;

/** Every eighth image of a digit is kept for validation. */
const stride = 8;

const packageFiles = createRequire(import.meta.url);

/** Ink from 0 to 1, one image after the other. */
const readInk = (digit: number): Float32Array => {
  const path = packageFiles.resolve(`mnist/src/digits/${digit}.json`);
  const { data } = JSON.parse(readFileSync(path, 'utf8')) as { data: number[] };
  return Float32Array.from(data);
};

const ink: (Float32Array | undefined)[] = [];

/** The file of a digit, read when it is first drawn. */
const inkOf = (digit: number): Float32Array => {
  ink[digit] ??= readInk(digit);
  return ink[digit];
};

/** How many images of a digit belong to a split. */
export const countImages = (digit: number, split: Split): number => {
  const imageCount = Math.floor(inkOf(digit).length / pixelCount);
  const heldCount = Math.floor(imageCount / stride);
  return split === 'validation' ? heldCount : imageCount - heldCount;
};

/** One image of a split, row-major ink from 0 to 1: a view of what all share, not to be written to. */
export const digitImage = (digit: number, split: Split, position: number): Float32Array => {
  const index =
    split === 'validation' ? position * stride + stride - 1 : position + Math.floor(position / (stride - 1));
  return inkOf(digit).subarray(index * pixelCount, (index + 1) * pixelCount);
};
