import { ShapeError, shapesEqual, sizeOf } from '@cotangent/ir';
import { add, multiply, subtract } from '../ops/elementwise.js';
import { detach } from '../ops/graph.js';
import { reshape } from '../ops/movement.js';
import { mean } from '../ops/reduction.js';
import type { Tensor } from '../tensor.js';
import { rsqrt, square } from './magnitude.js';
import { requireFloating, requireRank, requireWhole } from './requirements.js';
import { centralMoments, variance } from './variance.js';
import { withGradient } from './with-gradient.js';

/** Scale and shift after normalizing, and what is added to the variance. */
export interface NormalizationOptions {
  readonly weight?: Tensor | undefined;
  readonly bias?: Tensor | undefined;
  /** 1e-5 by default. */
  readonly epsilon?: number;
}

/** `(x − mean)/√(variance + epsilon)` over axes, with the biased variance. */
const standardize = (x: Tensor, axes: readonly number[], epsilon: number): Tensor => {
  const along = { axes, keepdims: true };
  const scale = (): Tensor => rsqrt(add(variance(x, { ...along, correction: 0 }), epsilon));
  return withGradient(
    [x],
    () => multiply(centralMoments(x, axes).centred, scale()),
    (cotangent, result) => {
      const parallel = multiply(result, mean(multiply(cotangent, result), along));
      return [multiply(scale(), subtract(subtract(cotangent, mean(cotangent, along)), parallel))];
    },
  );
};

/** `x·weight + bias`, both stretched from `from` to shape `to`. */
const scaleAndShift = (
  name: string,
  x: Tensor,
  { weight, bias }: NormalizationOptions,
  from: readonly number[],
  to: readonly number[],
): Tensor => {
  for (const [label, side] of Object.entries({ weight, bias })) {
    if (side !== undefined && !shapesEqual(side.shape, from)) {
      throw new ShapeError(name, `the ${label} does not have the shape [${from.join(', ')}].`, {
        sides: { input: x.shape, [label]: side.shape },
      });
    }
  }
  const scaled = weight === undefined ? x : multiply(x, reshape(weight, to));
  return bias === undefined ? scaled : add(scaled, reshape(bias, to));
};

const channelsOf = (x: Tensor): number => x.shape[1] as number;
const channelShape = (x: Tensor): number[] => [channelsOf(x), ...x.shape.slice(2).map(() => 1)];

/** What `batchNormTraining` gives: the result, and the statistics of the batch, which carry no gradient. */
export interface BatchNormResult {
  readonly output: Tensor;
  /** `[channels]`. */
  readonly mean: Tensor;
  /** `[channels]`, unbiased: what goes into a running variance. */
  readonly variance: Tensor;
}

/**
 * Normalizes each channel (axis 1) of `[n, c, ...spatial]` by the mean and biased variance of the batch. Ioffe and
 * Szegedy 2015. Throws ShapeError where a channel has a single element.
 */
export const batchNormTraining = (x: Tensor, options: NormalizationOptions = {}): BatchNormResult => {
  requireFloating('batchNormTraining', requireRank('batchNormTraining', x, 2, 'at least'));
  const axes = [...x.shape.keys()].filter((axis) => axis !== 1);
  if (x.size <= channelsOf(x)) {
    throw new ShapeError('batchNormTraining', 'a channel needs more than one element.', { sides: { input: x.shape } });
  }
  const normalized = standardize(x, axes, options.epsilon ?? 1e-5);
  const still = detach(x);
  return {
    output: scaleAndShift('batchNormTraining', normalized, options, [channelsOf(x)], channelShape(x)),
    mean: mean(still, { axes }),
    variance: variance(still, { axes }),
  };
};

/** The statistics that `batchNorm` normalizes by. */
export interface BatchNormOptions extends NormalizationOptions {
  /** `[channels]`. */
  readonly mean: Tensor;
  /** `[channels]`. */
  readonly variance: Tensor;
}

/** Normalizes each channel (axis 1) of `[n, c, ...spatial]` by given statistics, as at inference. */
export const batchNorm = (x: Tensor, options: BatchNormOptions): Tensor => {
  requireFloating('batchNorm', requireRank('batchNorm', x, 2, 'at least'));
  for (const [label, side] of Object.entries({ mean: options.mean, variance: options.variance })) {
    if (!shapesEqual(side.shape, [channelsOf(x)])) {
      throw new ShapeError('batchNorm', `the ${label} does not have one element for each channel.`, {
        sides: { input: x.shape, [label]: side.shape },
      });
    }
  }
  const shape = channelShape(x);
  const scale = rsqrt(add(options.variance, options.epsilon ?? 1e-5));
  const normalized = multiply(subtract(x, reshape(options.mean, shape)), reshape(scale, shape));
  return scaleAndShift('batchNorm', normalized, options, [channelsOf(x)], shape);
};

/** The last axes of `x`, which must have the sizes `normalizedShape`. */
const trailingAxes = (name: string, x: Tensor, normalizedShape: readonly number[]): number[] => {
  const lead = x.rank - normalizedShape.length;
  if (lead < 0 || normalizedShape.length === 0 || !shapesEqual(x.shape.slice(lead), normalizedShape)) {
    throw new ShapeError(name, 'the input does not end with the normalized shape.', {
      sides: { input: x.shape, normalizedShape },
    });
  }
  return normalizedShape.map((_, axis) => lead + axis);
};

/** Normalizes over the last axes, whose sizes are `normalizedShape`; weight and bias have that shape. Ba et al. 2016. */
export const layerNorm = (
  x: Tensor,
  normalizedShape: readonly number[],
  options: NormalizationOptions = {},
): Tensor => {
  requireFloating('layerNorm', x);
  const axes = trailingAxes('layerNorm', x, normalizedShape);
  const normalized = standardize(x, axes, options.epsilon ?? 1e-5);
  return scaleAndShift('layerNorm', normalized, options, normalizedShape, normalizedShape);
};

/** Normalizes groups of channels (axis 1) of each example over their channels and spatial axes. Wu and He 2018. */
export const groupNorm = (x: Tensor, groups: number, options: NormalizationOptions = {}): Tensor => {
  requireFloating('groupNorm', requireRank('groupNorm', x, 2, 'at least'));
  requireWhole('groupNorm', 'groups', groups, 1);
  const channels = channelsOf(x);
  if (channels % groups !== 0) {
    throw new ShapeError('groupNorm', `${channels} channels do not split into ${groups} groups.`, {
      sides: { input: x.shape, groups },
    });
  }
  const [batch = 0] = x.shape;
  const grouped = reshape(x, [batch, groups, (channels / groups) * sizeOf(x.shape.slice(2))]);
  const normalized = reshape(standardize(grouped, [2], options.epsilon ?? 1e-5), x.shape);
  return scaleAndShift('groupNorm', normalized, options, [channels], channelShape(x));
};

/** Normalizes each channel of each example over its spatial axes: `[n, c, ...spatial]`. Ulyanov et al. 2016. */
export const instanceNorm = (x: Tensor, options: NormalizationOptions = {}): Tensor => {
  requireFloating('instanceNorm', requireRank('instanceNorm', x, 3, 'at least'));
  const axes = [...x.shape.keys()].slice(2);
  const normalized = standardize(x, axes, options.epsilon ?? 1e-5);
  return scaleAndShift('instanceNorm', normalized, options, [channelsOf(x)], channelShape(x));
};

/** `x/√(mean of squares + epsilon)·weight` over the last axes, whose sizes are `normalizedShape`. Zhang and Sennrich 2019. */
export const rmsNorm = (
  x: Tensor,
  normalizedShape: readonly number[],
  { weight, epsilon = 1e-5 }: Omit<NormalizationOptions, 'bias'> = {},
): Tensor => {
  requireFloating('rmsNorm', x);
  const along = { axes: trailingAxes('rmsNorm', x, normalizedShape), keepdims: true };
  const scale = (): Tensor => rsqrt(add(mean(square(x), along), epsilon));
  const normalized = withGradient(
    [x],
    () => multiply(x, scale()),
    (cotangent, result) => {
      const parallel = multiply(result, mean(multiply(cotangent, result), along));
      return [multiply(scale(), subtract(cotangent, parallel))];
    },
  );
  return scaleAndShift('rmsNorm', normalized, { weight }, normalizedShape, normalizedShape);
};
