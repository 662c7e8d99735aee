import { existsSync, readdirSync } from 'node:fs';
import { playwright } from '@vitest/browser-playwright';
import { defineConfig } from 'vitest/config';
import { findChromium } from './scripts/chromium.mjs';

// Workspace packages resolve to their sources, so that tests need no build and stacks point at the code.
const sourceCondition = 'cotangent:source';

const root = import.meta.dirname;
const packageFolders = ['packages', 'apps'].flatMap((group) =>
  existsSync(`${root}/${group}`)
    ? readdirSync(`${root}/${group}`)
        .filter((name) => existsSync(`${root}/${group}/${name}/package.json`))
        .map((name) => ({ name, folder: `${root}/${group}/${name}` }))
    : [],
);

export default defineConfig({
  resolve: { conditions: [sourceCondition, 'module', 'browser', 'development|production'] },
  ssr: { resolve: { conditions: [sourceCondition, 'module', 'node', 'development|production'] } },
  oxc: { target: 'es2022' },
  test: {
    passWithNoTests: true,
    pool: 'forks',
    maxWorkers: 2,
    execArgv: ['--expose-gc'],
    testTimeout: 60_000,
    hookTimeout: 60_000,
    teardownTimeout: 10_000,
    restoreMocks: true,
    unstubGlobals: true,
    projects: [
      ...[...packageFolders, { name: 'scripts', folder: `${root}/scripts` }].map(({ name, folder }) => ({
        extends: true as const,
        root: folder,
        test: {
          name,
          include: ['test/**/*.test.ts'],
          setupFiles: [`${root}/scripts/console-guard.ts`],
        },
      })),
      {
        extends: true as const,
        root,
        // Shared memory needs a cross-origin-isolated page.
        server: {
          headers: { 'Cross-Origin-Opener-Policy': 'same-origin', 'Cross-Origin-Embedder-Policy': 'require-corp' },
        },
        test: {
          name: 'browser',
          include: ['packages/*/browser/**/*.test.ts'],
          browser: {
            enabled: true,
            headless: true,
            screenshotFailures: false,
            provider: playwright({ launchOptions: await findChromium() }),
            instances: [{ browser: 'chromium' as const }],
          },
        },
      },
    ],
  },
});
