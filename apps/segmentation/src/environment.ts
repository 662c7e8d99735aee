import { readFileSync } from 'node:fs';
import { availableParallelism, cpus } from 'node:os';

/** What a run was made with, for its report. */
export const describeEnvironment = (): Readonly<Record<string, string | number>> => {
  const manifest = readFileSync(new URL('../package.json', import.meta.url), 'utf8');
  const { version } = JSON.parse(manifest) as { version: string };
  return {
    Cotangent: version,
    'Node.js': process.versions.node,
    V8: process.versions.v8,
    platform: `${process.platform} ${process.arch}`,
    processor: cpus()[0]?.model ?? 'unknown',
    cores: availableParallelism(),
  };
};
