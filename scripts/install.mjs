import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { root } from './root.mjs';
import { run, StageError } from './stage.mjs';

const stampFile = join(root, 'node_modules/.cotangent-stamp');
const windows = process.platform === 'win32';

/** Whether `node_modules` is missing or older than what the manifests and the lockfile ask for. */
export function isInstallStale() {
  return !existsSync(stampFile) || readFileSync(stampFile, 'utf8') !== stamp();
}

/** Installs what the lockfile names. Needs only Node and npm: npm fetches pnpm where there is none. */
export async function install() {
  checkNode();
  const parameters = ['install', '--frozen-lockfile', '--prod=false', '--config.confirmModulesPurge=false'];
  const [command, ...prefix] = pnpm();
  const result = await run(command, [...prefix, ...parameters], {
    capture: true,
    environment: { npm_config_manage_package_manager_versions: 'false' },
    shell: windows && command !== process.execPath,
  });
  if (result.code === 0) writeFileSync(stampFile, stamp());
  return result;
}

/** @returns {[string, ...string[]]} */
function pnpm() {
  const version = manifest().packageManager.replace('pnpm@', '');
  const found = spawnSync('pnpm', ['--version'], {
    encoding: 'utf8',
    shell: windows,
    env: { ...process.env, npm_config_manage_package_manager_versions: 'false' },
  });
  if (found.status === 0 && major(found.stdout) === major(version)) return ['pnpm'];

  const parameters = /** @type {const} */ (['exec', '--yes', `pnpm@${version}`, '--']);
  const npm = process.env['npm_execpath'] ?? '';
  return basename(npm) === 'npm-cli.js' ? [process.execPath, npm, ...parameters] : ['npm', ...parameters];
}

function checkNode() {
  const needed = manifest().engines.node.replace('>=', '');
  const [neededMajor = 0, neededMinor = 0] = needed.split('.').map(Number);
  const [currentMajor = 0, currentMinor = 0] = process.versions.node.split('.').map(Number);
  if (currentMajor < neededMajor || (currentMajor === neededMajor && currentMinor < neededMinor)) {
    throw new StageError(`Node ${needed} or later is needed; this is ${process.versions.node}.`);
  }
}

function stamp() {
  const hash = createHash('sha256');
  const folders = ['packages', 'apps'].flatMap((group) =>
    existsSync(join(root, group)) ? readdirSync(join(root, group)).map((name) => `${group}/${name}/package.json`) : [],
  );
  for (const file of ['pnpm-lock.yaml', 'pnpm-workspace.yaml', 'package.json', ...folders.sort()]) {
    if (existsSync(join(root, file))) hash.update(`${file}\0`).update(readFileSync(join(root, file)));
  }
  return `${hash.digest('hex')}\n`;
}

/** @returns {{ packageManager: string, engines: { node: string } }} */
function manifest() {
  return JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
}

/** @param {string} version */
function major(version) {
  return Number.parseInt(version, 10);
}
