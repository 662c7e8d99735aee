import { ValueError } from '@cotangent/tensor';
import type { Optimizer } from './optimizer.js';

/** A learning rate, or a momentum, from the one of the step before; steps count from 0, `base` is the one at first. */
export type Recurrence = (step: number, before: number, base: number) => number;

/** Where a schedule stands: plain values, for JSON. The rates themselves are in the optimizer's state. */
export interface ScheduleState {
  readonly step: number;
  /** Learning rates of the groups before the schedule began. */
  readonly baseRates: readonly number[];
}

/**
 * Changes the learning rates of an optimizer's groups from step to step. Rates are set for step 0 when it is made; call
 * `step()` after each step of the optimizer. Several schedules of one optimizer act one on the other's result.
 */
export class Schedule {
  readonly optimizer: Optimizer;
  readonly #rate: Recurrence;
  readonly #momentum: Recurrence | undefined;
  #baseRates: readonly number[];
  #step = 0;

  constructor(optimizer: Optimizer, rate: Recurrence, momentum?: Recurrence) {
    this.optimizer = optimizer;
    this.#rate = rate;
    this.#momentum = momentum;
    this.#baseRates = optimizer.groups.map(({ lr }) => lr);
    this.#apply();
  }

  #apply(): void {
    for (const [i, group] of this.optimizer.groups.entries()) {
      const rate = this.#rate(this.#step, group.lr, this.#baseRates[i] as number);
      if (rate !== group.lr) group.lr = rate;
      if (this.#momentum !== undefined) group.momentum = this.#momentum(this.#step, group.momentum ?? 0, 0);
    }
  }

  /** Sets the rates of the next step. */
  step(): void {
    this.#step++;
    this.#apply();
  }

  /** The learning rates of the groups now. */
  get rates(): readonly number[] {
    return this.optimizer.groups.map(({ lr }) => lr);
  }

  stateDict(): ScheduleState {
    return { step: this.#step, baseRates: this.#baseRates };
  }

  /** Continues from a state; the optimizer's own state brings the rates. */
  loadStateDict({ step, baseRates }: ScheduleState): void {
    if (baseRates.length !== this.#baseRates.length) {
      throw new ValueError('loadStateDict', 'the state is of an optimizer with other groups.', {
        sides: { groups: this.#baseRates.length, state: baseRates.length },
      });
    }
    this.#step = step;
    this.#baseRates = baseRates;
  }
}

/** Throws ValueError for an option that is no whole number from 1 on. */
export const requireSteps = (name: string, options: Readonly<Record<string, number>>): void => {
  for (const [option, value] of Object.entries(options)) {
    if (!Number.isInteger(value) || value < 1) {
      throw new ValueError(name, `${option} is a whole number from 1.`, { sides: { [option]: value } });
    }
  }
};
