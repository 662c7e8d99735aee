import { type DType, type Index, type Instruction, type MapKernel, sizeOf, strideAlong } from '@cotangent/ir';
import type { Statement } from '../emit/block.js';
import { Body, type BodyEnvironment } from '../emit/body.js';
import { emitFunction, type FunctionScope } from '../emit/function.js';
import type { Node } from '../emit/graph.js';
import type { Position } from '../emit/indices.js';
import { ModuleCode } from '../emit/module.js';
import { storages, storeVector } from '../emit/vector.js';
import { costOf } from './cost.js';
import { type AxisCut, countUnits, cutAxes, nestLoops, rangesOf } from './nest.js';
import { emittedArgumentsByteLength, fillEmittedArguments, type Plan } from './plan.js';
import { rowMajorIndex, simplifySpace } from './space.js';

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

/** How a map is cut, and the axis along which squares of four by four are read where loads run along it. */
export interface MapCuts {
  readonly cuts: readonly AxisCut[];
  readonly across: number | undefined;
}

/** Positions of a tile along the axis that loads run along, and along the last. */
const tile = { across: 16, along: 64 };

/** The axis that a load walks along, where it jumps along the last one. */
const axisAcross = (sizes: readonly number[], index: Index): number | undefined => {
  const last = sizes.length - 1;
  const jump = Math.abs(strideAlong(index, last) ?? 0);
  if (jump < 4 || (sizes[last] as number) < 4) return undefined;
  const across = sizes.findIndex((size, axis) => {
    const stride = Math.abs(strideAlong(index, axis) ?? 0);
    return axis !== last && size >= 4 && stride > 0 && stride <= 2 && stride < jump;
  });
  return across < 0 ? undefined : across;
};

/** Cuts a map's axes: tiles where a load runs along another axis than the stores. */
export const cutMap = (sizes: readonly number[], instructions: readonly Instruction[]): MapCuts => {
  const last = sizes.length - 1;
  for (const instruction of instructions) {
    const across = instruction.op === 'load' ? axisAcross(sizes, instruction.index) : undefined;
    if (across === undefined) continue;
    const chunkOf = (axis: number) => (axis === last ? tile.along : axis === across ? tile.across : 1);
    return { cuts: sizes.map((size, axis) => ({ size, chunk: Math.min(size, chunkOf(axis)) })), across };
  }
  return { cuts: cutAxes(sizes), across: undefined };
};

/** Emits a map: units are tiles of the space. */
export const emitMap = (
  scope: FunctionScope,
  { cuts, across }: MapCuts,
  environment: Omit<BodyEnvironment, 'graph' | 'inputs'>,
  destinations: readonly Destination[],
): void => {
  const { graph, root, inputs } = scope;
  const vectorAxis = cuts.length - 1;
  const length = cuts[vectorAxis]?.size ?? 1;
  const at = (coordinates: readonly Node[], lanes: number, square?: Position['square']) => {
    const position = { coordinates, vectorAxis, lanes, ...(square && { square }) };
    return storesOf(new Body({ ...environment, graph, inputs }, position), destinations);
  };
  // The last four positions of an axis may overlap those before: they give the same values again.
  const clip = (counter: Node, size: number) =>
    size % 4 === 0 ? counter : graph.smaller(counter, graph.integer(size - 4));
  const rowsOfSquare = (coordinates: readonly Node[], axis: number, first: Node) =>
    [0, 1, 2, 3].flatMap((row) => {
      const moved = coordinates.map((node, other) => (other === axis ? graph.add(first, graph.integer(row)) : node));
      return at(moved, 4, { axis, first, row });
    });
  root.loop(scope.begin, scope.end, 1, (units, unit) => {
    const ranges = rangesOf(graph, unit, cuts);
    const along = ranges[vectorAxis];
    const acrossRange = across === undefined ? undefined : ranges[across];
    const outer = ranges
      .slice(0, vectorAxis)
      .map((range, axis) => (axis === across ? { ...range, isSingle: true } : range));
    nestLoops(units, outer, (block, coordinates) => {
      if (!along || length < 4) {
        block.do(...at(along ? [...coordinates, graph.integer(0)] : coordinates, length));
        return;
      }
      block.loop(along.begin, along.end, 4, (body, counter) => {
        const here = [...coordinates, clip(counter, length)];
        if (across === undefined || !acrossRange) {
          body.do(...at(here, 4));
          return;
        }
        body.loop(acrossRange.begin, acrossRange.end, 4, (rows, row) => {
          rows.do(...rowsOfSquare(here, across, clip(row, (cuts[across] as AxisCut).size)));
        });
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
  const units = countUnits(cuts.cuts);
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
