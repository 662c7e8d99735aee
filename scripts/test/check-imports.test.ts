import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { checkImports } from '../check-imports.mjs';

const folders: string[] = [];

afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true });
});

function workspace(files: Readonly<Record<string, string>>): string {
  const folder = mkdtempSync(join(tmpdir(), 'check-imports-'));
  folders.push(folder);
  for (const [file, text] of Object.entries({ 'package.json': '{}', ...files })) {
    mkdirSync(dirname(join(folder, file)), { recursive: true });
    writeFileSync(join(folder, file), text);
  }
  return folder;
}

function manifest(name: string, dependencies: readonly string[] = [], developmentDependencies: readonly string[] = []) {
  const versions = (names: readonly string[]) => Object.fromEntries(names.map((dependency) => [dependency, '1.0.0']));
  return JSON.stringify({
    name,
    exports: { '.': './dist/index.js', './internal': './dist/internal.js' },
    dependencies: versions(dependencies),
    devDependencies: versions(developmentDependencies),
  });
}

const ir = {
  'packages/ir/package.json': manifest('@cotangent/ir'),
  'packages/ir/src/index.ts': "export * from './shape.js';\n",
  'packages/ir/src/shape.ts': 'export type Shape = readonly number[];\n',
};

describe('direction', () => {
  it('accepts an import of a lower layer through its entry', () => {
    const folder = workspace({
      ...ir,
      'packages/tensor/package.json': manifest('@cotangent/tensor', ['@cotangent/ir']),
      'packages/tensor/src/view.ts': "import type { Shape } from '@cotangent/ir';\nexport type View = Shape;\n",
    });
    expect(checkImports(folder)).toEqual([]);
  });

  it('rejects an import of a higher layer, of types too', () => {
    const folder = workspace({
      'packages/ir/package.json': manifest('@cotangent/ir', ['@cotangent/tensor']),
      'packages/ir/src/shape.ts': "import type { Tensor } from '@cotangent/tensor';\nexport type A = Tensor;\n",
      'packages/tensor/package.json': manifest('@cotangent/tensor'),
    });
    expect(checkImports(folder)).toEqual(['packages/ir/src/shape.ts: ir must not import tensor']);
  });

  it('rejects an import between compositions', () => {
    const folder = workspace({
      'packages/nn/package.json': manifest('@cotangent/nn'),
      'packages/optim/package.json': manifest('@cotangent/optim', ['@cotangent/nn']),
      'packages/optim/src/adam.ts': "export { Module } from '@cotangent/nn';\n",
    });
    expect(checkImports(folder)).toEqual(['packages/optim/src/adam.ts: optim must not import nn']);
  });

  it('rejects an import by a backend of anything but ir, dynamic imports too', () => {
    const folder = workspace({
      ...ir,
      'packages/tensor/package.json': manifest('@cotangent/tensor'),
      'packages/backend-cpu/package.json': manifest('@cotangent/backend-cpu', ['@cotangent/ir', '@cotangent/tensor']),
      'packages/backend-cpu/src/a.ts': "import '@cotangent/ir';\nawait import('@cotangent/tensor');\n",
    });
    expect(checkImports(folder)).toEqual(['packages/backend-cpu/src/a.ts: backend-cpu must not import tensor']);
  });

  it('lets tests import a development dependency of a higher layer', () => {
    const folder = workspace({
      'packages/tensor/package.json': manifest('@cotangent/tensor', [], ['@cotangent/backend-cpu']),
      'packages/tensor/test/view.test.ts': "import '@cotangent/backend-cpu';\n",
      'packages/backend-cpu/package.json': manifest('@cotangent/backend-cpu'),
    });
    expect(checkImports(folder)).toEqual([]);
  });

  it('lets only the command line of the conformance suite import a backend', () => {
    const folder = workspace({
      'packages/backend-cpu/package.json': manifest('@cotangent/backend-cpu'),
      'packages/conformance/package.json': manifest('@cotangent/conformance', ['@cotangent/backend-cpu']),
      'packages/conformance/src/cli.ts': "import '@cotangent/backend-cpu';\n",
      'packages/conformance/src/suite.ts': "import '@cotangent/backend-cpu';\n",
    });
    expect(checkImports(folder)).toEqual([
      'packages/conformance/src/suite.ts: conformance must not import backend-cpu',
    ]);
  });

  it('rejects a package that the table of layers does not know', () => {
    const folder = workspace({ 'packages/misc/package.json': manifest('@cotangent/misc') });
    expect(checkImports(folder)).toEqual(['packages/misc: not in the table of layers in scripts/check-imports.mjs']);
  });
});

describe('entries', () => {
  const tensor = { 'packages/tensor/package.json': manifest('@cotangent/tensor') };

  it('rejects a subpath that is not exported', () => {
    const folder = workspace({
      ...tensor,
      'packages/autograd/package.json': manifest('@cotangent/autograd', ['@cotangent/tensor']),
      'packages/autograd/src/rules.ts':
        "import '@cotangent/tensor/internal';\nimport '@cotangent/tensor/src/node.js';\n",
    });
    expect(checkImports(folder)).toEqual([
      "packages/autograd/src/rules.ts: '@cotangent/tensor/src/node.js' is not the public entry of tensor",
    ]);
  });

  it('rejects every subpath in a composition', () => {
    const folder = workspace({
      ...tensor,
      'packages/losses/package.json': manifest('@cotangent/losses', ['@cotangent/tensor']),
      'packages/losses/src/dice.ts': "import '@cotangent/tensor/internal';\n",
    });
    expect(checkImports(folder)).toEqual([
      "packages/losses/src/dice.ts: '@cotangent/tensor/internal' is not the public entry of tensor",
    ]);
  });

  it('rejects a relative import of another package', () => {
    const folder = workspace({
      ...tensor,
      'packages/nn/package.json': manifest('@cotangent/nn'),
      'packages/nn/src/linear.ts': "import '../../tensor/src/node.js';\n",
    });
    expect(checkImports(folder)).toEqual([
      "packages/nn/src/linear.ts: '../../tensor/src/node.js' reaches outside of its sources",
    ]);
  });

  it('rejects an import of the own index, by path or by name, except in tests', () => {
    const folder = workspace({
      ...ir,
      'packages/ir/src/view.ts': "import './index.js';\n",
      'packages/ir/src/kernel.ts': "import '@cotangent/ir';\n",
      'packages/ir/test/view.test.ts': "import '../src/index.js';\n",
    });
    expect(checkImports(folder)).toEqual([
      'packages/ir/src/kernel.ts: imports from the index of its own package',
      'packages/ir/src/view.ts: imports from the index of its own package',
    ]);
  });
});

describe('cycles', () => {
  it('names the files of a cycle', () => {
    const folder = workspace({
      'packages/ir/package.json': manifest('@cotangent/ir'),
      'packages/ir/src/a.ts': "import './b.js';\n",
      'packages/ir/src/b.ts': "import './nested/c.js';\n",
      'packages/ir/src/nested/c.ts': "import type { A } from '../a.js';\nexport type C = A;\n",
      'packages/ir/src/d.ts': "import './a.js';\n",
    });
    expect(checkImports(folder)).toEqual([
      'packages/ir: import cycle src/a.ts → src/b.ts → src/nested/c.ts → src/a.ts',
    ]);
  });

  it('reports each of two separate cycles once', () => {
    const folder = workspace({
      'packages/ir/package.json': manifest('@cotangent/ir'),
      'packages/ir/src/a.ts': "import './b.js';\n",
      'packages/ir/src/b.ts': "import './a.js';\n",
      'packages/ir/src/c.ts': "import './c.js';\n",
    });
    expect(checkImports(folder)).toEqual([
      'packages/ir: import cycle src/a.ts → src/b.ts → src/a.ts',
      'packages/ir: import cycle src/c.ts → src/c.ts',
    ]);
  });

  it('ignores imports in comments and strings', () => {
    const folder = workspace({
      'packages/ir/package.json': manifest('@cotangent/ir'),
      'packages/ir/src/a.ts': "// import './a.js'\nexport const text = \"import './a.js'\";\n",
    });
    expect(checkImports(folder)).toEqual([]);
  });
});

describe('manifests', () => {
  it('rejects an undeclared package, and a development dependency in sources', () => {
    const folder = workspace({
      'packages/ir/package.json': manifest('@cotangent/ir', [], ['left-pad']),
      'packages/ir/src/a.ts': "import 'left-pad';\nimport 'node:fs';\n",
      'packages/ir/test/a.test.ts': "import 'left-pad';\nimport 'right-pad';\n",
    });
    expect(checkImports(folder)).toEqual([
      "packages/ir/src/a.ts: 'left-pad' is not declared in its package.json",
      "packages/ir/test/a.test.ts: 'right-pad' is not declared in its package.json",
    ]);
  });

  it('lets tests import what the root offers', () => {
    const folder = workspace({
      'package.json': JSON.stringify({ devDependencies: { vitest: '1.0.0' } }),
      'packages/ir/package.json': manifest('@cotangent/ir'),
      'packages/ir/test/a.test.ts': "import 'vitest';\n",
    });
    expect(checkImports(folder)).toEqual([]);
  });

  it('compares project references with dependencies', () => {
    const folder = workspace({
      ...ir,
      'packages/tensor/package.json': manifest('@cotangent/tensor', ['@cotangent/ir']),
      'packages/tensor/tsconfig.json': JSON.stringify({ references: [{ path: '../nn' }] }),
    });
    expect(checkImports(folder)).toEqual([
      'packages/tensor/tsconfig.json: lacks a reference to ../ir',
      'packages/tensor/tsconfig.json: refers to ../nn, which is no dependency',
    ]);
  });
});
