import { CommanderError } from 'commander';
import { TensorError } from 'cotangent';
import { readCommandLine } from './command-line.js';
import { run } from './run.js';
import { RunError } from './run-error.js';

try {
  await run(readCommandLine(process.argv.slice(2)));
} catch (error) {
  if (error instanceof CommanderError) {
    process.exitCode = error.exitCode;
  } else if (error instanceof RunError || error instanceof TensorError) {
    process.stderr.write(`${error.message}\n`);
    process.exitCode = 1;
  } else {
    throw error;
  }
}
