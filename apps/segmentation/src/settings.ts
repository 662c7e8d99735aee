/** Losses that a run may train with. */
export const lossNames = ['ce', 'lovasz', 'ce+lovasz'] as const;
export type LossName = (typeof lossNames)[number];

/** Devices that a run may ask for. */
export const deviceNames = ['auto', 'cpu', 'webgpu'] as const;

/** What decides every bit of a run on a device: a resumed run keeps them. */
export interface TrainingSettings {
  readonly loss: LossName;
  /** Of the initial weights and of the training scenes. */
  readonly seed: number;
  /** Scenes in a step. */
  readonly batch: number;
  /** The highest learning rate. */
  readonly lr: number;
  /** Step at which the learning rate has come down to its floor; not the number of steps, so that a run can be prolonged. */
  readonly decaySteps: number;
}

/** Steps of a run where the command line says nothing. */
export const defaultSteps = 2000;

/** What is used where the command line says nothing. */
export const defaultSettings: TrainingSettings = {
  loss: 'ce+lovasz',
  seed: 0,
  batch: 8,
  lr: 0.01,
  decaySteps: defaultSteps,
};
