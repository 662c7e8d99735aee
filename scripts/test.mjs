// Installs and builds what is missing, then runs every check to its end and adds up what passed.
import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { bootstrap } from './bootstrap.mjs';
import { build } from './build.mjs';
import { root } from './root.mjs';
import { run, runMain, stage } from './stage.mjs';

const noTests = { passed: 0, failed: 0 };

/** @param {string} path @param {readonly string[]} parameters @param {{ capture?: boolean }} [options] */
const node = (path, parameters, options = { capture: true }) =>
  run(process.execPath, [join(root, path), ...parameters], options);

await runMain(async () => {
  process.chdir(root);
  const { installed, built } = await bootstrap();
  if (!installed) return 1;

  const checks = [
    built,
    (await stage('lint', () => node('node_modules/@biomejs/biome/bin/biome', ['check', '--error-on-warnings']))) === 0,
    (await stage('types', () => build(['tsconfig.test.json']))) === 0,
    (await stage('imports', () => node('scripts/check-imports.mjs', []))) === 0,
  ];
  const tests = await runTests(process.argv.slice(2));

  const passed = checks.filter(Boolean).length + tests.passed;
  const failed = checks.filter((check) => !check).length + tests.failed;
  process.stdout.write(`${passed} passed, ${failed} failed\n`);
  return failed === 0 ? 0 : 1;
});

/** @param {readonly string[]} flags passed on to vitest */
async function runTests(flags) {
  const folder = join(root, 'node_modules/.cache/cotangent');
  const report = join(folder, 'vitest.json');
  mkdirSync(folder, { recursive: true });
  rmSync(report, { force: true });
  const { code } = await node(
    'node_modules/vitest/vitest.mjs',
    ['run', '--allowOnly=false', '--reporter=default', '--reporter=json', `--outputFile.json=${report}`, ...flags],
    { capture: false },
  );
  const { passed, failed } = existsSync(report) ? countTests(JSON.parse(readFileSync(report, 'utf8'))) : noTests;
  // Errors outside of any test (a worker that died, an unhandled rejection) show in the exit code only.
  return { passed, failed: failed === 0 && code !== 0 ? 1 : failed };
}

/**
 * @param {{
 *   numPassedTests: number,
 *   numFailedTests: number,
 *   testResults: readonly { status: string, assertionResults: readonly { status: string }[] }[],
 * }} report
 */
function countTests({ numPassedTests, numFailedTests, testResults }) {
  // A file that fails to load has no failed test of its own; it counts as one.
  const brokenFiles = testResults.filter(
    ({ status, assertionResults }) =>
      status === 'failed' && !assertionResults.some((assertion) => assertion.status === 'failed'),
  );
  return { passed: numPassedTests, failed: numFailedTests + brokenFiles.length };
}
