import { encode } from 'fast-png';
import { pixelClasses } from '../classes.js';
import { canvasSize } from '../data/canvas.js';
import type { Example } from '../training/validation.js';

type Color = readonly [number, number, number];

/** Ways of being wrong, with the colours that show them. */
export const mistakes = {
  missed: { name: 'digit taken for background', color: [66, 165, 245] },
  invented: { name: 'background taken for a digit', color: [255, 179, 0] },
  confused: { name: 'one digit taken for another', color: [255, 61, 87] },
} as const satisfies Readonly<Record<string, { name: string; color: Color }>>;

/** How bright the scene stays behind the mistakes. */
const backdrop = 0.4;

const gray = (brightness: number): Color => {
  const level = Math.round(255 * Math.min(1, Math.max(0, brightness)));
  return [level, level, level];
};

const colorOfClass = (label: number): Color => pixelClasses[label]?.color ?? [255, 255, 255];

const colorOfMistake = (truth: number, prediction: number): Color | undefined => {
  if (truth === prediction) return undefined;
  if (prediction === 0) return mistakes.missed.color;
  return truth === 0 ? mistakes.invented.color : mistakes.confused.color;
};

/** A PNG as a data URL. */
const picture = (colorAt: (place: number) => Color): string => {
  const data = new Uint8Array(canvasSize * canvasSize * 3);
  for (let place = 0; place < canvasSize * canvasSize; place++) data.set(colorAt(place), place * 3);
  const png = encode({ width: canvasSize, height: canvasSize, data, channels: 3, depth: 8 });
  return `data:image/png;base64,${Buffer.from(png).toString('base64')}`;
};

/** The four pictures of an example, as data URLs. */
export const paintExample = ({ pixels, truth, prediction }: Example) => {
  const at = (values: ArrayLike<number>, place: number): number => values[place] as number;
  return {
    input: picture((place) => gray(at(pixels, place))),
    truth: picture((place) => colorOfClass(at(truth, place))),
    prediction: picture((place) => colorOfClass(at(prediction, place))),
    mistakes: picture(
      (place) => colorOfMistake(at(truth, place), at(prediction, place)) ?? gray(backdrop * at(pixels, place)),
    ),
  };
};
