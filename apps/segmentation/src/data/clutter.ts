import { type Canvas, canvasSize } from './canvas.js';
import type { RandomStream } from './random-stream.js';

/** Paints every pixel within `reach` of a centre with what `brightness` gives for its distance, where that is brighter. */
const stamp = (
  { pixels }: Canvas,
  centerX: number,
  centerY: number,
  reach: number,
  brightness: (distance: number) => number,
): void => {
  const bottom = Math.min(canvasSize - 1, Math.floor(centerY + reach));
  const right = Math.min(canvasSize - 1, Math.floor(centerX + reach));
  for (let y = Math.max(0, Math.ceil(centerY - reach)); y <= bottom; y++) {
    for (let x = Math.max(0, Math.ceil(centerX - reach)); x <= right; x++) {
      const place = y * canvasSize + x;
      const value = brightness(Math.hypot(x - centerX, y - centerY));
      if (value > (pixels[place] as number)) pixels[place] = value;
    }
  }
};

/** A thin curve across the canvas: as bright as ink, but no wider than a pixel and a half. */
const paintScratch = (canvas: Canvas, stream: RandomStream): void => {
  const point = () => [stream.uniform(0, canvasSize), stream.uniform(0, canvasSize)] as const;
  const [startX, startY] = point();
  const [bendX, bendY] = point();
  const [endX, endY] = point();
  const radius = stream.uniform(0.2, 0.7);
  const level = stream.uniform(0.3, 0.9);
  const stepCount = 2 * canvasSize;
  for (let step = 0; step <= stepCount; step++) {
    const t = step / stepCount;
    const [from, via, to] = [(1 - t) ** 2, 2 * t * (1 - t), t ** 2];
    const x = from * startX + via * bendX + to * endX;
    const y = from * startY + via * bendY + to * endY;
    stamp(canvas, x, y, radius + 1, (distance) => level * Math.min(1, Math.max(0, radius + 0.5 - distance)));
  }
};

/** A soft speckled blot. */
const paintBlot = (canvas: Canvas, stream: RandomStream): void => {
  const x = stream.uniform(0, canvasSize);
  const y = stream.uniform(0, canvasSize);
  const radius = stream.uniform(2, 5);
  const level = stream.uniform(0.4, 0.9);
  stamp(canvas, x, y, 2 * radius, (distance) => level * stream.uniform(0.4, 1) * Math.exp(-((distance / radius) ** 2)));
};

/** Paints what is no digit: curves and blots that leave the labels alone. */
export const paintClutter = (canvas: Canvas, stream: RandomStream): void => {
  for (let count = 1 + stream.integer(3); count > 0; count--) paintScratch(canvas, stream);
  for (let count = 1 + stream.integer(3); count > 0; count--) paintBlot(canvas, stream);
};

/** Adds grain of a strength that differs from scene to scene. */
export const addGrain = ({ pixels }: Canvas, stream: RandomStream): void => {
  const strength = stream.uniform(0.02, 0.12);
  for (let place = 0; place < pixels.length; place++) {
    pixels[place] = Math.min(1, Math.max(0, (pixels[place] as number) + stream.uniform(-strength, strength)));
  }
};
