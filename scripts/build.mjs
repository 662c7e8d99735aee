// Builds the projects named on the command line (folders from the root), or all of them.
import { existsSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { root } from './root.mjs';
import { run, runMain } from './stage.mjs';

const typescript = join(root, 'node_modules/typescript/bin/tsc');

/**
 * Type-checks and emits the projects, incrementally and after everything that they reference.
 *
 * @param {readonly string[]} [projects] folders or tsconfig files, from the root
 */
export async function build(projects = ['tsconfig.json']) {
  const native = await buildNative();
  if (native.code !== 0) return native;
  return run(process.execPath, [typescript, '-b', ...projects.map((project) => join(root, project))], {
    capture: true,
  });
}

/** Runs every `scripts/build-native.mjs` whose sources in `assembly` are newer than the module it writes. */
async function buildNative() {
  for (const name of readdirSync(join(root, 'packages'))) {
    const folder = join(root, 'packages', name);
    const script = join(folder, 'scripts/build-native.mjs');
    const generated = join(folder, 'src/native/generated.ts');
    if (!existsSync(script)) continue;
    const builtAt = existsSync(generated) ? statSync(generated).mtimeMs : 0;
    const sources = [join(folder, 'scripts'), join(folder, 'assembly'), join(folder, 'package.json')];
    if (sources.every((source) => lastChange(source) <= builtAt)) continue;
    const result = await run(process.execPath, [script], { capture: true });
    if (result.code !== 0) return result;
  }
  return { code: 0, output: '' };
}

/**
 * @param {string} path a file or folder
 * @returns {number} milliseconds since the epoch, 0 where there is nothing
 */
function lastChange(path) {
  if (!existsSync(path)) return 0;
  const status = statSync(path);
  if (!status.isDirectory()) return status.mtimeMs;
  return Math.max(status.mtimeMs, ...readdirSync(path).map((name) => lastChange(join(path, name))));
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  await runMain(async () => {
    const projects = process.argv.slice(2);
    const { code, output } = await build(projects.length > 0 ? projects : undefined);
    process.stderr.write(output);
    return code;
  });
}
