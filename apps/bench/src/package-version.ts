import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

const require = createRequire(import.meta.url);

/** The version of an installed package; walks up from its entry, since a package may hide its manifest. */
export const versionOf = (name: string): string => {
  for (let folder = dirname(require.resolve(name)); folder !== dirname(folder); folder = dirname(folder)) {
    try {
      const manifest = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as {
        readonly name?: string;
        readonly version?: string;
      };
      if (manifest.name === name && manifest.version !== undefined) return manifest.version;
    } catch {}
  }
  throw new Error(`The version of ${name} is not known.`);
};
