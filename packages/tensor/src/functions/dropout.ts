import { ValueError } from '@cotangent/ir';
import { zerosLike } from '../ops/creation.js';
import { multiply, where } from '../ops/elementwise.js';
import { bernoulli } from '../ops/random.js';
import type { Tensor } from '../tensor.js';
import { requireFloating } from './requirements.js';

/** How much is dropped, and by which randomness. */
export interface DropoutOptions {
  /** Probability that an element becomes 0; 0.5 by default. */
  readonly p?: number;
  /** Without one the stream of `manualSeed` advances. */
  readonly key?: Tensor;
}

/** Puts elements to 0 with probability `p` and scales the others by `1/(1 − p)`, so that the mean stays. */
export const dropout = (x: Tensor, { p = 0.5, key }: DropoutOptions = {}): Tensor => {
  requireFloating('dropout', x);
  if (!(p >= 0 && p <= 1)) throw new ValueError('dropout', 'a probability lies in [0, 1].', { sides: { p } });
  if (p === 0) return x;
  if (p === 1) return zerosLike(x);
  const keep = bernoulli(1 - p, x.shape, { device: x.device, ...(key ? { key } : {}) });
  return where(keep, multiply(x, 1 / (1 - p)), 0);
};
