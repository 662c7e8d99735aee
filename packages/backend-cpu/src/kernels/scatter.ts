import {
  type DType,
  type Guard,
  type Index,
  type Instruction,
  indexBounds,
  type ScatterKernel,
  sizeOf,
  strideAlong,
  type Term,
} from '@cotangent/ir';
import { lowerBinary } from '../emit/arithmetic.js';
import type { Block } from '../emit/block.js';
import { Body } from '../emit/body.js';
import { emitFunction, type FunctionScope } from '../emit/function.js';
import type { Node } from '../emit/graph.js';
import { ModuleCode } from '../emit/module.js';
import { broadcastLane, registerOf, storages, storeVector, unpack } from '../emit/vector.js';
import { costOf } from './cost.js';
import { emitMap } from './map.js';
import { type AxisCut, countUnits, cutAxes, forEachVector, nestLoops, rangesOf } from './nest.js';
import { emittedArgumentsByteLength, fillEmittedArguments, type Phase, type Plan } from './plan.js';
import { rowMajorIndex, simplifySpace } from './space.js';

/** Least and greatest value of a sum of terms at positions where guards hold. */
const boundsOf = (terms: readonly Term[], guards: readonly Guard[]): readonly [number, number] => {
  let [low, high] = [0, 0];
  for (const { coefficient, atom } of terms) {
    let bounds = indexBounds({ terms: [{ coefficient: 1, atom }], offset: 0 });
    for (const { index, begin, end } of guards) {
      const [term] = index.terms;
      const isGuarded = index.terms.length === 1 && term?.coefficient === 1 && term.atom.kind === 'value';
      if (!isGuarded || atom.kind !== 'value' || term.atom.value !== atom.value) continue;
      bounds = [Math.max(bounds[0], begin - index.offset), Math.min(bounds[1], end - 1 - index.offset)];
    }
    const ends = [coefficient * bounds[0], coefficient * bounds[1]];
    low += Math.min(...ends);
    high += Math.max(...ends);
  }
  return [low, high];
};

/**
 * Whether positions that differ along `axis` never meet: its steps are wider than everything smaller in the target, and
 * everything else moves the target by whole periods of the axis.
 */
const separates = (target: Index, guards: readonly Guard[], axis: number, size: number): boolean => {
  const stride = Math.abs(strideAlong(target, axis) ?? 0);
  if (stride === 0) return false;
  const period = stride * size;
  const smaller = target.terms.filter(
    ({ atom, coefficient }) => !(atom.kind === 'axis' && atom.axis === axis) && coefficient % period !== 0,
  );
  const [low, high] = boundsOf(smaller, guards);
  return high - low < stride;
};

/** Fewest parts that an axis along which no two positions meet is worth: with fewer, unique positions are cut anywhere. */
const fewParts = 8;

/**
 * Units along an axis where no two positions meet, so that threads write to places apart and share no cache lines; one unit where
 * there is no such axis, unless all positions are unique.
 */
const cutScatter = (
  { unique }: ScatterKernel,
  sizes: readonly number[],
  target: Index,
  guards: readonly Guard[],
): AxisCut[] => {
  const axis = sizes.findIndex((size, candidate) => separates(target, guards, candidate, size));
  if (unique && (axis < 0 || (sizes[axis] as number) < fewParts)) return cutAxes(sizes);
  return sizes.map((size, candidate) => {
    if (candidate !== axis) return { size, chunk: size };
    const chunk = Math.ceil(size / Math.min(size, 64));
    return { size, chunk: candidate === sizes.length - 1 ? Math.ceil(chunk / 16) * 16 : chunk };
  });
};

/** Adds to, or replaces, what the target holds. */
const combineWith = (
  scope: FunctionScope,
  { combine }: ScatterKernel,
  dtype: DType,
  block: Block,
  address: Node,
  values: readonly Node[],
  lanes: number,
): void => {
  const { graph } = scope;
  const { bytes, loadAll, loadSplat, perNode } = storages[dtype];
  let result = values;
  if (combine === 'add') {
    const packed = values.map((_, part) => {
      const at = graph.add(address, graph.integer(part * perNode * bytes));
      return graph.freshLoad(lanes === 1 ? loadSplat : loadAll, at, block.depth);
    });
    result = lowerBinary(graph, 'add', registerOf(dtype), unpack(graph, dtype, packed), values);
  }
  block.do(...storeVector(graph, dtype, result, address, { lanes }));
};

const emitScatter = (
  scope: FunctionScope,
  kernel: ScatterKernel,
  space: ReturnType<typeof simplifySpace>,
  cuts: readonly AxisCut[],
  buffer: Node,
  dtype: DType,
): void => {
  const { graph, inputs } = scope;
  const { instructions, rewrite } = space;
  const target = rewrite(kernel.target);
  const guards = kernel.guards.map((guard) => ({ ...guard, index: rewrite(guard.index) }));
  const { bytes } = storages[dtype];
  const vectorAxis = cuts.length - 1;
  const put = (block: Block, coordinates: readonly Node[], lanes: number): void => {
    const body = new Body({ graph, instructions, inputs, bound: new Map() }, { coordinates, vectorAxis, lanes });
    const { indices } = body;
    const address = (lane: number) => indices.atLane(target, lane, bytes, buffer);
    const where = (lane: number, fill: (inside: Block) => void): void => {
      if (guards.length === 0) fill(block);
      else block.branch(indices.allHoldAt(guards, lane), fill);
    };
    const { nodes } = body.value(kernel.value);
    const isAdjacent = indices.laneStride(target) === 1;
    if (isAdjacent && guards.every(({ index }) => indices.laneStride(index) === 0)) {
      where(0, (inside) => combineWith(scope, kernel, dtype, inside, address(0), nodes, lanes));
      return;
    }
    for (let lane = 0; lane < lanes; lane++) {
      where(lane, (inside) => {
        combineWith(scope, kernel, dtype, inside, address(lane), broadcastLane(graph, nodes, lane), 1);
      });
    }
  };
  scope.root.loop(scope.begin, scope.end, 1, (units, unit) => {
    const ranges = rangesOf(graph, unit, cuts);
    const along = ranges.pop();
    nestLoops(units, ranges, (block, coordinates) => {
      if (!along) put(block, coordinates, 1);
      else {
        forEachVector(block, along, cuts[vectorAxis]?.size as number, (body, first, lanes) => {
          put(body, [...coordinates, first], lanes);
        });
      }
    });
  });
};

export const planScatter = (kernel: ScatterKernel): Plan => {
  const [output] = kernel.outputs as readonly [{ dtype: DType; length: number }];
  const guardIndices = kernel.guards.map(({ index }) => index);
  const space = simplifySpace([kernel.shape], kernel.body, [kernel.target, ...guardIndices]);
  const sizes = space.groups[0] as readonly number[];
  const guards = kernel.guards.map((guard) => ({ ...guard, index: space.rewrite(guard.index) }));
  const cuts = cutScatter(kernel, sizes, space.rewrite(kernel.target), guards);
  // Sums in float16 would lose small terms: they run in float32 scratch.
  const isStaged = output.dtype === 'float16' && kernel.combine === 'add';
  const working = isStaged ? 'float32' : output.dtype;
  const line = rowMajorIndex([output.length]);
  const lineCuts = cutAxes([output.length]);
  const module = new ModuleCode();

  const emitLine = (
    entry: string,
    instructions: readonly Instruction[],
    dtype: DType,
    to: (scope: FunctionScope) => Node,
    from?: (scope: FunctionScope) => Node,
  ): void => {
    emitFunction(module, kernel, entry, (scope) => {
      const inputs = from ? [from(scope)] : scope.inputs;
      const value = instructions.length - 1;
      const destination = { dtype, value, index: line, buffer: to(scope) };
      emitMap({ ...scope, inputs }, { cuts: lineCuts, across: undefined }, { instructions, bound: new Map() }, [
        destination,
      ]);
    });
  };
  const load = (input: number, dtype: DType): Instruction => ({ op: 'load', dtype, input, index: line, guards: [] });
  const outputOf = (scope: FunctionScope) => scope.outputs[0] as Node;
  const workingOf = (scope: FunctionScope) => (isStaged ? scope.sharedScratch : outputOf(scope));
  const { initial } = kernel;
  const start: Instruction =
    'input' in initial
      ? load(initial.input, output.dtype)
      : { op: 'constant', dtype: working, value: initial.constant };
  emitLine('start', [start], working, workingOf);
  emitFunction(module, kernel, 'scatter', (scope) =>
    emitScatter(scope, kernel, space, cuts, workingOf(scope), working),
  );
  if (isStaged) emitLine('finish', [load(0, 'float32')], 'float16', outputOf, workingOf);

  const phase = (entry: string, phaseCuts: readonly AxisCut[], cost: number, positions: number): Phase => {
    const units = countUnits(phaseCuts);
    return {
      entry,
      module: 'emitted',
      units,
      unitNanoseconds: (cost * positions) / Math.max(1, units),
      argumentsOffset: 0,
    };
  };
  const linePhase = (entry: string) => phase(entry, lineCuts, 0.5, output.length);
  return {
    kernel,
    code: module.encode(),
    phases: [
      linePhase('start'),
      phase('scatter', cuts, costOf(space.instructions) + 2, sizeOf(kernel.shape)),
      ...(isStaged ? [linePhase('finish')] : []),
    ],
    argumentsByteLength: emittedArgumentsByteLength(kernel),
    scratchByteLength: isStaged ? output.length * storages[working].bytes : 0,
    threadScratchByteLength: 0,
    fill: (block, pointers) => fillEmittedArguments(block, pointers),
  };
};
