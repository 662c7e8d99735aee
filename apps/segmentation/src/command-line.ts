import { Command, InvalidArgumentError, Option } from 'commander';
import type { DeviceName } from 'cotangent';
import { defaultSettings, defaultSteps, deviceNames, lossNames, type TrainingSettings } from './settings.js';

/** What the command line asks for. */
export interface RunRequest {
  /** Steps of the whole run; by default as many as the resumed run was to take, or the usual number. */
  readonly steps?: number;
  readonly device: DeviceName;
  /** Settings that were given; others are the defaults, or the resumed run's. */
  readonly settings: Partial<TrainingSettings>;
  /** Folder for what the run writes. */
  readonly out?: string;
  /** Name of a folder in `runs`. */
  readonly name?: string;
  /** Run to continue, by folder or name; `true` is the latest. */
  readonly resume?: string | true;
  /** File for a summary in JSON. */
  readonly json?: string;
}

/** Reads a flag's whole number from `least`. */
export const wholeNumber =
  (least: number) =>
  (text: string): number => {
    const value = Number(text);
    if (!/^\d+$/.test(text) || !Number.isSafeInteger(value) || value < least) {
      throw new InvalidArgumentError(`A whole number from ${least} is needed.`);
    }
    return value;
  };

const positiveNumber = (text: string): number => {
  const value = Number(text);
  if (text.trim() === '' || !Number.isFinite(value) || value <= 0) {
    throw new InvalidArgumentError('A number above 0 is needed.');
  }
  return value;
};

const folderName = (text: string): string => {
  if (!/^[\w+][\w.+-]*$/.test(text)) {
    throw new InvalidArgumentError('Letters, digits and . _ + - make a name.');
  }
  return text;
};

type Flags = Partial<TrainingSettings> & Omit<RunRequest, 'settings'>;

/** Reads the words after the program's name; throws CommanderError for `--help` and for what it can't take. */
export const readCommandLine = (words: readonly string[]): RunRequest => {
  const { loss, seed, batch, lr, decaySteps } = defaultSettings;
  const command = new Command('npm start --')
    .description('Trains a U-Net to segment handwritten digits, and reports how well it does.')
    .addOption(new Option('--loss <name>', `what to minimize (default: "${loss}")`).choices(lossNames))
    .option('--steps <count>', `steps of the whole run (default: ${defaultSteps})`, wholeNumber(1))
    .addOption(new Option('--device <name>', 'where to compute').choices(deviceNames).default('auto'))
    .option('--seed <number>', `of the weights and the scenes (default: ${seed})`, wholeNumber(0))
    .option('--batch <count>', `scenes in a step (default: ${batch})`, wholeNumber(1))
    .option('--lr <rate>', `highest learning rate (default: ${lr})`, positiveNumber)
    .option('--decay-steps <count>', `steps until the rate is lowest (default: ${decaySteps})`, wholeNumber(1))
    .option('--name <name>', 'write to runs/<name>; an earlier run there is replaced (default: the time)', folderName)
    .option('--out <folder>', 'write to this folder instead')
    .option('--resume [run]', 'continue a run, by name or folder; without one, the latest')
    .option('--json <file>', 'write a summary for machines')
    .allowExcessArguments(false)
    .exitOverride()
    .parse(words, { from: 'user' });
  const { steps, device, out, name, resume, json, ...settings } = command.opts<Flags>();
  return {
    device,
    settings,
    ...(steps !== undefined && { steps }),
    ...(out !== undefined && { out }),
    ...(name !== undefined && { name }),
    ...(resume !== undefined && { resume }),
    ...(json !== undefined && { json }),
  };
};
