import { basename } from 'node:path';
import { type Device, device as findDevice, setDefaultDevice } from 'cotangent';
import { writeAtomically } from './atomic-file.js';
import type { RunRequest } from './command-line.js';
import { describeEnvironment } from './environment.js';
import { renderReport } from './report/report.js';
import {
  continueRunFolder,
  createRunFolder,
  filesOf,
  findRunFolder,
  type RunFolder,
  readablePath,
} from './run-folder.js';
import { defaultSettings, defaultSteps } from './settings.js';
import { restoreTraining, saveModel } from './training/checkpoint.js';
import type { History } from './training/history.js';
import { listenForInterruption } from './training/interruption.js';
import { showProgress } from './training/progress.js';
import { train } from './training/session.js';
import { Training } from './training/training.js';
import { predictExamples } from './training/validation.js';

/** Scenes shown in the report. */
const exampleCount = 8;

/** A run as it was begun or continued. */
interface Run {
  readonly training: Training;
  /** Steps from the beginning to the end. */
  readonly steps: number;
  readonly paths: RunFolder;
}

const begin = (request: RunRequest, device: Device): Run => ({
  training: new Training({ ...defaultSettings, ...request.settings }, device),
  steps: request.steps ?? defaultSteps,
  paths: createRunFolder(request),
});

const resume = async (name: string | true, request: RunRequest, device: Device): Promise<Run> => {
  const source = findRunFolder(name, request);
  const { training, steps } = await restoreTraining(source.checkpoint, device, request);
  return { training, steps, paths: continueRunFolder(source, request) };
};

const print = (line: string): void => {
  process.stdout.write(`${line}\n`);
};

const announce = ({ training: { settings, device, step, model }, steps, paths }: Run): void => {
  const parameterCount = model.parameters().reduce((count, parameter) => count + parameter.size, 0);
  print(`U-Net with ${parameterCount} parameters, ${settings.loss}, seed ${settings.seed}, on ${device.name}`);
  const task = step < steps ? `steps ${step + 1} to ${steps}` : `all ${steps} steps are taken`;
  print(`${task}, writing to ${readablePath(paths.folder)}`);
};

const writeReport = async ({ training, steps, paths }: Run): Promise<void> => {
  const { settings, model, device, history } = training;
  const content = {
    name: basename(paths.folder),
    history,
    examples: await predictExamples(model, exampleCount, device),
    settings: {
      loss: settings.loss,
      steps,
      'scenes in a step': settings.batch,
      'highest learning rate': settings.lr,
      'steps until the rate is lowest': settings.decaySteps,
      seed: settings.seed,
      device: device.name,
    },
    environment: describeEnvironment(),
  };
  writeAtomically(paths.report, renderReport(content));
};

/** The summary that `--json` asks for. */
const summarize = ({ training: { history, step, device }, paths }: Run): string => {
  const { miou, iouPerClass } = history.validations.at(-1) ?? { miou: null, iouPerClass: null };
  const { loss, seconds } = history;
  const summary = {
    steps: step,
    seconds,
    device: device.name,
    loss,
    validation: { miou, iouPerClass },
    files: filesOf(paths),
  };
  return `${JSON.stringify(summary, undefined, 2)}\n`;
};

const conclude = ({ training: { history, step }, steps, paths }: Run): void => {
  const folder = readablePath(paths.folder);
  if (step < steps) {
    print(`Stopped after step ${step} and saved. Continue with: npm start -- --resume ${folder}`);
    return;
  }
  const miou = history.validations.at(-1)?.miou.toFixed(3);
  print(`mIoU ${miou} on validation scenes after ${step} steps, ${history.seconds.toFixed(0)} s`);
  print(`report  ${readablePath(paths.report)}`);
};

/** Does what the command line asks for: trains, or continues to, and writes the run's files. Gives what happened. */
export const run = async (request: RunRequest): Promise<History> => {
  const device = await findDevice(request.device);
  setDefaultDevice(device);
  const current = request.resume === undefined ? begin(request, device) : await resume(request.resume, request, device);
  announce(current);
  const progress = showProgress(current.steps, current.training.step);
  const interruption = listenForInterruption(() => {
    progress.stop();
    process.exit(130);
  });
  try {
    await train({ ...current, progress, interruption });
    progress.stop();
    await saveModel(current.paths.model, current.training);
    await writeReport(current);
    if (request.json !== undefined) writeAtomically(request.json, summarize(current));
    conclude(current);
    return current.training.history;
  } finally {
    current.training.dispose();
    progress.stop();
    interruption.release();
  }
};
