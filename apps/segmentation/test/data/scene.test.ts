import { describe, expect, it } from 'vitest';
import { type Canvas, canvasSize, createCanvas } from '../../src/data/canvas.js';
import { countImages, digitImage, type Split } from '../../src/data/handwriting.js';
import { paintScene } from '../../src/data/scene.js';

const paint = (split: Split, seed: number, index: number): Canvas => {
  const canvas = createCanvas();
  paintScene(canvas, split, seed, index);
  return canvas;
};

/** FNV-1a over brightness in 256 levels and labels. */
const fingerprint = ({ pixels, labels }: Canvas): number => {
  let hash = 0x811c9dc5;
  for (const [place, label] of labels.entries()) {
    hash = Math.imul(hash ^ Math.round(255 * (pixels[place] as number)), 0x01000193);
    hash = Math.imul(hash ^ label, 0x01000193);
  }
  return hash >>> 0;
};

describe('paintScene', () => {
  it('gives the same scene for the same seed and index, in any order', () => {
    const later = fingerprint(paint('training', 3, 17));
    paint('training', 3, 4);
    expect(fingerprint(paint('training', 3, 17))).toBe(later);
  });

  it('gives other scenes for other seeds, indices and splits', () => {
    const prints = [
      paint('training', 0, 0),
      paint('training', 0, 1),
      paint('training', 1, 0),
      paint('validation', 0, 0),
    ].map(fingerprint);
    expect(new Set(prints).size).toBe(4);
  });

  it('keeps brightness within 0 and 1 and labels within the classes', () => {
    for (let index = 0; index < 50; index++) {
      const { pixels, labels } = paint('training', 0, index);
      expect(pixels.every((value) => value >= 0 && value <= 1)).toBe(true);
      expect(labels.every((label) => label >= 0 && label <= 10)).toBe(true);
    }
  });

  it('shows every digit, on a background that takes most pixels', () => {
    const counts = new Array<number>(11).fill(0);
    for (let index = 0; index < 200; index++) {
      for (const label of paint('training', 0, index).labels) counts[label] = (counts[label] as number) + 1;
    }
    const area = 200 * canvasSize * canvasSize;
    expect((counts[0] as number) / area).toBeGreaterThan(0.75);
    for (const count of counts.slice(1)) expect(count / area).toBeGreaterThan(0.004);
  });

  it('paints clutter that is no digit', () => {
    let bright = 0;
    for (let index = 0; index < 50; index++) {
      const { pixels, labels } = paint('training', 0, index);
      bright += labels.filter((label, place) => label === 0 && (pixels[place] as number) > 0.35).length;
    }
    expect(bright / 50).toBeGreaterThan(50);
  });
});

describe('digitImage', () => {
  const images = (digit: number, split: Split): string[] =>
    Array.from({ length: countImages(digit, split) }, (_, position) => digitImage(digit, split, position).join());

  it('shares no image between training and validation, and leaves none out', () => {
    let total = 0;
    for (let digit = 0; digit < 10; digit++) {
      const training = new Set(images(digit, 'training'));
      const validation = new Set(images(digit, 'validation'));
      expect([...validation].filter((image) => training.has(image))).toEqual([]);
      expect(validation.size).toBeGreaterThan(100);
      total += training.size + validation.size;
    }
    expect(total).toBe(10_000);
  });
});
