import { ValueError } from '@cotangent/tensor';
import type { Optimizer } from './optimizer.js';

/** When a measure counts as stuck, and what follows. */
export interface PlateauOptions {
  /** Whether smaller measures are better (`'min'`, the default) or larger ones. */
  readonly mode?: 'min' | 'max';
  /** What rates are multiplied by; 0.1. */
  readonly factor?: number;
  /** How many measures in a row may be no better; 10. */
  readonly patience?: number;
  /** By how much a measure must be better; 1e-4. */
  readonly threshold?: number;
  /** Whether the threshold is a share of the best measure (`'relative'`, the default) or a difference. */
  readonly thresholdMode?: 'relative' | 'absolute';
  /** How many measures after a reduction don't count; 0. */
  readonly cooldown?: number;
  /** The lowest rate; 0. */
  readonly minimum?: number;
  /** A smaller reduction is left out; 1e-8. */
  readonly epsilon?: number;
}

/** Where the schedule stands: plain values, for JSON. `best` is null before the first measure. */
export interface PlateauState {
  readonly best: number | null;
  readonly stuckFor: number;
  readonly cooldownLeft: number;
}

/** Reduces rates when a measure, such as the validation loss, no longer gets better. */
export class ReduceLROnPlateau {
  readonly optimizer: Optimizer;
  readonly #options: Required<PlateauOptions>;
  #state: PlateauState = { best: null, stuckFor: 0, cooldownLeft: 0 };

  constructor(optimizer: Optimizer, options: PlateauOptions = {}) {
    const { factor = 0.1, mode = 'min', thresholdMode = 'relative' } = options;
    const { patience = 10, threshold = 1e-4, cooldown = 0, minimum = 0, epsilon = 1e-8 } = options;
    if (!(factor > 0 && factor < 1)) {
      throw new ValueError('ReduceLROnPlateau', 'factor lies between 0 and 1.', { sides: { factor } });
    }
    this.optimizer = optimizer;
    this.#options = { factor, mode, thresholdMode, patience, threshold, cooldown, minimum, epsilon };
  }

  #isBetter(measure: number, best: number | null): boolean {
    const { mode, threshold, thresholdMode } = this.#options;
    if (best === null) return true;
    const sign = mode === 'min' ? -1 : 1;
    const limit = thresholdMode === 'relative' ? best * (1 + sign * threshold) : best + sign * threshold;
    return mode === 'min' ? measure < limit : measure > limit;
  }

  /** Takes a measure, and reduces the rates where it is one too many. */
  step(measure: number): void {
    const { patience, cooldown } = this.#options;
    const { best, stuckFor, cooldownLeft } = this.#state;
    const isBetter = this.#isBetter(measure, best);
    const stuck = isBetter || cooldownLeft > 0 ? 0 : stuckFor + 1;
    const isReducing = stuck > patience;
    if (isReducing) this.#reduce();
    this.#state = {
      best: isBetter ? measure : best,
      stuckFor: isReducing ? 0 : stuck,
      cooldownLeft: isReducing ? cooldown : Math.max(0, cooldownLeft - 1),
    };
  }

  #reduce(): void {
    const { factor, minimum, epsilon } = this.#options;
    for (const group of this.optimizer.groups) {
      const reduced = Math.max(group.lr * factor, minimum);
      if (group.lr - reduced > epsilon) group.lr = reduced;
    }
  }

  stateDict(): PlateauState {
    return this.#state;
  }

  loadStateDict(state: PlateauState): void {
    this.#state = state;
  }
}
