import {
  addIndices,
  axisIndex,
  constantIndex,
  contiguousStrides,
  divideIndex,
  type Guard,
  guardKey,
  guardTruth,
  type Index,
  indexKey,
  linearIndex,
  moduloIndex,
  type Shape,
  scaleIndex,
} from '@cotangent/ir';
import type { GraphNode } from './graph.js';

/** Where in a vertex a kernel position reads: one index for each axis, meaningful where all guards hold. */
export interface Access {
  readonly coordinates: readonly Index[];
  readonly guards: readonly Guard[];
}

export const accessKey = ({ coordinates, guards }: Access): string =>
  `${coordinates.map(indexKey).join(';')}|${guards.map(guardKey).join(';')}`;

/** Position for position: the axes are the kernel's axes from `firstAxis` on. */
export const identityAccess = (shape: Shape, firstAxis = 0): Access => ({
  coordinates: shape.map((extent, axis) => axisIndex(firstAxis + axis, extent)),
  guards: [],
});

/** Guards without those that always hold. */
const withGuards = (guards: readonly Guard[], added: readonly Guard[]): readonly Guard[] => {
  const open = added.filter((guard) => guardTruth(guard) !== true);
  if (open.length === 0) return guards;
  const known = new Set(guards.map(guardKey));
  return [...guards, ...open.filter((guard) => !known.has(guardKey(guard)))];
};

/**
 * Coordinates in `from` of the element that has `coordinates` in `to`. Runs of axes with equal products are matched, so that
 * untouched axes keep their index and only merged or split ones go through division.
 */
export const throughReshape = (coordinates: readonly Index[], to: Shape, from: Shape): Index[] => {
  const result: Index[] = from.map(() => constantIndex(0));
  let t = 0;
  let f = 0;
  while (t < to.length || f < from.length) {
    const firstTo = t;
    const firstFrom = f;
    let toSize = t < to.length ? (to[t++] as number) : 1;
    let fromSize = f < from.length ? (from[f++] as number) : 1;
    while (toSize !== fromSize) {
      if (toSize < fromSize) toSize *= to[t++] ?? 0;
      else fromSize *= from[f++] ?? 0;
      if (toSize === 0 || fromSize === 0) return result;
    }
    let flat = linearIndex(coordinates.slice(firstTo, t), contiguousStrides(to.slice(firstTo, t)));
    let outer = firstFrom;
    while (outer < f && from[outer] === 1) outer++;
    for (let axis = f - 1; axis > outer; axis--) {
      const extent = from[axis] as number;
      result[axis] = moduloIndex(flat, extent);
      flat = divideIndex(flat, extent);
    }
    if (outer < f) result[outer] = flat;
  }
  return result;
};

/** `position = out·stride + offset·dilation` on the last axes: the window's own coordinates come in two runs. */
const throughWindow = (node: Extract<GraphNode, { op: 'window' }>, { coordinates, guards }: Access): Access => {
  const { size, stride, dilation } = node.attributes;
  const lead = node.shape.length - 2 * size.length;
  const spatial = size.map((_, d) =>
    addIndices(
      scaleIndex(coordinates[lead + d] as Index, stride[d] as number),
      coordinates[lead + size.length + d] as Index,
      dilation[d] as number,
    ),
  );
  return { coordinates: [...coordinates.slice(0, lead), ...spatial], guards };
};

/** The window whose element `k` lies at position `s`: `(s − k·dilation) / stride`, where that is whole and inside. */
const throughSpread = (
  node: Extract<GraphNode, { op: 'spread' }>,
  input: GraphNode,
  { coordinates, guards }: Access,
): Access => {
  const { size, stride, dilation } = node.attributes;
  const lead = node.shape.length - 2 * size.length;
  const added: Guard[] = [];
  const windows = size.map((_, d) => {
    const step = stride[d] as number;
    const offset = coordinates[lead + size.length + d] as Index;
    const start = addIndices(coordinates[lead + d] as Index, offset, -(dilation[d] as number));
    const count = input.shape[lead + d] as number;
    added.push({ index: start, begin: 0, end: (count - 1) * step + 1 });
    if (step > 1) added.push({ index: moduloIndex(start, step), begin: 0, end: 1 });
    return divideIndex(start, step);
  });
  const offsets = coordinates.slice(lead + size.length);
  return { coordinates: [...coordinates.slice(0, lead), ...windows, ...offsets], guards: withGuards(guards, added) };
};

const throughPad = (
  node: Extract<GraphNode, { op: 'pad' }>,
  input: GraphNode,
  { coordinates, guards }: Access,
): Access => {
  const { low, interior } = node.attributes;
  const added: Guard[] = [];
  const inner = coordinates.map((coordinate, axis) => {
    const extent = input.shape[axis] as number;
    const step = (interior[axis] as number) + 1;
    const shifted = scaleIndex(coordinate, 1, -(low[axis] as number));
    added.push({ index: shifted, begin: 0, end: (extent - 1) * step + 1 });
    if (step > 1) added.push({ index: moduloIndex(shifted, step), begin: 0, end: 1 });
    return divideIndex(shifted, step);
  });
  return { coordinates: inner, guards: withGuards(guards, added) };
};

/** Where a movement vertex's input is read when the vertex itself is read through `access`. */
export const throughMovement = (node: GraphNode, input: GraphNode, access: Access): Access => {
  const { coordinates, guards } = access;
  switch (node.op) {
    case 'reshape':
      return { coordinates: throughReshape(coordinates, node.shape, input.shape), guards };
    case 'transpose': {
      const moved = new Array<Index>(coordinates.length);
      for (const [i, axis] of node.attributes.permutation.entries()) moved[axis] = coordinates[i] as Index;
      return { coordinates: moved, guards };
    }
    case 'broadcast': {
      const lead = node.shape.length - input.shape.length;
      return {
        coordinates: input.shape.map((extent, axis) =>
          extent === 1 ? constantIndex(0) : (coordinates[lead + axis] as Index),
        ),
        guards,
      };
    }
    case 'slice': {
      const { start, step } = node.attributes;
      return {
        coordinates: coordinates.map((c, axis) => scaleIndex(c, step[axis] as number, start[axis] as number)),
        guards,
      };
    }
    case 'pad':
      return throughPad(node, input, access);
    case 'window':
      return throughWindow(node, access);
    case 'spread':
      return throughSpread(node, input, access);
    default:
      return access;
  }
};

/** Where input number `part` of a concat is read, with the guard that the position lies in it. */
export const throughConcat = (
  node: Extract<GraphNode, { op: 'concat' }>,
  parts: readonly GraphNode[],
  part: number,
  { coordinates, guards }: Access,
): Access => {
  const { axis } = node.attributes;
  let start = 0;
  for (let i = 0; i < part; i++) start += (parts[i] as GraphNode).shape[axis] as number;
  const index = scaleIndex(coordinates[axis] as Index, 1, -start);
  const guard: Guard = { index, begin: 0, end: (parts[part] as GraphNode).shape[axis] as number };
  return { coordinates: coordinates.map((c, i) => (i === axis ? index : c)), guards: withGuards(guards, [guard]) };
};

/** Where the source of a gather is read once the position along the axis is known. */
export const throughGather = (
  node: Extract<GraphNode, { op: 'gather' }>,
  source: GraphNode,
  position: Index,
  { coordinates, guards }: Access,
): Access => {
  const { axis } = node.attributes;
  const guard: Guard = { index: position, begin: 0, end: source.shape[axis] as number };
  return { coordinates: coordinates.map((c, i) => (i === axis ? position : c)), guards: withGuards(guards, [guard]) };
};
