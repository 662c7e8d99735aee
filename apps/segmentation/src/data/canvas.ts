/** Side of a scene in pixels. */
export const canvasSize = 64;

/** A picture being painted, row-major, with the class of every pixel. */
export interface Canvas {
  /** Brightness, about 0 to 1. */
  readonly pixels: Float32Array;
  /** 0 is background, `1 + d` is the digit `d`. */
  readonly labels: Int32Array;
}

export const createCanvas = (): Canvas => ({
  pixels: new Float32Array(canvasSize * canvasSize),
  labels: new Int32Array(canvasSize * canvasSize),
});
