import type { Optimizer } from './optimizer.js';
import { requireSteps, Schedule } from './schedule.js';

/** How rates follow a cosine. */
export interface CosineScheduleOptions {
  /** Steps from the highest rate to the lowest. */
  readonly period: number;
  /** The lowest rate; 0. */
  readonly minimum?: number;
}

/** Lets rates fall along half a cosine over `period` steps, and rise again if it goes on. Loshchilov and Hutter 2017. */
export class CosineAnnealingLR extends Schedule {
  constructor(optimizer: Optimizer, { period, minimum = 0 }: CosineScheduleOptions) {
    requireSteps('CosineAnnealingLR', { period });
    const height = (step: number): number => 1 + Math.cos((Math.PI * step) / period);
    super(optimizer, (step, before, base) => {
      if (step === 0) return before;
      // At the lowest point the quotient of heights is 0/0.
      if ((step - 1 - period) % (2 * period) === 0) return before + ((base - minimum) * height(period - 1)) / 2;
      return (height(step) / height(step - 1)) * (before - minimum) + minimum;
    });
  }
}

/** How rates follow a cosine that begins anew. */
export interface WarmRestartOptions extends CosineScheduleOptions {
  /** How much longer each period is than the one before: a whole number; 1. */
  readonly growth?: number;
}

/** Lets rates fall along half a cosine, again and again. Loshchilov and Hutter 2017. */
export class CosineAnnealingWarmRestarts extends Schedule {
  constructor(optimizer: Optimizer, { period, growth = 1, minimum = 0 }: WarmRestartOptions) {
    requireSteps('CosineAnnealingWarmRestarts', { period, growth });
    super(optimizer, (step, _, base) => {
      let length = period;
      let position = step;
      if (growth === 1) position %= period;
      for (; position >= length; length *= growth) position -= length;
      return minimum + ((base - minimum) * (1 + Math.cos((Math.PI * position) / length))) / 2;
    });
  }
}
