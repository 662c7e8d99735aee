// Packs fixture files for this package: `node scripts/pack-fixtures.mjs FOLDER [NAME…]`.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { brotliCompressSync, constants } from 'node:zlib';

/** Digits that expected values keep: two more than the tightest tolerance looks at. */
const digits = 14;

/** `JSON.stringify` writes −0 as 0; this stands for it until the text is made. */
const negativeZero = '@-0';

/** @param {unknown} value @returns {unknown} */
const shorten = (value) => {
  if (Object.is(value, -0)) return negativeZero;
  if (typeof value === 'number') return Number(value.toPrecision(digits));
  if (Array.isArray(value)) return value.map(shorten);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, shorten(inner)]));
};

const [folder, ...names] = process.argv.slice(2);
if (folder === undefined) throw new Error('pack-fixtures: which folder?');
const target = join(import.meta.dirname, '../fixtures');
mkdirSync(target, { recursive: true });

for (const name of names) {
  const file = JSON.parse(readFileSync(join(folder, `${name}.json`), 'utf8'));
  const text = Buffer.from(JSON.stringify(shorten(file)).replaceAll(`"${negativeZero}"`, '-0'));
  const packed = brotliCompressSync(text, {
    params: {
      [constants.BROTLI_PARAM_QUALITY]: constants.BROTLI_MAX_QUALITY,
      [constants.BROTLI_PARAM_LGWIN]: constants.BROTLI_MAX_WINDOW_BITS,
      [constants.BROTLI_PARAM_SIZE_HINT]: text.length,
    },
  });
  writeFileSync(join(target, `${name}.json.br`), packed);
  process.stdout.write(`${name}: ${text.length} → ${packed.length} bytes\n`);
}
