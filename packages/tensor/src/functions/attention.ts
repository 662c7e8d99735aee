import { ShapeError, ValueError } from '@cotangent/ir';
import { matmul } from '../ops/contraction.js';
import { iota } from '../ops/creation.js';
import { add, greaterEqual, multiply, where } from '../ops/elementwise.js';
import { swapAxes } from '../ops/movement.js';
import type { Tensor } from '../tensor.js';
import { dropout } from './dropout.js';
import { requireFloating, requireRank } from './requirements.js';
import { softmax } from './softmax.js';

/** What a query may look at, and how scores are scaled. */
export interface AttentionOptions {
  /** Broadcast to `[..., queries, keys]`: bool says where a query may look, floating point is added to the scores. */
  readonly mask?: Tensor | undefined;
  /** Lets query i look at keys 0 to i only; not together with `mask`. */
  readonly isCausal?: boolean;
  /** `1/√d` by default. */
  readonly scale?: number;
  /** Probability with which a weight is dropped; 0 by default. */
  readonly dropout?: number;
  /** Seeds the dropout. */
  readonly key?: Tensor | undefined;
}

/**
 * `softmax(q·kᵀ·scale + mask)·v` over `[..., queries, d]`, `[..., keys, d]` and `[..., keys, e]`; leading axes broadcast.
 * A query that may look nowhere gives 0. Vaswani et al. 2017.
 */
export const scaledDotProductAttention = (
  query: Tensor,
  key: Tensor,
  value: Tensor,
  options: AttentionOptions = {},
): Tensor => {
  const name = 'scaledDotProductAttention';
  for (const side of [query, key, value]) requireFloating(name, requireRank(name, side, 2, 'at least'));
  const [queries, width] = query.shape.slice(-2) as [number, number];
  const [keys, keyWidth] = key.shape.slice(-2) as [number, number];
  if (width !== keyWidth || keys !== value.shape.at(-2)) {
    throw new ShapeError(name, 'queries and keys differ in width, or keys and values in number.', {
      sides: { query: query.shape, key: key.shape, value: value.shape },
    });
  }
  const { mask, isCausal = false, scale = 1 / Math.sqrt(width), dropout: p = 0 } = options;
  if (isCausal && mask !== undefined) throw new ValueError(name, 'isCausal and mask exclude each other.');
  const scores = multiply(matmul(query, swapAxes(key, -1, -2)), scale);
  const grid = [queries, keys];
  const { device } = query;
  const visible = isCausal
    ? greaterEqual(iota(grid, 0, { device }), iota(grid, 1, { device }))
    : mask?.dtype === 'bool'
      ? mask
      : undefined;
  const biased = mask !== undefined && visible === undefined ? add(scores, mask) : scores;
  const weights =
    visible === undefined
      ? softmax(biased)
      : where(visible, softmax(where(visible, biased, Number.NEGATIVE_INFINITY)), 0);
  const kept = p > 0 ? dropout(weights, { p, ...(options.key ? { key: options.key } : {}) }) : weights;
  return matmul(kept, value);
};
