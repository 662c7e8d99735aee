import { ShapeError, sizeOf, ValueError } from '@cotangent/ir';
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
import { expandDims, fold, pad, reshape, transpose, window } from '../ops/movement.js';
import { argmax, max, sum } from '../ops/reduction.js';
import type { Tensor } from '../tensor.js';
import type { ValuesWithIndices } from './order-statistics.js';
import { requireFloating, requireRank } from './requirements.js';
import { type PerSpatialAxis, perAxis } from './spatial.js';
import { withGradient } from './with-gradient.js';

/** How a pooling window walks. */
export interface PoolingOptions {
  readonly kernelSize: PerSpatialAxis;
  /** The kernel size by default. */
  readonly stride?: PerSpatialAxis | undefined;
  /** On both sides of each axis, at most half the kernel; 0 by default. */
  readonly padding?: PerSpatialAxis;
  /** Keeps a last window that starts inside but ends outside. */
  readonly ceilMode?: boolean;
}

/** How a maximum is pooled; the padding is −∞. */
export interface MaxPoolingOptions extends PoolingOptions {
  /** Distance of a window's elements; 1 by default. */
  readonly dilation?: PerSpatialAxis;
}

/** How a mean is pooled. */
export interface AveragePoolingOptions extends PoolingOptions {
  /** Whether padding counts as elements; true by default. */
  readonly countIncludePad?: boolean;
  /** Divides each sum in place of the count. */
  readonly divisorOverride?: number;
}

/** Sizes of a pooling, one entry for each spatial axis. */
interface Plan {
  readonly input: readonly number[];
  readonly kernel: readonly number[];
  readonly stride: readonly number[];
  readonly padding: readonly number[];
  readonly dilation: readonly number[];
  readonly output: readonly number[];
  /** What goes on each axis of the input so that the windows just cover it; negative where elements are left over. */
  readonly widths: readonly (readonly [number, number])[];
  /** Windows lie side by side. */
  readonly isTiling: boolean;
}

const planPooling = (name: string, spatial: number, x: Tensor, options: MaxPoolingOptions): Plan => {
  requireFloating(name, x);
  requireRank(name, x, spatial, 'at least');
  const input = x.shape.slice(x.rank - spatial);
  const kernel = perAxis(name, 'kernelSize', options.kernelSize, spatial, 1);
  const stride = perAxis(name, 'stride', options.stride ?? kernel, spatial, 1);
  const padding = perAxis(name, 'padding', options.padding ?? 0, spatial, 0);
  const dilation = perAxis(name, 'dilation', options.dilation ?? 1, spatial, 1);
  if (padding.some((width, axis) => 2 * width > (kernel[axis] as number))) {
    throw new ValueError(name, 'the padding is more than half the kernel.', { sides: { kernelSize: kernel, padding } });
  }
  const reach = kernel.map((size, axis) => (dilation[axis] as number) * (size - 1) + 1);
  const output = input.map((extent, axis) => {
    const [step, width] = [stride[axis] as number, padding[axis] as number];
    const steps = (extent + 2 * width - (reach[axis] as number)) / step;
    if (!options.ceilMode) return Math.floor(steps) + 1;
    const count = Math.ceil(steps) + 1;
    return (count - 1) * step >= extent + width ? count - 1 : count;
  });
  if (output.some((extent) => extent < 1)) {
    throw new ShapeError(name, 'the window is larger than the padded input.', {
      sides: { shape: x.shape, kernelSize: kernel, padding },
    });
  }
  const widths = input.map((extent, axis) => {
    const covered = ((output[axis] as number) - 1) * (stride[axis] as number) + (reach[axis] as number);
    const low = padding[axis] as number;
    return [low, covered - extent - low] as const;
  });
  const isTiling = kernel.every((size, axis) => size === stride[axis] && dilation[axis] === 1);
  return { input, kernel, stride, padding, dilation, output, widths, isTiling };
};

const padSpatial = (x: Tensor, widths: readonly (readonly [number, number])[], value: number): Tensor =>
  pad(x, [...x.shape.slice(widths.length).map(() => [0, 0] as const), ...widths], { value });

/** The order that brings `[..., o₁, k₁, o₂, k₂, …]` to `[..., o₁, o₂, …, k₁, k₂, …]`. */
const tileOrder = (lead: number, spatial: number): number[] => [
  ...Array.from({ length: lead }, (_, axis) => axis),
  ...Array.from({ length: spatial }, (_, axis) => lead + 2 * axis),
  ...Array.from({ length: spatial }, (_, axis) => lead + 2 * axis + 1),
];

/** `[..., output…, kernel…]`: all windows as views; outside the input they read `outside`. */
const takeWindows = (x: Tensor, plan: Plan, outside: number): Tensor => {
  const { kernel, stride, dilation, output, widths } = plan;
  const fitted = padSpatial(x, widths, outside);
  if (!plan.isTiling) return window(fitted, { size: kernel, stride, dilation });
  const lead = x.shape.slice(0, x.rank - kernel.length);
  const tiles = reshape(fitted, [...lead, ...output.flatMap((extent, axis) => [extent, kernel[axis] as number])]);
  return transpose(tiles, tileOrder(lead.length, kernel.length));
};

/** Adds windows up where they were taken: the adjoint of `takeWindows`. */
const foldWindows = (all: Tensor, plan: Plan): Tensor => {
  const { input, kernel, stride, dilation, widths } = plan;
  const lead = all.shape.slice(0, all.rank - 2 * kernel.length);
  const fitted = input.map((extent, axis) => {
    const [low, high] = widths[axis] as readonly [number, number];
    return low + extent + high;
  });
  const order = tileOrder(lead.length, kernel.length);
  const inverse = order.map((_, axis) => order.indexOf(axis));
  const sums = plan.isTiling
    ? reshape(transpose(all, inverse), [...lead, ...fitted])
    : fold(all, fitted, { size: kernel, stride, dilation });
  return padSpatial(
    sums,
    widths.map(([low, high]) => [-low, -high] as const),
    0,
  );
};

const kernelAxes = (plan: Plan): number[] => plan.kernel.map((_, axis) => axis - plan.kernel.length);

/** int32 position inside the window of each window's first maximum: `[..., output…]`. */
const positionOfMaximum = (x: Tensor, plan: Plan): Tensor => {
  const all = takeWindows(x, plan, Number.NEGATIVE_INFINITY);
  return argmax(reshape(all, [...all.shape.slice(0, x.rank), sizeOf(plan.kernel)]), { axis: -1 });
};

const maximumOfWindows = (x: Tensor, plan: Plan): Tensor => {
  const axes = kernelAxes(plan);
  return withGradient(
    [x],
    () => max(takeWindows(x, plan, Number.NEGATIVE_INFINITY), { axes }),
    (cotangent) => {
      const positions = reshape(iota([sizeOf(plan.kernel)], 0, { device: x.device }), plan.kernel);
      const isMaximum = equal(expandDims(positionOfMaximum(x, plan), axes), positions);
      return [foldWindows(where(isMaximum, expandDims(cotangent, axes), 0), plan)];
    },
  );
};

/** The place in the flattened spatial axes of each window's first maximum. */
const placeOfMaximum = (
  x: Tensor,
  { input, kernel, stride, padding, dilation, output }: Plan,
  position: Tensor,
): Tensor => {
  let rest = position;
  let inputStride = 1;
  let place: Tensor | undefined;
  for (let axis = kernel.length - 1; axis >= 0; axis--) {
    const size = kernel[axis] as number;
    const start = subtract(
      multiply(iota(output, axis, { device: x.device }), stride[axis] as number),
      padding[axis] as number,
    );
    const coordinate = add(start, multiply(remainder(rest, size), dilation[axis] as number));
    const offset = multiply(coordinate, inputStride);
    place = place === undefined ? offset : add(place, offset);
    rest = floorDivide(rest, size);
    inputStride *= input[axis] as number;
  }
  return place as Tensor;
};

const maxPool = (name: string, spatial: number, x: Tensor, options: MaxPoolingOptions): Tensor =>
  maximumOfWindows(x, planPooling(name, spatial, x, options));

const maxPoolWithIndices = (
  name: string,
  spatial: number,
  x: Tensor,
  options: MaxPoolingOptions,
): ValuesWithIndices => {
  const plan = planPooling(name, spatial, x, options);
  return { values: maximumOfWindows(x, plan), indices: placeOfMaximum(x, plan, positionOfMaximum(x, plan)) };
};

/** Largest element of each window over the last axis: `[..., l]` to `[..., l']`. Of equal ones the first takes the gradient. */
export const maxPool1d = (x: Tensor, options: MaxPoolingOptions): Tensor => maxPool('maxPool1d', 1, x, options);
/** Largest element of each window over the last two axes: `[..., h, w]` to `[..., h', w']`. Of equal ones the first takes the gradient. */
export const maxPool2d = (x: Tensor, options: MaxPoolingOptions): Tensor => maxPool('maxPool2d', 2, x, options);
/** Largest element of each window over the last three axes. Of equal ones the first takes the gradient. */
export const maxPool3d = (x: Tensor, options: MaxPoolingOptions): Tensor => maxPool('maxPool3d', 3, x, options);

/** `maxPool1d` with the int32 place of each maximum along the last axis. */
export const maxPool1dWithIndices = (x: Tensor, options: MaxPoolingOptions): ValuesWithIndices =>
  maxPoolWithIndices('maxPool1dWithIndices', 1, x, options);
/** `maxPool2d` with the int32 place of each maximum in the flattened plane, `row·w + column`. */
export const maxPool2dWithIndices = (x: Tensor, options: MaxPoolingOptions): ValuesWithIndices =>
  maxPoolWithIndices('maxPool2dWithIndices', 2, x, options);
/** `maxPool3d` with the int32 place of each maximum in the flattened volume. */
export const maxPool3dWithIndices = (x: Tensor, options: MaxPoolingOptions): ValuesWithIndices =>
  maxPoolWithIndices('maxPool3dWithIndices', 3, x, options);

/** How many elements each window counts, where that differs between windows. */
const windowCounts = (x: Tensor, { input, kernel, stride, padding, output }: Plan, countPadding: boolean): Tensor => {
  const counts = output.map((_, axis) => {
    const width = padding[axis] as number;
    const start = subtract(multiply(iota(output, axis, { device: x.device }), stride[axis] as number), width);
    const end = minimum(add(start, kernel[axis] as number), (input[axis] as number) + (countPadding ? width : 0));
    return subtract(end, countPadding ? start : maximum(start, 0));
  });
  return cast(counts.reduce(multiply), x.dtype);
};

const averagePool = (name: string, spatial: number, x: Tensor, options: AveragePoolingOptions): Tensor => {
  const plan = planPooling(name, spatial, x, options);
  const { countIncludePad = true, divisorOverride } = options;
  const sums = sum(takeWindows(x, plan, 0), { axes: kernelAxes(plan) });
  if (divisorOverride !== undefined) return divide(sums, divisorOverride);
  const isPadded = plan.padding.some((width) => width > 0);
  const isConstant = !options.ceilMode && (countIncludePad || !isPadded);
  return divide(sums, isConstant ? sizeOf(plan.kernel) : windowCounts(x, plan, countIncludePad));
};

/** Mean of each window over the last axis: `[..., l]` to `[..., l']`. */
export const avgPool1d = (x: Tensor, options: AveragePoolingOptions): Tensor => averagePool('avgPool1d', 1, x, options);
/** Mean of each window over the last two axes: `[..., h, w]` to `[..., h', w']`. */
export const avgPool2d = (x: Tensor, options: AveragePoolingOptions): Tensor => averagePool('avgPool2d', 2, x, options);
/** Mean of each window over the last three axes. */
export const avgPool3d = (x: Tensor, options: AveragePoolingOptions): Tensor => averagePool('avgPool3d', 3, x, options);
