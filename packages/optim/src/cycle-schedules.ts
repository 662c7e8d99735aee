import { ValueError } from '@cotangent/tensor';
import type { Optimizer } from './optimizer.js';
import { type Recurrence, requireSteps, Schedule } from './schedule.js';

/** How one cycle goes up and down. */
export interface OneCycleOptions {
  readonly maximum: number;
  readonly totalSteps: number;
  /** The share of steps in which the rate rises; 0.3. */
  readonly riseShare?: number;
  /** `'cosine'` by default. */
  readonly annealing?: 'cosine' | 'linear';
  /** Whether the momentum goes the other way; true. */
  readonly cycleMomentum?: boolean;
  /** 0.85. */
  readonly minimumMomentum?: number;
  /** 0.95. */
  readonly maximumMomentum?: number;
  /** The rate begins at `maximum` over this; 25. */
  readonly initialDivisor?: number;
  /** The rate ends at the first one over this; 1e4. */
  readonly finalDivisor?: number;
  /** Falls as long as it rose, to the first rate, and only then to the last; false. */
  readonly threePhases?: boolean;
}

/** Ends of a part of the cycle, at its last step. */
interface Phase {
  readonly lastStep: number;
  readonly rate: number;
  readonly momentum: number;
}

const anneal = { cosine: (share: number) => (1 - Math.cos(Math.PI * share)) / 2, linear: (share: number) => share };

/** Rates that rise once and then fall to nearly nothing. Smith and Topin 2018. */
export class OneCycleLR extends Schedule {
  constructor(optimizer: Optimizer, options: OneCycleOptions) {
    const { maximum, totalSteps, riseShare = 0.3, annealing = 'cosine', threePhases = false } = options;
    const { minimumMomentum = 0.85, maximumMomentum = 0.95, initialDivisor = 25, finalDivisor = 1e4 } = options;
    requireSteps('OneCycleLR', { totalSteps });
    const initial = maximum / initialDivisor;
    const rise = riseShare * totalSteps;
    const phases: readonly Phase[] = [
      { lastStep: 0, rate: initial, momentum: maximumMomentum },
      { lastStep: rise - 1, rate: maximum, momentum: minimumMomentum },
      ...(threePhases ? [{ lastStep: 2 * rise - 2, rate: initial, momentum: maximumMomentum }] : []),
      { lastStep: totalSteps - 1, rate: initial / finalDivisor, momentum: maximumMomentum },
    ];
    const follow =
      (quantity: 'rate' | 'momentum'): Recurrence =>
      (step) => {
        const next = phases.findIndex(({ lastStep }, i) => i > 0 && step <= lastStep);
        if (next < 0) throw new ValueError('OneCycleLR', 'the cycle is over.', { sides: { step, totalSteps } });
        const [from, to] = [phases[next - 1] as Phase, phases[next] as Phase];
        const share = anneal[annealing]((step - from.lastStep) / (to.lastStep - from.lastStep));
        return from[quantity] + (to[quantity] - from[quantity]) * share;
      };
    super(optimizer, follow('rate'), (options.cycleMomentum ?? true) ? follow('momentum') : undefined);
  }
}

/** How rates go up and down again and again. */
export interface CyclicOptions {
  readonly minimum: number;
  readonly maximum: number;
  /** Steps from the lowest to the highest rate; 2000. */
  readonly riseSteps?: number;
  /** Steps back; as many by default. */
  readonly fallSteps?: number;
  /** `'triangular'` (default) repeats, `'triangular2'` halves the height each time, `'exponential'` by `gamma` each step. */
  readonly mode?: 'triangular' | 'triangular2' | 'exponential';
  /** 1. */
  readonly gamma?: number;
  /** Whether the momentum goes the other way; true. */
  readonly cycleMomentum?: boolean;
  /** 0.8. */
  readonly minimumMomentum?: number;
  /** 0.9. */
  readonly maximumMomentum?: number;
}

/** Rates that go up and down linearly. Smith 2017. */
export class CyclicLR extends Schedule {
  constructor(optimizer: Optimizer, options: CyclicOptions) {
    const { minimum, maximum, riseSteps = 2000, fallSteps = riseSteps, mode = 'triangular', gamma = 1 } = options;
    const { minimumMomentum = 0.8, maximumMomentum = 0.9, cycleMomentum = true } = options;
    requireSteps('CyclicLR', { riseSteps, fallSteps });
    const period = riseSteps + fallSteps;
    const height = (step: number): number => {
      const position = step % period;
      const share = position <= riseSteps ? position / riseSteps : (period - position) / fallSteps;
      if (mode === 'triangular') return share;
      return mode === 'triangular2' ? share / 2 ** Math.floor(step / period) : share * gamma ** step;
    };
    super(
      optimizer,
      (step) => minimum + (maximum - minimum) * height(step),
      cycleMomentum ? (step) => maximumMomentum - (maximumMomentum - minimumMomentum) * height(step) : undefined,
    );
  }
}
