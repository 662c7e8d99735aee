import { CommanderError } from 'commander';
import { TensorError } from 'cotangent';
import { readCommandLine } from './command-line.js';
import { run } from './run.js';
import { RunError } from './run-error.js';

/** Whether an error is explained by its message: no flaw of the program, but of what it was given or of the machine. */
const isExplained = (error: unknown): error is Error =>
  error instanceof RunError || error instanceof TensorError || (error instanceof Error && 'syscall' in error);

try {
  await run(readCommandLine(process.argv.slice(2)));
} catch (error) {
  if (error instanceof CommanderError) {
    process.exitCode = error.exitCode;
  } else if (isExplained(error)) {
    process.stderr.write(`${error.message}\n`);
    process.exitCode = 1;
  } else {
    throw error;
  }
}
