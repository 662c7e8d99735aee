// Holds the code to the layers: who may import whom, through which entry, and without cycles.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve, sep } from 'node:path';
import { pathToFileURL } from 'node:url';
import ts from 'typescript';
import { root } from './root.mjs';

const core = ['ir', 'tensor', 'autograd'];
const compositions = ['losses', 'nn', 'optim', 'data', 'safetensors'];
const backends = ['backend-cpu', 'backend-webgpu'];

/**
 * The workspace packages that each package's sources may import.
 *
 * @type {Readonly<Record<string, readonly string[]>>}
 */
const layers = {
  ir: [],
  tensor: ['ir'],
  autograd: ['ir', 'tensor'],
  losses: core,
  nn: core,
  optim: core,
  data: core,
  safetensors: ['ir', 'tensor'],
  'backend-cpu': ['ir'],
  'backend-webgpu': ['ir'],
  conformance: [...core, ...compositions],
  cotangent: [...core, ...compositions, ...backends],
};

/** The command line of the suite picks a backend by name; the suite itself takes a factory. */
const commandLines = [{ package: 'conformance', file: /^src\/cli(\/|\.ts$)/, mayImport: backends }];

/**
 * @typedef {object} Package
 * @property {string} folder absolute
 * @property {string} path from the root
 * @property {string} key folder name, as in `layers`
 * @property {boolean} isApp
 * @property {string} name
 * @property {readonly string[]} entries subpaths it exports, `.` first
 * @property {ReadonlySet<string>} dependencies what users install with it
 * @property {ReadonlySet<string>} developmentDependencies
 */

/**
 * @param {string} [workspace] absolute path of the workspace to check
 * @returns {string[]} one line per violation
 */
export function checkImports(workspace = root) {
  const packages = readPackages(workspace);
  const byName = new Map(packages.map((item) => [item.name, item]));
  const shared = new Set(Object.keys(readJson(join(workspace, 'package.json')).devDependencies ?? {}));
  return packages.flatMap((item) => [...checkPackage(item, byName, shared), ...checkReferences(item, byName)]);
}

/**
 * @param {Package} item
 * @param {ReadonlyMap<string, Package>} byName
 * @param {ReadonlySet<string>} shared packages that the root offers to every test
 */
function checkPackage(item, byName, shared) {
  /** @type {string[]} */
  const problems = [];
  if (!item.isApp && layers[item.key] === undefined) {
    problems.push(`${item.path}: not in the table of layers in scripts/check-imports.mjs`);
  }
  /** @type {Map<string, string[]>} */
  const graph = new Map();
  for (const file of listFiles(item.folder)) {
    const path = portable(relative(item.folder, file));
    const isSource = path.startsWith('src/');
    const report = (/** @type {string} */ fact) => problems.push(`${item.path}/${path}: ${fact}`);
    /** @type {string[]} */
    const targets = [];
    for (const specifier of importsOf(file)) {
      if (specifier.startsWith('.')) {
        const target = portable(relative(item.folder, sourceOf(resolve(dirname(file), specifier))));
        const inside = !target.startsWith('../') && (!isSource || target.startsWith('src/'));
        if (!inside) report(`'${specifier}' reaches outside of ${isSource ? 'its sources' : 'its package'}`);
        if (isSource && target === 'src/index.ts') report('imports from the index of its own package');
        if (isSource && inside) targets.push(target);
      } else if (!specifier.startsWith('node:')) {
        const { name, subpath } = splitSpecifier(specifier);
        const other = byName.get(name);
        if (name === item.name) {
          if (isSource) report('imports from the index of its own package');
          continue;
        }
        const isDeclared =
          item.dependencies.has(name) || (!isSource && (item.developmentDependencies.has(name) || shared.has(name)));
        if (!isDeclared) report(`'${name}' is not declared in its package.json`);
        if (other === undefined) continue;
        if (isSource && !mayImport(item, path, other)) report(`${item.key} must not import ${other.key}`);
        if (subpath !== '.' && (compositions.includes(item.key) || !other.entries.includes(subpath))) {
          report(`'${specifier}' is not the public entry of ${other.key}`);
        }
      }
    }
    if (isSource) graph.set(path, targets);
  }
  for (const cycle of findCycles(graph)) problems.push(`${item.path}: import cycle ${cycle.join(' → ')}`);
  return problems;
}

/** @param {Package} item @param {string} path @param {Package} other */
function mayImport(item, path, other) {
  if (other.isApp) return false;
  if (item.isApp || layers[item.key]?.includes(other.key)) return true;
  return commandLines.some(
    (line) => line.package === item.key && line.file.test(path) && line.mayImport.includes(other.key),
  );
}

/**
 * A project reference that is missing breaks only clean builds, so it is compared with the dependencies here.
 *
 * @param {Package} item
 * @param {ReadonlyMap<string, Package>} byName
 */
function checkReferences(item, byName) {
  const file = join(item.folder, 'tsconfig.json');
  if (!existsSync(file)) return [];
  const references = (readJson(file).references ?? []).map((/** @type {{ path: string }} */ { path }) =>
    resolve(item.folder, path),
  );
  const needed = [...item.dependencies].flatMap((name) => byName.get(name)?.folder ?? []);
  return [
    ...needed
      .filter((folder) => !references.includes(folder))
      .map((folder) => `${item.path}/tsconfig.json: lacks a reference to ${portable(relative(item.folder, folder))}`),
    ...references
      .filter((/** @type {string} */ folder) => !needed.includes(folder))
      .map(
        (/** @type {string} */ folder) =>
          `${item.path}/tsconfig.json: refers to ${portable(relative(item.folder, folder))}, which is no dependency`,
      ),
  ];
}

/**
 * @param {ReadonlyMap<string, readonly string[]>} graph imports by file
 * @returns {string[][]} one shortest cycle through the first file of each knot
 */
function findCycles(graph) {
  /** @type {Set<string>} */
  const reported = new Set();
  /** @type {string[][]} */
  const cycles = [];
  for (const start of [...graph.keys()].sort()) {
    if (reported.has(start)) continue;
    const cycle = shortestCycle(graph, start);
    if (cycle === undefined) continue;
    for (const file of cycle) reported.add(file);
    cycles.push(cycle);
  }
  return cycles;
}

/** @param {ReadonlyMap<string, readonly string[]>} graph @param {string} start */
function shortestCycle(graph, start) {
  /** @type {Map<string, string>} */
  const cameFrom = new Map();
  const queue = [start];
  for (const file of queue) {
    for (const next of graph.get(file) ?? []) {
      if (next === start) {
        const cycle = [start];
        for (let step = file; step !== start; step = cameFrom.get(step) ?? start) cycle.unshift(step);
        return [start, ...cycle];
      }
      if (cameFrom.has(next)) continue;
      cameFrom.set(next, file);
      queue.push(next);
    }
  }
  return undefined;
}

/** @param {string} workspace @returns {Package[]} */
function readPackages(workspace) {
  return ['packages', 'apps'].flatMap((group) => {
    if (!existsSync(join(workspace, group))) return [];
    return readdirSync(join(workspace, group))
      .sort()
      .filter((key) => existsSync(join(workspace, group, key, 'package.json')))
      .map((key) => {
        const folder = join(workspace, group, key);
        const manifest = readJson(join(folder, 'package.json'));
        return {
          folder,
          path: `${group}/${key}`,
          key,
          isApp: group === 'apps',
          name: manifest.name,
          entries: Object.keys(manifest.exports ?? {}),
          dependencies: new Set(
            ['dependencies', 'peerDependencies', 'optionalDependencies'].flatMap((kind) =>
              Object.keys(manifest[kind] ?? {}),
            ),
          ),
          developmentDependencies: new Set(Object.keys(manifest.devDependencies ?? {})),
        };
      });
  });
}

/** @param {string} folder of a package @returns {string[]} absolute paths of its modules */
function listFiles(folder) {
  const skipped = ['node_modules', 'dist', 'assembly', 'coverage', '.turbo'];
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return skipped.includes(entry.name) ? [] : listFiles(path);
    return /\.(ts|tsx|mts|js|mjs)$/.test(entry.name) ? [path] : [];
  });
}

/** @param {string} file @returns {string[]} */
function importsOf(file) {
  return ts.preProcessFile(readFileSync(file, 'utf8'), true, true).importedFiles.map(({ fileName }) => fileName);
}

/** @param {string} path of an emitted module @returns {string} the TypeScript module it comes from, where there is one */
function sourceOf(path) {
  const candidates = [path.replace(/\.js$/, '.ts'), path.replace(/\.js$/, '.tsx'), path.replace(/\.mjs$/, '.mts')];
  return candidates.find((candidate) => existsSync(candidate)) ?? path;
}

/** @param {string} specifier @returns {{ name: string, subpath: string }} */
function splitSpecifier(specifier) {
  const parts = specifier.split('/');
  const length = specifier.startsWith('@') ? 2 : 1;
  const rest = parts.slice(length).join('/');
  return { name: parts.slice(0, length).join('/'), subpath: rest === '' ? '.' : `./${rest}` };
}

/** @param {string} path */
function portable(path) {
  return path.split(sep).join('/');
}

/** @param {string} file */
function readJson(file) {
  return JSON.parse(readFileSync(file, 'utf8'));
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const problems = checkImports();
  for (const problem of problems) process.stderr.write(`${problem}\n`);
  process.exitCode = problems.length === 0 ? 0 : 1;
}
