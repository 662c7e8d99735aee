// Installs and builds what is missing or out of date; has no dependencies of its own.
import { pathToFileURL } from 'node:url';
import { build } from './build.mjs';
import { install, isInstallStale } from './install.mjs';
import { runMain, stage } from './stage.mjs';

/** @returns {Promise<{ installed: boolean, built: boolean }>} */
export async function bootstrap() {
  const installed = !isInstallStale() || (await stage('install', install)) === 0;
  const built = installed && (await stage('build', build)) === 0;
  return { installed, built };
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  await runMain(async () => ((await bootstrap()).built ? 0 : 1));
}
