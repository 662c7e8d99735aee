import { ShapeError, ValueError } from '@cotangent/ir';
import { iota } from '../ops/creation.js';
import {
  add,
  cast,
  divide,
  equal,
  floorDivide,
  maximum,
  minimum,
  multiply,
  remainder,
  subtract,
  where,
} from '../ops/elementwise.js';
import { take } from '../ops/indexing.js';
import { slice } from '../ops/movement.js';
import type { Tensor } from '../tensor.js';
import { adaptiveAvgPool1d, adaptiveAvgPool2d, adaptiveAvgPool3d } from './adaptive-pooling.js';
import { repeatInterleave } from './arrangement.js';
import { abs } from './magnitude.js';
import { polynomial } from './polynomial.js';
import { requireFloating } from './requirements.js';
import { resampleAxis } from './resampling.js';
import type { PerSpatialAxis } from './spatial.js';

export type InterpolationMode = 'nearest' | 'linear' | 'bilinear' | 'trilinear' | 'bicubic' | 'area';

/** What the result's spatial sizes are, and how it is filled. */
export interface InterpolateOptions {
  /** Sizes of the result; either these or `scaleFactor`. */
  readonly size?: PerSpatialAxis;
  /** Sizes of the result as multiples of the input's, rounded down. */
  readonly scaleFactor?: PerSpatialAxis;
  /** `'nearest'` by default; linear is for one spatial axis, bilinear and bicubic for two, trilinear for three. */
  readonly mode?: InterpolationMode;
  /** Puts the centres of the corner elements on each other, instead of their outer edges; false by default. */
  readonly alignCorners?: boolean;
}

/** Spatial axes that each mode is for. */
const spatialAxes: { readonly [K in InterpolationMode]: readonly number[] } = {
  nearest: [1, 2, 3],
  linear: [1],
  bilinear: [2],
  trilinear: [3],
  bicubic: [2],
  area: [1, 2, 3],
};

const nearestAxis = (x: Tensor, size: number, axis: number): Tensor => {
  const extent = x.shape[axis] as number;
  if (size % extent === 0) return repeatInterleave(x, size / extent, { axis });
  if (extent % size === 0) {
    return slice(x, [...new Array<undefined>(axis).fill(undefined), { start: 0, size, step: extent / size }]);
  }
  return take(x, floorDivide(multiply(iota([size], 0, { device: x.device }), extent), size), axis);
};

/** Where each element of the result lies on the input's axis, as a quotient of whole numbers: exact in any dtype. */
interface SourcePositions {
  /** int32 `[size, 1]`. */
  readonly numerator: Tensor;
  readonly denominator: number;
}

const sourcePositions = (x: Tensor, extent: number, size: number, alignCorners: boolean): SourcePositions => {
  const places = iota([size, 1], 0, { device: x.device });
  if (alignCorners) return { numerator: multiply(places, extent - 1), denominator: Math.max(1, size - 1) };
  return { numerator: subtract(multiply(add(multiply(places, 2), 1), extent), size), denominator: 2 * size };
};

/** `[size, extent]`: 1 less the distance to the source position, where that is above 0. */
const linearWeights = (x: Tensor, extent: number, size: number, alignCorners: boolean): Tensor => {
  const { numerator, denominator } = sourcePositions(x, extent, size, alignCorners);
  const bounded = minimum(maximum(numerator, 0), (extent - 1) * denominator);
  const distance = abs(subtract(bounded, multiply(iota([size, extent], 1, { device: x.device }), denominator)));
  return divide(cast(maximum(subtract(denominator, distance), 0), x.dtype), denominator);
};

/** Keys' cubic convolution with a = −0.75: for distances up to 1, and from 1 to 2. */
const cubicNear = [1, 0, -2.25, 1.25];
const cubicFar = [3, -6, 3.75, -0.75];

/** `[size, extent]`: Keys' weights of the four neighbours; those outside count for the border element. */
const cubicWeights = (x: Tensor, extent: number, size: number, alignCorners: boolean): Tensor => {
  const { numerator, denominator } = sourcePositions(x, extent, size, alignCorners);
  const below = floorDivide(numerator, denominator);
  const fraction = divide(cast(remainder(numerator, denominator), x.dtype), denominator);
  const columns = iota([size, extent], 1, { device: x.device });
  const neighbours = [-1, 0, 1, 2].map((step) => {
    const distance = abs(subtract(fraction, step));
    const weight = polynomial(distance, step === 0 || step === 1 ? cubicNear : cubicFar);
    const place = minimum(maximum(add(below, step), 0), extent - 1);
    return where(equal(columns, place), weight, 0);
  });
  return neighbours.reduce((sum, part) => add(sum, part));
};

const resultSizes = (x: Tensor, spatial: number, { size, scaleFactor }: InterpolateOptions): number[] => {
  if ((size === undefined) === (scaleFactor === undefined)) {
    throw new ValueError('interpolate', 'either size or scaleFactor is needed.', { sides: { size, scaleFactor } });
  }
  const given = (size ?? scaleFactor) as PerSpatialAxis;
  const list = typeof given === 'number' ? new Array<number>(spatial).fill(given) : given;
  const sizes = x.shape.slice(2).map((extent, axis) => {
    const entry = list[axis] as number;
    return size === undefined ? Math.floor(extent * entry) : entry;
  });
  if (list.length !== spatial || !sizes.every((extent) => Number.isInteger(extent) && extent > 0)) {
    throw new ShapeError('interpolate', 'one positive size is needed for each spatial axis.', {
      sides: { input: x.shape, [size === undefined ? 'scaleFactor' : 'size']: list },
    });
  }
  return sizes;
};

const areaPools = [adaptiveAvgPool1d, adaptiveAvgPool2d, adaptiveAvgPool3d] as const;

/**
 * Resizes the spatial axes of `[n, c, ...spatial]`, one to three of them. Nearest takes element `⌊i·in/out⌋`; the
 * linear and cubic modes are products with small weight matrices, axis by axis.
 */
export const interpolate = (x: Tensor, options: InterpolateOptions): Tensor => {
  requireFloating('interpolate', x);
  const { mode = 'nearest', alignCorners = false } = options;
  const spatial = x.rank - 2;
  if (!spatialAxes[mode].includes(spatial) || x.shape.slice(2).includes(0)) {
    throw new ShapeError(
      'interpolate',
      `mode '${mode}' takes ${spatialAxes[mode].join(', ')} spatial axes, not empty.`,
      {
        sides: { input: x.shape },
        hint: 'The input is [n, c, ...spatial].',
      },
    );
  }
  const sizes = resultSizes(x, spatial, options);
  if (mode === 'area') return (areaPools[spatial - 1] as typeof adaptiveAvgPool2d)(x, sizes);
  return sizes.reduce((resized, size, i) => {
    const axis = i + 2;
    const extent = x.shape[axis] as number;
    if (mode === 'nearest') return nearestAxis(resized, size, axis);
    const weigh = mode === 'bicubic' ? cubicWeights : linearWeights;
    return size === extent ? resized : resampleAxis(resized, weigh(x, extent, size, alignCorners), axis);
  }, x);
};
