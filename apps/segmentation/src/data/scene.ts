import { type Canvas, canvasSize } from './canvas.js';
import { addGrain, paintClutter } from './clutter.js';
import { countImages, digitImage, digitSize, type Split } from './handwriting.js';
import { type RandomStream, randomStream } from './random-stream.js';

/** A rectangle of pixels; `right` and `bottom` are outside. */
interface Box {
  readonly left: number;
  readonly top: number;
  readonly right: number;
  readonly bottom: number;
}

/** A pixel with more ink than this belongs to the digit. */
const labelledInk = 0.4;

/** Sizes of digits as multiples of the handwriting's own; every ratio is as likely as another. */
const smallest = 0.7;
const largest = 1.6;

/** Share of a digit's box that may lie beyond the edge of the canvas. */
const overhang = 0.1;

/** Places looked at for a digit; the one that covers the least of earlier digits is taken. */
const placeCount = 32;

/** The smallest box around an image's ink. */
const inkBox = (image: Float32Array): Box => {
  let [left, top, right, bottom] = [digitSize, digitSize, 0, 0];
  for (const [place, value] of image.entries()) {
    if (value === 0) continue;
    const x = place % digitSize;
    const y = Math.floor(place / digitSize);
    [left, right] = [Math.min(left, x), Math.max(right, x + 1)];
    [top, bottom] = [Math.min(top, y), Math.max(bottom, y + 1)];
  }
  return { left, top, right, bottom };
};

/** Ink between four pixels of an image, 0 outside of it. */
const sampleInk = (image: Float32Array, x: number, y: number): number => {
  const left = Math.floor(x);
  const top = Math.floor(y);
  const ink = (column: number, row: number): number =>
    column < 0 || row < 0 || column >= digitSize || row >= digitSize ? 0 : (image[row * digitSize + column] as number);
  const upper = ink(left, top) * (left + 1 - x) + ink(left + 1, top) * (x - left);
  const lower = ink(left, top + 1) * (left + 1 - x) + ink(left + 1, top + 1) * (x - left);
  return upper * (top + 1 - y) + lower * (y - top);
};

const countLabelled = ({ labels }: Canvas, box: Box): number => {
  let count = 0;
  for (let y = Math.max(0, box.top); y < Math.min(canvasSize, box.bottom); y++) {
    for (let x = Math.max(0, box.left); x < Math.min(canvasSize, box.right); x++) {
      if (labels[y * canvasSize + x] !== 0) count++;
    }
  }
  return count;
};

const choosePlace = (canvas: Canvas, width: number, height: number, stream: RandomStream): Box => {
  const start = (extent: number): number =>
    Math.round(stream.uniform(-overhang * extent, canvasSize - (1 - overhang) * extent));
  const places = Array.from({ length: placeCount }, () => {
    const left = start(width);
    const top = start(height);
    const box = { left, top, right: left + width, bottom: top + height };
    return { box, covered: countLabelled(canvas, box) };
  });
  return places.reduce((best, place) => (place.covered < best.covered ? place : best)).box;
};

/** Paints a digit of random handwriting, size, brightness and place over what is there. */
const paintDigit = (canvas: Canvas, split: Split, stream: RandomStream): void => {
  const digit = stream.integer(10);
  const image = digitImage(digit, split, stream.integer(countImages(digit, split)));
  const scale = smallest * (largest / smallest) ** stream.uniform(0, 1);
  const level = stream.uniform(0.7, 1);
  const source = inkBox(image);
  const width = Math.ceil((source.right - source.left) * scale);
  const height = Math.ceil((source.bottom - source.top) * scale);
  const place = choosePlace(canvas, width, height, stream);
  for (let y = Math.max(0, place.top); y < Math.min(canvasSize, place.bottom); y++) {
    for (let x = Math.max(0, place.left); x < Math.min(canvasSize, place.right); x++) {
      const sourceX = source.left + (x - place.left + 0.5) / scale - 0.5;
      const sourceY = source.top + (y - place.top + 0.5) / scale - 0.5;
      const ink = sampleInk(image, sourceX, sourceY);
      const position = y * canvasSize + x;
      canvas.pixels[position] = (canvas.pixels[position] as number) * (1 - ink) + level * ink;
      if (ink > labelledInk) canvas.labels[position] = 1 + digit;
    }
  }
};

const splitNumbers: Readonly<Record<Split, number>> = { training: 0, validation: 1 };

/** Paints scene `index` of a split on an empty canvas: three to six digits on clutter. A pure function of its arguments. */
export const paintScene = (canvas: Canvas, split: Split, seed: number, index: number): void => {
  const stream = randomStream(seed, splitNumbers[split], index);
  paintClutter(canvas, stream);
  for (let count = 3 + stream.integer(4); count > 0; count--) paintDigit(canvas, split, stream);
  addGrain(canvas, stream);
};
