import {
  GradientError,
  type Node,
  onesLike,
  type Recorder,
  ShapeError,
  shapesEqual,
  startRecording,
  type Tensor,
  Variable,
  zerosLike,
} from '@cotangent/tensor';
import { type Cotangents, type Entry, sweep } from './sweep.js';

/**
 * A Wengert list with a lifetime: records every op on watched tensors and on variables until it is stopped, and keeps what it
 * recorded until it is disposed.
 *
 * @example
 * using tape = new Tape();
 * tape.watch(x);
 * const [gradient] = tape.gradient(sum(multiply(x, x)), [x]); // 2x
 */
export class Tape implements Recorder {
  #entries: Entry[] = [];
  #known = new Set<Node>();
  #stop: (() => void) | undefined;
  #isDisposed = false;

  constructor() {
    this.#stop = startRecording(this);
  }

  /** Records what is computed from these tensors from now on; variables are watched by themselves. */
  watch(...tensors: readonly Tensor[]): void {
    for (const tensor of tensors) this.#known.add(tensor.node);
  }

  record(node: Node): void {
    const isReached = node.tracked || node.inputs.some((input) => input.tracked || this.#known.has(input));
    if (!isReached) return;
    this.#known.add(node);
    this.#entries.push({ node, inputs: node.inputs, rule: node.rule });
  }

  /** Ends the recording; gradients of what was recorded can still be taken. */
  stop(): void {
    this.#stop?.();
    this.#stop = undefined;
  }

  /**
   * Gradients of `target` with respect to `sources`, as lazy tensors; zero where the target does not depend on a source. A
   * target that is not a scalar needs a `cotangent` of its shape.
   */
  gradient(target: Tensor, sources: readonly Tensor[], cotangent?: Tensor): Tensor[] {
    const cotangents = this.#pull(target, sources, cotangent);
    return sources.map((source) => cotangents.get(source.node) ?? zerosLike(source));
  }

  #pull(target: Tensor, sources: readonly Tensor[], cotangent: Tensor | undefined): Cotangents {
    if (this.#isDisposed) {
      throw new GradientError('gradient', 'the tape was disposed.', { hint: 'Take gradients before the tape ends.' });
    }
    const seed = cotangent ?? seedOf('gradient', target);
    if (!shapesEqual(seed.shape, target.shape)) {
      throw new ShapeError('gradient', 'the cotangent does not have the shape of the target.', {
        sides: { cotangent: seed.shape, target: target.shape },
      });
    }
    for (const source of sources) {
      if (!this.#known.has(source.node) && !(source instanceof Variable) && source !== target) {
        throw new GradientError('gradient', 'a source was not watched.', {
          sides: { source: source.toString() },
          hint: 'Call tape.watch(x) before computing with it.',
        });
      }
    }
    const entries = this.#entries.slice();
    return sweep(entries, new Set(sources.map((source) => source.node)), new Map([[target.node, seed]]));
  }

  /** Ends the recording and lets go of the history. Idempotent. */
  dispose(): void {
    this.stop();
    this.#isDisposed = true;
    this.#entries = [];
    this.#known.clear();
  }

  [Symbol.dispose](): void {
    this.dispose();
  }
}

/** 1 for a scalar; anything else has no gradient of its own. */
export const seedOf = (op: string, target: Tensor): Tensor => {
  if (target.size !== 1) {
    throw new GradientError(op, 'only a scalar has a gradient of its own.', {
      sides: { shape: target.shape },
      hint: 'Reduce it, with sum or mean, or give a cotangent.',
    });
  }
  return onesLike(target);
};
