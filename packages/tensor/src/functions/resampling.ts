import { sizeOf } from '@cotangent/ir';
import { matmul } from '../ops/contraction.js';
import { reshape, transpose } from '../ops/movement.js';
import type { Tensor } from '../tensor.js';

/** Replaces an axis of size n by the products of `weights` `[m, n]` with it: size m. */
export const resampleAxis = (x: Tensor, weights: Tensor, axis: number): Tensor => {
  const before = x.shape.slice(0, axis);
  const after = x.shape.slice(axis + 1);
  const [size, extent] = weights.shape as readonly [number, number];
  const inner = sizeOf(after);
  const product =
    inner === 1
      ? matmul(reshape(x, [sizeOf(before), extent]), transpose(weights))
      : matmul(weights, reshape(x, [sizeOf(before), extent, inner]));
  return reshape(product, [...before, size, ...after]);
};
