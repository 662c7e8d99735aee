/** A class of pixels. */
export interface PixelClass {
  readonly name: string;
  /** Red, green and blue from 0 to 255, to paint it with. */
  readonly color: readonly [number, number, number];
}

/** In the order of labels. */
export const pixelClasses: readonly PixelClass[] = [
  { name: 'background', color: [58, 65, 82] },
  { name: '0', color: [239, 83, 80] },
  { name: '1', color: [245, 152, 56] },
  { name: '2', color: [242, 214, 75] },
  { name: '3', color: [139, 195, 74] },
  { name: '4', color: [38, 178, 146] },
  { name: '5', color: [66, 180, 236] },
  { name: '6', color: [92, 110, 240] },
  { name: '7', color: [165, 105, 225] },
  { name: '8', color: [236, 100, 190] },
  { name: '9', color: [170, 132, 106] },
];

export const classCount = pixelClasses.length;
