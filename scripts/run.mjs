// Runs one of the repository's programs with the flags that follow its name, after building what is missing.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { bootstrap } from './bootstrap.mjs';
import { root } from './root.mjs';
import { run, runMain, StageError } from './stage.mjs';

/** @type {Readonly<Record<string, string>>} */
const programs = {
  start: 'apps/segmentation/dist/main.js',
  conformance: 'packages/conformance/dist/cli.js',
  bench: 'apps/bench/dist/main.js',
};

await runMain(async () => {
  const [name = '', ...flags] = process.argv.slice(2);
  const program = programs[name];
  if (program === undefined)
    throw new StageError(`run: no program '${name}'. One of: ${Object.keys(programs).join(', ')}.`);
  if (!(await bootstrap()).built) return 1;
  if (!existsSync(join(root, program))) throw new StageError(`${name}: ${program} does not exist after the build.`);
  return (await run(process.execPath, [join(root, program), ...flags])).code;
});
