import { existsSync, mkdirSync, readdirSync, rmSync, statSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import { RunError } from './run-error.js';

/** Where a run keeps what it writes; absolute paths. */
export interface RunFolder {
  readonly folder: string;
  readonly checkpoint: string;
  readonly model: string;
  readonly metrics: string;
  readonly report: string;
}

const runsFolder = 'runs';

const pathsIn = (folder: string): RunFolder => ({
  folder,
  checkpoint: join(folder, 'checkpoint.safetensors'),
  model: join(folder, 'model.safetensors'),
  metrics: join(folder, 'metrics.jsonl'),
  report: join(folder, 'report.html'),
});

/** The files of a run, without its folder. */
export const filesOf = ({ model, metrics, report, checkpoint }: RunFolder): string[] => [
  model,
  metrics,
  report,
  checkpoint,
];

/** A path as a person would type it here: from the working directory where it lies below, else absolute. */
export const readablePath = (path: string): string => {
  const fromHere = relative('.', path);
  return fromHere === '' || fromHere.startsWith('..') ? resolve(path) : fromHere;
};

/** Seconds of the clock as a folder name that sorts by time. */
const nameOfNow = (): string => new Date().toISOString().slice(0, 19).replaceAll(':', '-');

/** Whether a run in this folder can be continued. */
export const hasCheckpoint = (folder: string): boolean => existsSync(pathsIn(folder).checkpoint);

const openRunFolder = (folder: string): RunFolder => {
  const paths = pathsIn(resolve(folder));
  mkdirSync(paths.folder, { recursive: true });
  return paths;
};

/** The run that last wrote a checkpoint. */
const latestRun = (): string | undefined => {
  if (!existsSync(runsFolder)) return undefined;
  return readdirSync(runsFolder)
    .map((name) => join(runsFolder, name))
    .filter(hasCheckpoint)
    .map((folder) => ({ folder, time: statSync(pathsIn(folder).checkpoint).mtimeMs }))
    .sort((a, b) => b.time - a.time)[0]?.folder;
};

/** Where a new run goes, as the command line has it. */
export interface Destination {
  readonly out?: string;
  readonly name?: string;
}

const folderOf = ({ out, name }: Destination): string | undefined =>
  out ?? (name === undefined ? undefined : join(runsFolder, name));

/** An empty place for a new run; what an earlier run wrote there is removed. */
export const createRunFolder = (destination: Destination): RunFolder => {
  const paths = openRunFolder(folderOf(destination) ?? join(runsFolder, nameOfNow()));
  for (const file of filesOf(paths)) rmSync(file, { force: true });
  return paths;
};

/** The folder that a resumed run writes to: its own, where no other is asked for. */
export const continueRunFolder = (source: RunFolder, destination: Destination): RunFolder =>
  openRunFolder(folderOf(destination) ?? source.folder);

/** An earlier run by its folder or its name in `runs`. Where `run` is true it is the one at the destination, else the latest. */
export const findRunFolder = (run: string | true, destination: Destination): RunFolder => {
  const wanted = run === true ? folderOf(destination) : run;
  const candidates = wanted === undefined ? [latestRun()] : [wanted, join(runsFolder, wanted)];
  const folder = candidates.find((path) => path !== undefined && hasCheckpoint(path));
  if (folder === undefined) {
    throw new RunError(
      wanted === undefined ? `No run in '${runsFolder}' has a checkpoint.` : `There is no checkpoint in '${wanted}'.`,
    );
  }
  return pathsIn(resolve(folder));
};
