import type { TrainingSettings } from '../settings.js';

/** Steps in which the rate rises to its highest. */
const warmUpSteps = 30;

/** The lowest rate, as a share of the highest. */
const floor = 0.01;

/** The learning rate of the step that follows `step` others: a linear rise, then half a cosine down to the floor. */
export const learningRate = ({ lr, decaySteps }: TrainingSettings, step: number): number => {
  const rise = Math.min(1, (step + 1) / warmUpSteps);
  const progress = Math.min(1, step / decaySteps);
  return lr * rise * (floor + ((1 - floor) * (1 + Math.cos(Math.PI * progress))) / 2);
};
