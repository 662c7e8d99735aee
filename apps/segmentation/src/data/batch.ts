import { type Device, type Tensor, tensor } from 'cotangent';
import { canvasSize } from './canvas.js';
import type { Split } from './handwriting.js';
import { paintScene } from './scene.js';

/** Scenes on a device. */
export interface Batch {
  /** Brightness, float32 `[n, 1, 64, 64]`. */
  readonly images: Tensor;
  /** Classes from 0 to 10, int32 `[n, 64, 64]`. */
  readonly labels: Tensor;
}

/** Scenes `first` to `first + count − 1` of a split, painted on the host. */
export const paintBatch = (split: Split, seed: number, first: number, count: number, device: Device): Batch => {
  const area = canvasSize * canvasSize;
  const pixels = new Float32Array(count * area);
  const labels = new Int32Array(count * area);
  for (let i = 0; i < count; i++) {
    const place = [i * area, (i + 1) * area] as const;
    paintScene({ pixels: pixels.subarray(...place), labels: labels.subarray(...place) }, split, seed, first + i);
  }
  return {
    images: tensor(pixels, { shape: [count, 1, canvasSize, canvasSize], device }),
    labels: tensor(labels, { shape: [count, canvasSize, canvasSize], device }),
  };
};
