import { spawn } from 'node:child_process';
import { constants } from 'node:os';

/** A failure that is explained by its message alone. */
export class StageError extends Error {}

/**
 * Runs a program and returns its exit code and, with `capture`, what it printed.
 *
 * SIGTERM is handed to the child. SIGINT is handed on only without a terminal: a terminal signals the child itself.
 *
 * @param {string} command
 * @param {readonly string[]} parameters
 * @param {{ capture?: boolean, environment?: NodeJS.ProcessEnv, shell?: boolean }} [options]
 * @returns {Promise<{ code: number, output: string }>}
 */
export function run(command, parameters, { capture = false, environment = {}, shell = false } = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, parameters, {
      stdio: capture ? ['ignore', 'pipe', 'pipe'] : 'inherit',
      env: { ...process.env, ...environment },
      shell,
    });
    /** @type {Buffer[]} */
    const chunks = [];
    child.stdout?.on('data', (chunk) => chunks.push(chunk));
    child.stderr?.on('data', (chunk) => chunks.push(chunk));

    const terminate = () => child.kill('SIGTERM');
    const interrupt = () => {
      if (!process.stdin.isTTY) child.kill('SIGINT');
    };
    process.on('SIGTERM', terminate);
    process.on('SIGINT', interrupt);
    const release = () => {
      process.off('SIGTERM', terminate);
      process.off('SIGINT', interrupt);
    };

    child.on('error', (error) => {
      release();
      const missing = /** @type {NodeJS.ErrnoException} */ (error).code === 'ENOENT';
      reject(new StageError(missing ? `${command} was not found; install it and try again.` : error.message));
    });
    child.on('close', (code, signal) => {
      release();
      resolve({
        code: code ?? 128 + (signal === null ? 0 : constants.signals[signal]),
        output: Buffer.concat(chunks).toString(),
      });
    });
  });
}

/**
 * Runs one stage and prints a line with its name and the seconds it took; what a failing stage captured is printed too.
 *
 * @param {string} name
 * @param {() => Promise<{ code: number, output: string }>} body
 * @returns {Promise<number>} exit code
 */
export async function stage(name, body) {
  const started = performance.now();
  if (process.stderr.isTTY) process.stderr.write(`${name} …`);
  const { code, output } = await body();
  if (process.stderr.isTTY) process.stderr.write('\r\x1b[K');
  if (code !== 0) process.stderr.write(`${output.trimEnd()}\n`);
  const seconds = ((performance.now() - started) / 1000).toFixed(1);
  process.stderr.write(`${name.padEnd(8)} ${seconds.padStart(6)} s${code === 0 ? '' : '  failed'}\n`);
  return code;
}

/**
 * Runs a script's main function; its result is the exit code.
 *
 * @param {() => Promise<number>} main
 */
export async function runMain(main) {
  try {
    process.exitCode = await main();
  } catch (error) {
    if (!(error instanceof StageError)) throw error;
    process.stderr.write(`${error.message}\n`);
    process.exitCode = 1;
  }
}
