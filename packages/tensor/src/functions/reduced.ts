import { type Shape, sizeOf } from '@cotangent/ir';
import type { Tensor } from '../tensor.js';

/** The shape of a reduction of `x` that keeps the reduced `axes` with size 1. */
export const keptShape = (x: Tensor, axes: readonly number[]): Shape =>
  x.shape.map((extent, axis) => (axes.includes(axis) ? 1 : extent));

/** The shape of a reduction of `x` over `axes`. */
export const reducedShape = (x: Tensor, axes: readonly number[], keepdims: boolean): Shape =>
  keepdims ? keptShape(x, axes) : x.shape.filter((_, axis) => !axes.includes(axis));

/** How many elements each result of a reduction over `axes` takes in. */
export const reducedCount = (x: Tensor, axes: readonly number[]): number =>
  sizeOf(axes.map((axis) => x.shape[axis] as number));
