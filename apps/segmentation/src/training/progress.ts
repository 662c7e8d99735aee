import { SingleBar } from 'cli-progress';

/** What is shown of a run while it goes on. */
export interface Standing {
  readonly loss: number;
  /** Of the last validation; undefined before the first. */
  readonly miou: number | undefined;
  readonly secondsPerStep: number;
}

/** Shows how far a run is. */
export interface Progress {
  update(step: number, standing: Standing): void;
  stop(): void;
}

const show = ({ loss, miou, secondsPerStep }: Standing) => ({
  loss: loss.toFixed(3),
  miou: miou?.toFixed(3) ?? '–',
  pace: `${secondsPerStep.toFixed(2)} s/step`,
});

const showBar = (steps: number, start: number): Progress => {
  const bar = new SingleBar({
    format: '{bar} {value}/{total}  loss {loss}  mIoU {miou}  {pace}  {eta_formatted} left',
    barCompleteChar: '█',
    barIncompleteChar: '░',
    barsize: 24,
    hideCursor: true,
    stopOnComplete: false,
    gracefulExit: false,
    etaBuffer: 50,
  });
  bar.start(steps, start, { loss: '–', miou: '–', pace: '' });
  return { update: (step, standing) => bar.update(step, show(standing)), stop: () => bar.stop() };
};

/** About so many lines for a whole run. */
const lineCount = 40;

const printLines = (steps: number): Progress => {
  const interval = Math.max(1, Math.round(steps / lineCount));
  return {
    update(step, standing) {
      if (step % interval !== 0 && step !== steps) return;
      const { loss, miou, pace } = show(standing);
      process.stdout.write(`step ${step}/${steps}  loss ${loss}  mIoU ${miou}  ${pace}\n`);
    },
    stop() {},
  };
};

/** A live bar on a terminal, plain lines elsewhere. */
export const showProgress = (steps: number, start: number): Progress =>
  process.stderr.isTTY ? showBar(steps, start) : printLines(steps);
