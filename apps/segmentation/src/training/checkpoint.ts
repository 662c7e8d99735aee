import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import {
  type Device,
  evaluate,
  FormatError,
  type OptimizerState,
  parseSafetensors,
  randomState,
  type SafetensorsContent,
  scope,
  serializeSafetensors,
  setRandomState,
  type Tensor,
} from 'cotangent';
import { writeAtomically } from '../atomic-file.js';
import { RunError } from '../run-error.js';
import type { TrainingSettings } from '../settings.js';
import type { History } from './history.js';
import { Training } from './training.js';

/** What a checkpoint holds beside tensors, as JSON in the file's metadata. */
interface Position {
  readonly version: number;
  readonly settings: TrainingSettings;
  /** Steps that the whole run was to take. */
  readonly steps: number;
  readonly history: History;
  readonly optimizer: OptimizerState['settings'];
  readonly random: ReturnType<typeof randomState>;
}

/** A checkpoint as read. */
interface Checkpoint extends Position {
  readonly model: Readonly<Record<string, Tensor>>;
  readonly moments: Readonly<Record<string, Tensor>>;
}

const version = 1;

const addPrefix = (prefix: string, tensors: Readonly<Record<string, Tensor>>): Record<string, Tensor> =>
  Object.fromEntries(Object.entries(tensors).map(([name, tensor]) => [prefix + name, tensor]));

const takePrefix = (prefix: string, tensors: Readonly<Record<string, Tensor>>): Record<string, Tensor> =>
  Object.fromEntries(
    Object.entries(tensors).flatMap(([name, tensor]) =>
      name.startsWith(prefix) ? [[name.slice(prefix.length), tensor] as const] : [],
    ),
  );

/** SHA-256 of the file as it is without the checksum. */
const checksum = async (tensors: Readonly<Record<string, Tensor>>, position: string): Promise<string> =>
  createHash('sha256')
    .update(await serializeSafetensors(tensors, { metadata: { position } }))
    .digest('hex');

/** Writes all that it takes to continue a training bit by bit. `steps` is where the run is to end. */
export const saveCheckpoint = async (path: string, training: Training, steps: number): Promise<void> => {
  const { settings, history, model, optimizer } = training;
  const { tensors: moments, settings: optimizerSettings } = optimizer.stateDict();
  const tensors = {
    ...addPrefix('model.', model.stateDict({ transient: true })),
    ...addPrefix('optimizer.', moments),
  };
  const content: Position = {
    version,
    settings,
    steps,
    history,
    optimizer: optimizerSettings,
    random: randomState(),
  };
  const position = JSON.stringify(content);
  const metadata = { position, checksum: await checksum(tensors, position) };
  writeAtomically(path, await serializeSafetensors(tensors, { metadata }));
};

const parse = (path: string, device: Device): SafetensorsContent => {
  try {
    return parseSafetensors(readFileSync(path), { device });
  } catch (error) {
    if (!(error instanceof FormatError)) throw error;
    throw new RunError(`The checkpoint '${path}' is damaged: ${error.message}`, { cause: error });
  }
};

/** Reads a checkpoint; RunError where the file is damaged, or something else. */
const readCheckpoint = async (path: string, device: Device): Promise<Checkpoint> => {
  const { tensors, metadata } = parse(path, device);
  const { position, checksum: expected } = metadata;
  if (position === undefined || expected === undefined) {
    throw new RunError(`'${path}' is no checkpoint of a training run.`);
  }
  if ((await checksum(tensors, position)) !== expected) {
    throw new RunError(`The checkpoint '${path}' is damaged: its content does not have its checksum.`);
  }
  const content = JSON.parse(position) as Position;
  if (content.version !== version) {
    throw new RunError(`The checkpoint '${path}' has version ${content.version}; this program reads ${version}.`);
  }
  return { ...content, model: takePrefix('model.', tensors), moments: takePrefix('optimizer.', tensors) };
};

/** What a resumed run may be asked for. */
export interface Continuation {
  /** Where the run is to end; by default where it was to end before. */
  readonly steps?: number;
  /** Settings that the checkpoint must have. */
  readonly settings: Partial<TrainingSettings>;
}

const requireSameSettings = (saved: TrainingSettings, asked: Partial<TrainingSettings>): void => {
  for (const [name, value] of Object.entries(asked)) {
    const kept = saved[name as keyof TrainingSettings];
    if (value === kept) continue;
    const flag = name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
    throw new RunError(`The run was begun with --${flag} ${kept}; it can't be continued with ${value}.`);
  }
};

/** A training as it was when its checkpoint was written, and the step at which the run is to end. */
export const restoreTraining = async (
  path: string,
  device: Device,
  asked: Continuation,
): Promise<{ readonly training: Training; readonly steps: number }> =>
  scope(async () => {
    const checkpoint = await readCheckpoint(path, device);
    requireSameSettings(checkpoint.settings, asked.settings);
    const taken = checkpoint.history.loss.length;
    const { steps = checkpoint.steps } = asked;
    if (steps < taken) throw new RunError(`The run has taken ${taken} steps already, more than --steps ${steps}.`);
    const training = new Training(checkpoint.settings, device, checkpoint.history);
    training.model.loadStateDict(checkpoint.model);
    training.optimizer.loadStateDict({ tensors: checkpoint.moments, settings: checkpoint.optimizer });
    setRandomState(checkpoint.random);
    await evaluate(...Object.values(training.model.stateDict({ transient: true })));
    return { training, steps };
  });

/** Writes the model's parameters and statistics, for use elsewhere. */
export const saveModel = async (path: string, { model }: Training): Promise<void> =>
  writeAtomically(path, await serializeSafetensors(model.stateDict()));
