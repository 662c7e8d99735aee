import { Command } from 'commander';
import { wholeNumber } from './command-line.js';
import { run } from './run.js';
import { hasCheckpoint } from './run-folder.js';
import { defaultSteps, type LossName, lossNames } from './settings.js';
import type { History } from './training/history.js';

/** Trains with one loss and one seed, or continues where that was interrupted; undefined at another interruption. */
const train = async (loss: LossName, seed: number, steps: number): Promise<History | undefined> => {
  const out = `runs/compare/${loss}-${steps}-${seed}`;
  const settings = { loss, seed, decaySteps: steps };
  const history = await run({ steps, device: 'cpu', settings, out, ...(hasCheckpoint(out) && { resume: out }) });
  return history.loss.length === steps ? history : undefined;
};

/** Mean and sample standard deviation, or a dash where a value is missing. */
const describe = (values: readonly number[]): string => {
  if (values.some(Number.isNaN)) return '–';
  const mean = values.reduce((total, value) => total + value, 0) / values.length;
  const squares = values.reduce((total, value) => total + (value - mean) ** 2, 0);
  return `${mean.toFixed(3)} ± ${Math.sqrt(squares / Math.max(1, values.length - 1)).toFixed(3)}`;
};

/** mIoU at the last validation that came after no more than a share of the steps. */
const miouAt = ({ validations, loss }: History, share: number): number =>
  validations.findLast(({ step }) => step <= share * loss.length)?.miou ?? Number.NaN;

const row = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;

const command = new Command('npm run compare --')
  .description('Trains with every loss and several seeds, and prints how they compare as a table in Markdown.')
  .option('--steps <count>', 'steps of each run', wholeNumber(1), defaultSteps)
  .option('--seeds <count>', 'seeds for each loss', wholeNumber(1), 3)
  .parse();
const { steps, seeds } = command.opts<{ steps: number; seeds: number }>();

const rows: string[] = [];
for (const loss of lossNames) {
  const histories: History[] = [];
  for (let seed = 0; seed < seeds; seed++) {
    const history = await train(loss, seed, steps);
    if (history === undefined) process.exit();
    histories.push(history);
  }
  const columns = [0.25, 0.5, 1].map((share) => describe(histories.map((history) => miouAt(history, share))));
  const seconds = histories.map((history) => history.seconds);
  rows.push(row([`\`${loss}\``, ...columns, (seconds.reduce((a, b) => a + b, 0) / seeds).toFixed(0)]));
}
const titles = ['loss', 'mIoU at a quarter', 'at half', 'at the end', 'seconds'];
process.stdout.write(`\n${[row(titles), row(titles.map(() => '---')), ...rows].join('\n')}\n`);
