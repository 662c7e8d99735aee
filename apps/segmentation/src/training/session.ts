import { appendFileSync } from 'node:fs';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { writeAtomically } from '../atomic-file.js';
import type { RunFolder } from '../run-folder.js';
import { saveCheckpoint } from './checkpoint.js';
import { metricLines, stepLine, validationLine } from './history.js';
import type { Interruption } from './interruption.js';
import type { Progress } from './progress.js';
import type { Training } from './training.js';
import { validate } from './validation.js';

/** Steps from one validation and checkpoint to the next. */
const recordInterval = 100;

/** One sitting of a run: from its beginning, or from a checkpoint, to its end or an interruption. */
export interface Session {
  readonly training: Training;
  /** Steps of the whole run. */
  readonly steps: number;
  readonly paths: RunFolder;
  readonly progress: Progress;
  readonly interruption: Interruption;
}

/** Validates, where that was not done at this step. */
const recordValidation = async ({ training, paths }: Session): Promise<void> => {
  const { history, step, model, device } = training;
  if (history.validations.at(-1)?.step === step) return;
  const validation = { step, ...(await validate(model, device)) };
  history.validations.push(validation);
  appendFileSync(paths.metrics, validationLine(validation));
};

/** Trains up to the last step, which is validated, or to an interruption. Either way a checkpoint keeps where it got. */
export const train = async (session: Session): Promise<void> => {
  const { training, steps, paths, progress, interruption } = session;
  const { history } = training;
  const started = performance.now() - 1000 * history.seconds;
  const keepTime = (): void => {
    history.seconds = (performance.now() - started) / 1000;
  };
  writeAtomically(paths.metrics, metricLines(history));
  while (training.step < steps && !interruption.isRequested) {
    await training.takeStep();
    appendFileSync(paths.metrics, stepLine(history, training.step));
    const isDue = training.step % recordInterval === 0;
    if (isDue || training.step === steps) await recordValidation(session);
    keepTime();
    if (isDue) await saveCheckpoint(paths.checkpoint, training, steps);
    progress.update(training.step, {
      loss: history.loss.at(-1) as number,
      miou: history.validations.at(-1)?.miou,
      secondsPerStep: history.stepSeconds.at(-1) as number,
    });
    // A device that answers at once stays in the microtask queue, where neither signals nor finalizers get a turn.
    await nextTurn();
  }
  if (training.step === steps) await recordValidation(session);
  keepTime();
  await saveCheckpoint(paths.checkpoint, training, steps);
};
