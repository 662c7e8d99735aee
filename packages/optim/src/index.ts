export { Adadelta, type AdadeltaOptions } from './adadelta.js';
export { Adagrad, type AdagradOptions } from './adagrad.js';
export { Adam, type AdamOptions, AdamW } from './adam.js';
export { Adamax, type AdamaxOptions } from './adamax.js';
export { type ClipGradNormOptions, clipGradNorm, clipGradValue } from './clip.js';
export {
  CosineAnnealingLR,
  CosineAnnealingWarmRestarts,
  type CosineScheduleOptions,
  type WarmRestartOptions,
} from './cosine-schedules.js';
export { CyclicLR, type CyclicOptions, OneCycleLR, type OneCycleOptions } from './cycle-schedules.js';
export {
  ConstantLR,
  ExponentialLR,
  LambdaLR,
  LinearLR,
  type LinearScheduleOptions,
  MultiStepLR,
  PolynomialLR,
  StepLR,
} from './decay-schedules.js';
export { Lion, type LionOptions } from './lion.js';
export { NAdam, type NadamOptions } from './nadam.js';
export { Optimizer, type Parameters } from './optimizer.js';
export type { GroupSettings, OptimizerSettings, OptimizerState } from './optimizer-state.js';
export { type OptimizerOptions, ParameterGroup, type ParameterGroupOptions } from './parameter-group.js';
export { type PlateauOptions, type PlateauState, ReduceLROnPlateau } from './plateau-schedule.js';
export { RAdam, type RadamOptions } from './radam.js';
export { RMSprop, type RmspropOptions } from './rmsprop.js';
export { type Recurrence, Schedule, type ScheduleState } from './schedule.js';
export { type SequencePart, type SequenceState, SequentialLR } from './schedule-sequence.js';
export { SGD, type SgdOptions } from './sgd.js';
export type { UpdateInput, UpdateOutput, UpdateRule } from './update-rule.js';
