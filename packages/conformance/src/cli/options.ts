import { parseArgs } from 'node:util';
import { type DeviceName, deviceNames } from './devices.js';

/** How the cases are evaluated. */
export type Mode = 'lazy' | 'unfused' | 'float64';

const modes: readonly Mode[] = ['lazy', 'unfused', 'float64'];

export interface Options {
  readonly fixtures: string;
  readonly device: DeviceName;
  readonly mode: Mode;
  readonly json: string | undefined;
}

export const help = `Runs fixtures of reference values and gradients on a device.

Usage: npm run conformance -- --fixtures PATH [--device NAME] [--mode NAME] [--json FILE]

  --fixtures PATH  a fixture file, or a folder of them
  --device NAME    ${deviceNames.join(', ')}; cpu by default
  --mode NAME      lazy     float32, as users run it (the default)
                   unfused  float32, every op a kernel of its own
                   float64  the same inputs in float64
  --json FILE      writes the result there as well
  --help           shows this

Prints a line for each failing case, and the counts last. Exits with 0 where nothing failed, 1 where something did, and
2 where it could not run.
`;

/** A command line that can't be run; its message says why. */
export class UsageError extends Error {}

const isOneOf = <T extends string>(value: string, allowed: readonly T[]): value is T =>
  (allowed as readonly string[]).includes(value);

const requireOneOf = <T extends string>(flag: string, value: string, allowed: readonly T[]): T => {
  if (!isOneOf(value, allowed)) throw new UsageError(`--${flag} is '${value}'; it can be ${allowed.join(', ')}.`);
  return value;
};

const parse = (words: readonly string[]) => {
  try {
    return parseArgs({
      args: [...words],
      options: {
        fixtures: { type: 'string' },
        device: { type: 'string', default: 'cpu' },
        mode: { type: 'string', default: 'lazy' },
        json: { type: 'string' },
        help: { type: 'boolean', default: false },
      },
    }).values;
  } catch (error) {
    throw new UsageError((error as Error).message);
  }
};

/** Reads the command line; undefined where help is asked for. */
export const parseOptions = (words: readonly string[]): Options | undefined => {
  const { fixtures, device, mode, json, help: isHelp } = parse(words);
  if (isHelp) return undefined;
  if (fixtures === undefined) throw new UsageError('--fixtures is missing.');
  return {
    fixtures,
    device: requireOneOf('device', device, deviceNames),
    mode: requireOneOf('mode', mode, modes),
    json,
  };
};
