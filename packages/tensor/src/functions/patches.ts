import { ShapeError, sizeOf } from '@cotangent/ir';
import { pad, reshape, transpose, window } from '../ops/movement.js';
import type { Tensor } from '../tensor.js';
import { requireRank } from './requirements.js';
import { type PerSpatialAxis, perAxis } from './spatial.js';

/** How patches are cut out. */
export interface UnfoldOptions {
  readonly kernelSize: PerSpatialAxis;
  /** 1 by default. */
  readonly stride?: PerSpatialAxis;
  /** Zeros on both sides of each axis; 0 by default. */
  readonly padding?: PerSpatialAxis;
  /** Distance of a patch's elements; 1 by default. */
  readonly dilation?: PerSpatialAxis;
}

/** Sliding patches as columns (im2col): `[n, c, ...spatial]` to `[n, c·kernel, patches]`. `fold` is the way back. */
export const unfold = (x: Tensor, options: UnfoldOptions): Tensor => {
  requireRank('unfold', x, 3, 'at least');
  const [batch = 0, channels = 0, ...sizes] = x.shape;
  const spatial = sizes.length;
  const size = perAxis('unfold', 'kernelSize', options.kernelSize, spatial, 1);
  const stride = perAxis('unfold', 'stride', options.stride ?? 1, spatial, 1);
  const padding = perAxis('unfold', 'padding', options.padding ?? 0, spatial, 0);
  const dilation = perAxis('unfold', 'dilation', options.dilation ?? 1, spatial, 1);
  const reach = size.map((extent, axis) => (dilation[axis] as number) * (extent - 1) + 1);
  if (sizes.some((extent, axis) => extent + 2 * (padding[axis] as number) < (reach[axis] as number))) {
    throw new ShapeError('unfold', 'the kernel is larger than the padded input.', {
      sides: { input: x.shape, kernelSize: size, padding },
    });
  }
  const padded = pad(x, [[0, 0], [0, 0], ...padding.map((width) => [width, width] as const)]);
  const windows = window(padded, { size, stride, dilation });
  const places = windows.shape.slice(2, 2 + spatial);
  const axes = sizes.map((_, axis) => axis + 2);
  const columns = transpose(windows, [0, 1, ...axes.map((axis) => axis + spatial), ...axes]);
  return reshape(columns, [batch, channels * sizeOf(size), sizeOf(places)]);
};
