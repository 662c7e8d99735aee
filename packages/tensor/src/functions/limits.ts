import { ValueError } from '@cotangent/ir';
import type { TensorLike } from '../ops/argument.js';
import { greaterEqual, lessEqual, logicalAnd, maximum, minimum, where } from '../ops/elementwise.js';
import { detach } from '../ops/graph.js';
import type { Tensor } from '../tensor.js';
import { requireNumeric } from './requirements.js';

/** Bounds of `clamp`; at least one. */
export interface ClampOptions {
  readonly min?: TensorLike;
  readonly max?: TensorLike;
}

/**
 * Limits elements to `[min, max]`; where the bounds cross, `max` counts. NaN stays.
 *
 * The gradient passes inside and at the bounds; outside it goes to a bound that is a tensor.
 */
export const clamp = (x: Tensor, { min, max }: ClampOptions): Tensor => {
  requireNumeric('clamp', x);
  if (min !== undefined && max !== undefined) {
    const isInside = logicalAnd(greaterEqual(x, min), lessEqual(x, max));
    return where(isInside, x, minimum(maximum(detach(x), min), max));
  }
  if (min !== undefined) return where(greaterEqual(x, min), x, maximum(detach(x), min));
  if (max !== undefined) return where(lessEqual(x, max), x, minimum(detach(x), max));
  throw new ValueError('clamp', 'no bound is given.', { hint: 'Give min, max or both.' });
};
