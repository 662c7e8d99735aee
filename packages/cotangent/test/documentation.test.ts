import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';

const root = join(import.meta.dirname, '../../..');
const generated = join(import.meta.dirname, 'generated');
const pages = ['README.md', ...readdirSync(join(root, 'docs/guide')).map((name) => `docs/guide/${name}`)];

/** The TypeScript examples of a page, in order. */
const examplesOf = (page: string): string[] =>
  [...readFileSync(join(root, page), 'utf8').matchAll(/^```ts\n(.*?)^```/gms)].map((match) => match[1] as string);

/** A module that runs an example; a line `expression; // => value` becomes a check. */
const toModule = (example: string): string => {
  const checked = example
    .replaceAll("from 'cotangent'", "from '../../src/index.js'")
    .replace(/^(\s*)(?!\/\/)(\S.*); \/\/ => (.*)$/gm, '$1check(await ($2), $3);');
  const imports = [...checked.matchAll(/^import .*?;$/gms)].map((match) => match[0]);
  const body = imports.reduce((text, statement) => text.replace(statement, ''), checked);
  return `// @ts-nocheck\n${imports.join('\n')}\nexport const run = async (check) => {\n${body}\n};\n`;
};

/** Pages show four decimals. */
const rounded = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(rounded);
  return typeof value === 'number' ? Math.round(value * 1e4) / 1e4 + 0 : value;
};

afterAll(() => rmSync(generated, { recursive: true, force: true }));

describe.each(pages)('%s', (page) => {
  const examples = examplesOf(page);

  it.each(examples.map((example, i) => [i + 1, example] as const))(
    'runs example %i and gives what it says',
    async (i, example) => {
      mkdirSync(generated, { recursive: true });
      const file = join(generated, `${page.replace(/\W+/g, '-').toLowerCase()}-${i}.ts`);
      writeFileSync(file, toModule(example));
      const { run } = (await import(file)) as {
        run: (check: (actual: unknown, expected: unknown) => void) => Promise<void>;
      };
      await run((actual, expected) => expect(rounded(actual)).toEqual(expected));
    },
  );

  it('has examples', () => {
    expect(examples.length).toBeGreaterThan(0);
  });
});
