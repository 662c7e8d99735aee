import {
  abs,
  add,
  cast,
  clamp,
  conv2d,
  divide,
  exp,
  iota,
  log10,
  mean,
  multiply,
  narrow,
  padReflect,
  reshape,
  ShapeError,
  sizeOf,
  square,
  subtract,
  sum,
  type Tensor,
  ValueError,
} from '@cotangent/tensor';
import { requireSameShape } from './elementwise-pair.js';
import { widenHalf } from './precision.js';
import { type LossReduction, reduceLosses, requireChoice } from './reduction.js';
import { mseLoss } from './regression.js';

/** How structural similarity is taken. */
export interface SsimOptions {
  /** Pixels that a window is wide, odd; 11. */
  readonly windowSize?: number;
  /** The range of pixel values; 1. */
  readonly maximum?: number;
  /** Added below the line; 1e-12. */
  readonly epsilon?: number;
  /** `'same'` (default) reflects images at their borders, `'valid'` leaves out windows that reach over them. */
  readonly padding?: 'same' | 'valid';
}

/** How the loss of structural similarity is taken. */
export interface SsimLossOptions extends SsimOptions {
  readonly reduction?: LossReduction;
}

/** The spread of a window's weights, in pixels. */
const windowDeviation = 1.5;

/** Normal weights `[size]` that add up to 1. */
const gaussianWindow = (size: number, { dtype, device }: Tensor): Tensor => {
  const distance = subtract(cast(iota([size], 0, { device }), dtype), (size - 1) / 2);
  const weights = exp(multiply(square(distance), -1 / (2 * windowDeviation ** 2)));
  return divide(weights, sum(weights));
};

/** Weighted means of windows along one axis. */
const smoothAxis = (x: Tensor, window: Tensor, axis: number): Tensor => {
  const rows = reshape(x, [
    sizeOf(x.shape.slice(0, axis)),
    1,
    x.shape[axis] as number,
    sizeOf(x.shape.slice(axis + 1)),
  ]);
  const smoothed = conv2d(rows, reshape(window, [1, 1, window.size, 1]));
  return reshape(smoothed, [...x.shape.slice(0, axis), smoothed.shape[2] as number, ...x.shape.slice(axis + 1)]);
};

/**
 * Structural similarity of images `[n, c, ...spatial]` with any number of spatial axes, around each pixel. Wang et al. 2004.
 */
export const ssim = (a: Tensor, b: Tensor, options: SsimOptions = {}): Tensor => {
  const op = 'ssim';
  const { windowSize = 11, maximum = 1, epsilon = 1e-12, padding = 'same' } = options;
  requireChoice(op, 'padding', padding, ['same', 'valid']);
  requireSameShape(op, a, b);
  if (a.rank < 3) throw new ShapeError(op, 'images are [n, c, ...spatial].', { sides: { images: a.shape } });
  if (!Number.isInteger(windowSize) || windowSize < 1 || windowSize % 2 === 0) {
    throw new ValueError(op, 'windowSize is odd and above 0.', { sides: { windowSize } });
  }
  const [x, y] = [widenHalf(a), widenHalf(b)];
  const window = gaussianWindow(windowSize, x);
  const reach = (windowSize - 1) / 2;
  const spatial = x.shape.slice(2).map((_, i) => i + 2);
  const local = (image: Tensor): Tensor => {
    const widths = image.shape.map((_, axis) => (axis < 2 ? [0, 0] : [reach, reach]) as readonly [number, number]);
    const framed = padding === 'same' ? padReflect(image, widths) : image;
    return spatial.reduce((smoothed, axis) => smoothAxis(smoothed, window, axis), framed);
  };
  const [meanX, meanY] = [local(x), local(y)];
  const [squaredX, squaredY, crossed] = [square(meanX), square(meanY), multiply(meanX, meanY)];
  const varianceX = subtract(local(square(x)), squaredX);
  const varianceY = subtract(local(square(y)), squaredY);
  const covariance = subtract(local(multiply(x, y)), crossed);
  const luminanceFloor = (0.01 * maximum) ** 2;
  const contrastFloor = (0.03 * maximum) ** 2;
  const above = multiply(add(multiply(crossed, 2), luminanceFloor), add(multiply(covariance, 2), contrastFloor));
  const below = multiply(add(add(squaredX, squaredY), luminanceFloor), add(add(varianceX, varianceY), contrastFloor));
  return divide(above, add(below, epsilon));
};

/** `(1 − ssim)/2`, limited to `[0, 1]`; `reduction: 'none'` keeps pixels. */
export const ssimLoss = (a: Tensor, b: Tensor, { reduction, ...options }: SsimLossOptions = {}): Tensor =>
  reduceLosses('ssimLoss', clamp(multiply(subtract(1, ssim(a, b, options)), 0.5), { min: 0, max: 1 }), reduction);

/** Peak signal-to-noise ratio in decibels, `10·log₁₀(maximum² / mse)`: a scalar. */
export const psnr = (image: Tensor, target: Tensor, { maximum = 1 }: { readonly maximum?: number } = {}): Tensor =>
  multiply(log10(divide(maximum ** 2, mseLoss(image, target))), 10);

/** `−psnr`. */
export const psnrLoss = (image: Tensor, target: Tensor, options: { readonly maximum?: number } = {}): Tensor =>
  multiply(psnr(image, target, options), -1);

/** How differences of neighbours are added up. */
export interface TotalVariationOptions {
  /** `'sum'` (default) or `'mean'` of the differences along each axis. */
  readonly reduction?: 'sum' | 'mean';
}

/** Absolute differences of neighbours along the last two axes, added up: `[..., h, w]` to `[...]`. Rudin, Osher and Fatemi 1992. */
export const totalVariation = (image: Tensor, { reduction = 'sum' }: TotalVariationOptions = {}): Tensor => {
  const op = 'totalVariation';
  requireChoice(op, 'reduction', reduction, ['sum', 'mean']);
  if (image.rank < 2) throw new ShapeError(op, 'images are [..., h, w].', { sides: { image: image.shape } });
  const x = widenHalf(image);
  const along = (axis: number): Tensor => {
    const extent = x.shape.at(axis) as number;
    const steps = Math.max(0, extent - 1);
    const difference = abs(subtract(narrow(x, axis, extent - steps, steps), narrow(x, axis, 0, steps)));
    return reduction === 'sum' ? sum(difference, { axes: [-2, -1] }) : mean(difference, { axes: [-2, -1] });
  };
  return add(along(-2), along(-1));
};
