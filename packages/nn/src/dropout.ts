import { noGrad } from '@cotangent/autograd';
import { dropout, nextKey, splitKey, type Tensor, ValueError, Variable } from '@cotangent/tensor';
import type { InitializationOptions } from './initialization.js';
import { Module } from './module.js';

/** How elements are drawn. */
export type DropoutLayerOptions = Pick<InitializationOptions, 'key' | 'device'>;

/**
 * Puts elements to 0 with probability `p` in training, and scales the others by `1/(1 − p)`.
 *
 * Each call draws anew: the random key is a variable that the call assigns. State dicts hold it with `transient` only.
 */
export class Dropout extends Module {
  /** uint32 `[2]`: decides what the next call drops. */
  readonly key: Variable;

  constructor(
    readonly p = 0.5,
    { key, device }: DropoutLayerOptions = {},
  ) {
    super();
    if (!(p >= 0 && p <= 1)) throw new ValueError('Dropout', 'a probability lies in [0, 1].', { sides: { p } });
    const first = key ?? nextKey(device === undefined ? {} : { device });
    this.key = new Variable(first, { name: 'key', trainable: false });
  }

  protected override get transientNames() {
    return ['key'];
  }

  forward(x: Tensor): Tensor {
    if (!this.isTraining || this.p === 0) return x;
    return dropout(x, { p: this.p, key: this.nextKey() });
  }

  /** A key for one use; the next call gives another. */
  nextKey(): Tensor {
    const [now, next] = noGrad(() => splitKey(this.key)) as [Tensor, Tensor];
    this.key.assign(next);
    return now;
  }
}
