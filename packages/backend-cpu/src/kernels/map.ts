import { type DType, type Index, type Instruction, type MapKernel, sizeOf, strideAlong } from '@cotangent/ir';
import type { Statement } from '../emit/block.js';
import { Body, type BodyEnvironment } from '../emit/body.js';
import { emitFunction, type FunctionScope } from '../emit/function.js';
import type { Node } from '../emit/graph.js';
import { ModuleCode } from '../emit/module.js';
import { storages, storeVector } from '../emit/vector.js';
import { costOf } from './cost.js';
import { type AxisCut, countUnits, cutAxes, nestLoops, rangesOf } from './nest.js';
import { emittedArgumentsByteLength, fillEmittedArguments, type Plan } from './plan.js';
import { indicesOf, rowMajorIndex, simplifySpace } from './space.js';

/** A value and where it goes. */
export interface Destination {
  readonly dtype: DType;
  readonly value: number;
  readonly buffer: Node;
  readonly index: Index;
}

/** Stores a body's values at its position. */
export const storesOf = (body: Body, destinations: readonly Destination[]): Statement[] =>
  destinations.flatMap(({ dtype, value, buffer, index }) => {
    const { graph, position } = body.indices;
    const { bytes } = storages[dtype];
    const address = body.indices.atLane(index, 0, bytes, buffer);
    const byteStride = (body.indices.laneStride(index) ?? 1) * bytes;
    return storeVector(graph, dtype, body.value(value).nodes, address, { lanes: position.lanes, byteStride });
  });

/** Elements of one axis of a tile, where a load runs along another axis than the stores. */
const tile = { across: 16, along: 64 };

/** Cuts of a map's axes: square tiles where a load jumps along the last axis but walks along another. */
export const cutMap = (sizes: readonly number[], instructions: readonly Instruction[]): AxisCut[] => {
  const last = sizes.length - 1;
  for (const index of instructions.flatMap(indicesOf)) {
    const jump = Math.abs(strideAlong(index, last) ?? 0);
    if (jump < 8) continue;
    const across = sizes.findIndex((size, axis) => {
      const stride = Math.abs(strideAlong(index, axis) ?? 0);
      return axis !== last && size > 1 && stride > 0 && stride * 8 <= jump && stride <= 2;
    });
    if (across < 0) continue;
    const chunkOf = (axis: number) => (axis === last ? tile.along : axis === across ? tile.across : 1);
    return sizes.map((size, axis) => ({ size, chunk: Math.min(size, chunkOf(axis)) }));
  }
  return cutAxes(sizes);
};

/** Emits a map over `cuts`: units are tiles of the space. */
export const emitMap = (
  scope: FunctionScope,
  cuts: readonly AxisCut[],
  environment: Omit<BodyEnvironment, 'graph' | 'inputs'>,
  destinations: readonly Destination[],
): void => {
  const { graph, root, inputs } = scope;
  const vectorAxis = cuts.length - 1;
  const length = cuts[vectorAxis]?.size ?? 1;
  const at = (coordinates: readonly Node[], lanes: number) =>
    storesOf(new Body({ ...environment, graph, inputs }, { coordinates, vectorAxis, lanes }), destinations);
  root.loop(scope.begin, scope.end, 1, (units, unit) => {
    const ranges = rangesOf(graph, unit, cuts);
    const along = ranges.pop();
    nestLoops(units, ranges, (block, coordinates) => {
      if (!along || length < 4) {
        block.do(...at(along ? [...coordinates, graph.integer(0)] : coordinates, length));
        return;
      }
      block.loop(along.begin, along.end, 4, (body, counter) => {
        // The last four positions of a row may overlap those before: they give the same values again.
        const first = length % 4 === 0 ? counter : graph.smaller(counter, graph.integer(length - 4));
        body.do(...at([...coordinates, first], 4));
      });
    });
  });
};

export const planMap = (kernel: MapKernel): Plan => {
  const { groups, instructions } = simplifySpace([kernel.shape], kernel.body);
  const sizes = groups[0] as readonly number[];
  const cuts = cutMap(sizes, instructions);
  const module = new ModuleCode();
  emitFunction(module, kernel, 'map', (scope) => {
    const index = rowMajorIndex(sizes);
    const destinations = kernel.outputs.map(({ dtype, value }, i) => {
      return { dtype, value, index, buffer: scope.outputs[i] as Node };
    });
    emitMap(scope, cuts, { instructions, bound: new Map() }, destinations);
  });
  const units = countUnits(cuts);
  const unitNanoseconds = (costOf(instructions) * sizeOf(kernel.shape)) / Math.max(1, units);
  return {
    kernel,
    code: module.encode(),
    phases: [{ entry: 'map', module: 'emitted', units, unitNanoseconds, argumentsOffset: 0 }],
    argumentsByteLength: emittedArgumentsByteLength(kernel),
    scratchByteLength: 0,
    threadScratchByteLength: 0,
    fill: (block, pointers) => fillEmittedArguments(block, pointers),
  };
};
