#!/usr/bin/env node
import { existsSync, statSync, writeFileSync } from 'node:fs';
import { dirname, relative } from 'node:path';
import { setFusion, TensorError } from '@cotangent/tensor';
import { openDevice } from './cli/devices.js';
import { help, type Mode, type Options, parseOptions, UsageError } from './cli/options.js';
import { addCounts, formatCounts, formatFailures, toJson } from './cli/report.js';
import { listFixtureFiles, readFixtures } from './fixtures/files.js';
import type { FixtureTarget } from './fixtures/format.js';
import { type FileResult, failedFile, runFixtures } from './fixtures/run.js';

const print = (line: string): void => {
  process.stdout.write(`${line}\n`);
};

const openTarget = ({ device: name, mode }: Options): FixtureTarget => {
  const device = openDevice(name);
  const floatDtype = mode === 'float64' ? 'float64' : 'float32';
  if (!device.backend.limits.dtypes.includes(floatDtype)) {
    throw new UsageError(`the device '${name}' has no ${floatDtype}.`);
  }
  return { device, floatDtype };
};

const runFile = async (path: string, file: string, target: FixtureTarget): Promise<FileResult> => {
  try {
    return await runFixtures(file, readFixtures(path), target);
  } catch (error) {
    return failedFile(file, error);
  }
};

const run = async (options: Options): Promise<FileResult[]> => {
  if (!existsSync(options.fixtures)) throw new UsageError(`there is nothing at '${options.fixtures}'.`);
  const paths = listFixtureFiles(options.fixtures);
  if (paths.length === 0) throw new UsageError(`there are no fixture files below '${options.fixtures}'.`);
  const folder = statSync(options.fixtures).isDirectory() ? options.fixtures : dirname(options.fixtures);
  const target = openTarget(options);
  const results: FileResult[] = [];
  for (const path of paths) {
    const result = await runFile(path, relative(folder, path), target);
    for (const line of formatFailures(result.failures)) print(line);
    print(`${result.file}: ${formatCounts(result)}`);
    results.push(result);
  }
  target.device.backend.dispose();
  return results;
};

const withMode = async <T>(mode: Mode, body: () => Promise<T>): Promise<T> => {
  setFusion(mode !== 'unfused');
  try {
    return await body();
  } finally {
    setFusion(true);
  }
};

const main = async (): Promise<number> => {
  const options = parseOptions(process.argv.slice(2));
  if (options === undefined) {
    process.stdout.write(help);
    return 0;
  }
  const results = await withMode(options.mode, () => run(options));
  if (options.json !== undefined) writeFileSync(options.json, toJson(options.device, options.mode, results));
  const counts = addCounts(results);
  print(formatCounts(counts));
  return counts.failed === 0 ? 0 : 1;
};

try {
  process.exitCode = await main();
} catch (error) {
  if (!(error instanceof UsageError || error instanceof TensorError)) throw error;
  process.stderr.write(error instanceof UsageError ? `${error.message}\nTry --help.\n` : `${error.message}\n`);
  process.exitCode = 2;
}
