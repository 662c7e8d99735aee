import { availableParallelism } from 'node:os';
import { Command, InvalidArgumentError, Option } from 'commander';
import { defaultPeers, type PeerName, peerNames } from './contest/roster.js';
import { workloads } from './workloads/catalogue.js';
import type { Workload } from './workloads/problem.js';

/** What the command line asks for. */
export interface Request {
  readonly workloads: readonly Workload[];
  readonly peers: readonly PeerName[];
  readonly device: string;
  readonly threads: number;
  /** Turns for each implementation; where absent, what the effort says. */
  readonly rounds?: number;
  /** Few short turns, to see that everything works. */
  readonly quick: boolean;
  /** Instead of comparing, time each of our launches by itself. */
  readonly profile: boolean;
  /** File for the results in JSON. */
  readonly json?: string;
  /** Print Markdown, or put it into this file. */
  readonly markdown?: string | true;
}

const count = (text: string): number => {
  const value = Number(text);
  if (!/^\d+$/.test(text) || !Number.isSafeInteger(value) || value < 1) {
    throw new InvalidArgumentError('A whole number from 1 is needed.');
  }
  return value;
};

/** Workloads of a name, or of a group: `matmul` is all that begin with `matmul-`. */
const workloadsNamed = (name: string): readonly Workload[] => {
  const exact = workloads.filter((workload) => workload.name === name);
  const found = exact.length > 0 ? exact : workloads.filter((workload) => workload.name.startsWith(`${name}-`));
  if (found.length === 0) {
    throw new InvalidArgumentError(`There is no '${name}'. Workloads: ${workloads.map(({ name }) => name).join(' ')}.`);
  }
  return found;
};

const choose = (name: string, before: readonly Workload[] | undefined): readonly Workload[] => [
  ...(before ?? []),
  ...workloadsNamed(name),
];

const choosePeers = (name: string, before: readonly PeerName[] | undefined): readonly PeerName[] => {
  const chosen = name === 'all' ? peerNames : name === 'none' ? [] : peerNames.filter((peer) => peer === name);
  if (chosen.length === 0 && name !== 'none') {
    throw new InvalidArgumentError(`There is no '${name}'. Peers: ${peerNames.join(' ')}, or all, or none.`);
  }
  return [...(before ?? []), ...chosen];
};

interface Flags extends Omit<Request, 'workloads' | 'peers'> {
  readonly only?: readonly Workload[];
  readonly peers?: readonly PeerName[];
}

/** Reads the words after the program's name; throws CommanderError for `--help` and for what it can't take. */
export const readCommandLine = (words: readonly string[]): Request => {
  const command = new Command('npm run bench --')
    .description('Times Cotangent beside its peers: same inputs, in turn, results compared.')
    .option('--only <names...>', 'workloads, or beginnings of their names (default: all)', choose)
    .option(
      '--peers <names...>',
      `of ${peerNames.join(', ')}; all; none (default: ${defaultPeers.join(' ')})`,
      choosePeers,
    )
    .addOption(new Option('--device <name>', 'where to compute').choices(['cpu']).default('cpu'))
    .option('--threads <count>', 'for every implementation that has threads', count, availableParallelism())
    .option('--rounds <count>', 'turns for each implementation', count)
    .option('--quick', 'few short turns, to see that everything works', false)
    .option('--profile', 'instead of comparing, time each kernel that Cotangent launches', false)
    .option('--json <file>', 'write the results for machines')
    .option('--markdown [file]', 'print Markdown; with a file, put it between its bench marks')
    .allowExcessArguments(false)
    .exitOverride()
    .parse(words, { from: 'user' });
  const { only, peers, ...rest } = command.opts<Flags>();
  return {
    workloads: workloads.filter((workload) => only?.includes(workload) ?? true),
    peers: [...new Set(peers ?? defaultPeers)],
    ...rest,
  };
};
