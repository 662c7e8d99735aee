import type { Optimizer } from './optimizer.js';
import { requireSteps, Schedule } from './schedule.js';

/** Multiplies rates by `gamma` (0.1) every `stepSize` steps. */
export class StepLR extends Schedule {
  constructor(optimizer: Optimizer, { stepSize, gamma = 0.1 }: { readonly stepSize: number; readonly gamma?: number }) {
    requireSteps('StepLR', { stepSize });
    super(optimizer, (step, before) => (step > 0 && step % stepSize === 0 ? before * gamma : before));
  }
}

/** Multiplies rates by `gamma` (0.1) at each of the milestones; a milestone that is given twice counts twice. */
export class MultiStepLR extends Schedule {
  constructor(
    optimizer: Optimizer,
    { milestones, gamma = 0.1 }: { readonly milestones: readonly number[]; readonly gamma?: number },
  ) {
    super(optimizer, (step, before) => before * gamma ** milestones.filter((milestone) => milestone === step).length);
  }
}

/** Multiplies rates by `gamma` at every step. */
export class ExponentialLR extends Schedule {
  constructor(optimizer: Optimizer, { gamma }: { readonly gamma: number }) {
    super(optimizer, (step, before) => (step === 0 ? before : before * gamma));
  }
}

/** Lets rates fall to 0 over `totalSteps` (5), by the `power` (1) of what is left. */
export class PolynomialLR extends Schedule {
  constructor(
    optimizer: Optimizer,
    { totalSteps = 5, power = 1 }: { readonly totalSteps?: number; readonly power?: number } = {},
  ) {
    requireSteps('PolynomialLR', { totalSteps });
    super(optimizer, (step, before) =>
      step === 0 || step > totalSteps
        ? before
        : before * ((1 - step / totalSteps) / (1 - (step - 1) / totalSteps)) ** power,
    );
  }
}

/** Multiplies the rates at first by a factor that depends on the step. */
export class LambdaLR extends Schedule {
  constructor(optimizer: Optimizer, factor: (step: number) => number) {
    super(optimizer, (step, _, base) => base * factor(step));
  }
}

/** Multiplies rates by `factor` (1/3) for the first `totalSteps` (5). */
export class ConstantLR extends Schedule {
  constructor(
    optimizer: Optimizer,
    { factor = 1 / 3, totalSteps = 5 }: { readonly factor?: number; readonly totalSteps?: number } = {},
  ) {
    requireSteps('ConstantLR', { totalSteps });
    super(optimizer, (step, before) => (step === 0 ? before * factor : step === totalSteps ? before / factor : before));
  }
}

/** How rates rise or fall linearly. */
export interface LinearScheduleOptions {
  /** Of the rates at first; 1/3. */
  readonly startFactor?: number;
  /** Of the rates in the end; 1. */
  readonly endFactor?: number;
  /** 5. */
  readonly totalSteps?: number;
}

/** Multiplies rates by a factor that goes from `startFactor` to `endFactor` over `totalSteps`: a warm-up. */
export class LinearLR extends Schedule {
  constructor(
    optimizer: Optimizer,
    { startFactor = 1 / 3, endFactor = 1, totalSteps = 5 }: LinearScheduleOptions = {},
  ) {
    requireSteps('LinearLR', { totalSteps });
    const slope = endFactor - startFactor;
    super(optimizer, (step, before) => {
      if (step === 0) return before * startFactor;
      return step > totalSteps ? before : before * (1 + slope / (totalSteps * startFactor + (step - 1) * slope));
    });
  }
}
