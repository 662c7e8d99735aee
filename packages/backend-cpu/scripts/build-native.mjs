// Compiles `assembly/` twice, with plain and with relaxed SIMD, and writes both modules and the layouts of their
// argument blocks to `src/native/generated.ts`. Does nothing where that file is up to date; `--force` compiles anyway.
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, utimesSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const assembly = join(root, 'assembly');
const target = join(root, 'src/native/generated.ts');

const commonOptions = [
  ...['--runtime', 'stub', '--optimizeLevel', '3', '--noAssert', '--importMemory', '--sharedMemory', '--importTable'],
  ...['--initialMemory', '1', '--maximumMemory', '65536', '--enable', 'simd', '--enable', 'threads'],
  // usize and i32 mix: pointers are 32 bits wide.
  ...['--disableWarning', '201'],
];
const variants = { simd: [], relaxedSimd: ['--enable', 'relaxed-simd'] };

const sources = Object.fromEntries(
  readdirSync(assembly)
    .filter((name) => name.endsWith('.ts'))
    .sort()
    .map((name) => [name, readFileSync(join(assembly, name), 'utf8')]),
);

/** Words of every argument block, in order: fields of `@unmanaged` classes, each four bytes. */
function readLayouts() {
  const layouts = {};
  for (const text of Object.values(sources)) {
    for (const [, name, body] of text.matchAll(/@unmanaged\nexport class (\w+) \{\n(.*?)\n\}/gs)) {
      layouts[name] = [...body.matchAll(/^ {2}(\w+): (?:i32|usize|isize);$/gm)].map(([, field]) => field);
    }
  }
  return layouts;
}

/** @param {readonly string[]} options */
async function compile(options) {
  const { default: asc } = await import('assemblyscript/asc');
  let binary;
  const { error, stderr } = await asc.main(['index.ts', '--outFile', 'native.wasm', ...commonOptions, ...options], {
    readFile: (name) => sources[name] ?? null,
    writeFile: (_name, contents) => {
      binary = contents;
    },
    listFiles: () => [],
  });
  if (error || !binary) throw new Error(`AssemblyScript: ${error?.message ?? 'no output'}\n${stderr.toString()}`);
  return Buffer.from(binary).toString('hex');
}

const digest = createHash('sha256')
  .update(readFileSync(fileURLToPath(import.meta.url)))
  .update(JSON.stringify(sources))
  .digest('hex');
const stamp = `// ${digest}\n`;
const isCurrent = existsSync(target) && readFileSync(target, 'utf8').startsWith(stamp);

if (isCurrent && !process.argv.includes('--force')) {
  const now = new Date();
  utimesSync(target, now, now);
} else {
  const modules = [];
  for (const [name, options] of Object.entries(variants))
    modules.push(`  ${name}:\n    '${await compile(options)}',\n`);
  const layouts = Object.entries(readLayouts()).map(
    ([name, fields]) => `  ${name}: [${fields.map((field) => `'${field}'`).join(', ')}],\n`,
  );
  mkdirSync(dirname(target), { recursive: true });
  writeFileSync(
    target,
    `${stamp}// Written by scripts/build-native.mjs from assembly/.\n\n` +
      `/** The native module in hexadecimal digits, which compress better than base64, for engines without and with relaxed SIMD. */\n` +
      `export const modules = {\n${modules.join('')}} as const;\n\n` +
      `/** Field names of every argument block, one 32-bit word each. */\n` +
      `export const layouts = {\n${layouts.join('')}} as const;\n`,
  );
}
