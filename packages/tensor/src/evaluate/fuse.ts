import { affineStrides, contiguousStrides, type Limits, linearIndex, type Operand, sizeOf } from '@cotangent/ir';
import { opTraits } from '../graph/op.js';
import type { Graph, GraphNode, LoweredOp } from './graph.js';
import { type Access, identityAccess, throughMovement } from './view.js';

/** Vertices computed by one kernel: the root is stored, the core (a reduce, scan, matmul or convolve) feeds its epilogue. */
export interface Group {
  readonly root: number;
  core: number | undefined;
  /** Vertices it still reads from elsewhere, as far as known. */
  readonly frontier: Set<number>;
  instructionCount: number;
}

/** An operand read in place: which vertex's buffer, and how. */
export interface StridedOperand extends Omit<Operand, 'input'> {
  readonly buffer: number;
}

/** Which kernels a graph becomes. */
export interface Fusion {
  /** Kernels to run, by the vertex they store. */
  readonly groups: ReadonlyMap<number, Group>;
  /** Vertices that are another vertex's buffer under another shape. */
  readonly aliases: ReadonlyMap<number, number>;
  /** Operands of matmul and convolve vertices. */
  readonly operands: ReadonlyMap<number, readonly StridedOperand[]>;
}

/** What fusing may do. */
export interface FusionOptions {
  readonly limits: Limits;
  /** False makes a kernel of every op, to test fusion against. */
  readonly isEnabled: boolean;
}

/** A place that a vertex is read from: the positions of one loop nest, seen through movement ops. */
interface View {
  readonly group: Group;
  /** Positions of the loop nest. */
  readonly positions: number;
  /** The loop nest of the group's stored vertex, not one inside its core. */
  readonly isMain: boolean;
  /** Only reshapes lie between. */
  readonly isFlat: boolean;
  readonly children: Map<string, View>;
}

const isMovementOp = (op: LoweredOp): boolean => op === 'spread' || opTraits[op].isMovement;
const isElementwiseOp = (op: LoweredOp): boolean => op !== 'spread' && opTraits[op].isElementwise;
const isFusible = (op: LoweredOp): boolean => isElementwiseOp(op) || op === 'gather' || op === 'concat';

/** Recomputing is no dearer than reading back, up to this many simple instructions on one load. */
const cheapCost = 8;

/** Which vertices cost no more to recompute in every reader than to store: few simple instructions on at most one load. */
const findCheap = ({ nodes, roots }: Graph): boolean[] => {
  const readers = new Int32Array(nodes.length);
  for (const node of nodes) for (const input of node.inputs) readers[input] = (readers[input] as number) + 1;
  for (const root of roots) readers[root] = 2;
  const cost = new Float64Array(nodes.length);
  const loads = new Float64Array(nodes.length);
  return nodes.map((node, n) => {
    if (isMovementOp(node.op)) {
      cost[n] = cost[node.inputs[0] as number] as number;
      loads[n] = loads[node.inputs[0] as number] as number;
      return false;
    }
    if (node.op === 'constant' || node.op === 'iota') return false;
    if (!isFusible(node.op)) {
      loads[n] = 1;
      return false;
    }
    let total = isElementwiseOp(node.op) ? opTraits[node.op as 'add'].cost : 2;
    let read = 0;
    for (const input of node.inputs) {
      total += cost[input] as number;
      read += loads[input] as number;
    }
    const isCheap = read <= 1 && total <= cheapCost;
    const isStored = !isCheap && (readers[n] as number) > 1;
    cost[n] = isStored ? 0 : total;
    loads[n] = isStored ? 1 : read;
    return isCheap;
  });
};

/**
 * Decides, from users to inputs, which vertices become kernels and which are computed inside their reader.
 *
 * A vertex joins its reader's kernel when every reader is that kernel at the same positions; a cheap one is computed by each
 * reader; any other is stored. One pass, linear in the graph.
 */
export const fuse = (graph: Graph, { limits, isEnabled }: FusionOptions): Fusion => {
  const { nodes } = graph;
  const isCheap = findCheap(graph);
  const isRoot = new Uint8Array(nodes.length);
  const isStored = new Uint8Array(nodes.length);
  for (const root of graph.roots) isRoot[root] = 1;
  const uses = new Array<View | 'mixed' | undefined>(nodes.length).fill(undefined);
  const groups = new Map<number, Group>();
  const aliases = new Map<number, number>();
  const operands = new Map<number, readonly StridedOperand[]>();

  const use = (n: number, view: View | 'mixed'): void => {
    uses[n] = uses[n] === undefined || uses[n] === view ? view : 'mixed';
  };
  const child = (view: View, key: string, isFlat: boolean): View => {
    let found = view.children.get(key);
    if (found === undefined) {
      found = { ...view, isFlat: view.isFlat && isFlat, children: new Map() };
      view.children.set(key, found);
    }
    return found;
  };
  const through = (view: View | 'mixed', key: string, isFlat = false): View | 'mixed' =>
    view === 'mixed' ? view : child(view, key, isFlat);
  const region = (group: Group, positions: number, isMain: boolean): View => ({
    group,
    positions,
    isMain,
    isFlat: true,
    children: new Map(),
  });
  const readInside = (node: GraphNode, n: number, view: View | 'mixed'): void => {
    if (isMovementOp(node.op)) {
      use(node.inputs[0] as number, through(view, `${n}`, node.op === 'reshape'));
    } else if (node.op === 'concat') {
      for (const [part, input] of node.inputs.entries()) use(input, through(view, `${n}/${part}`));
    } else if (node.op === 'gather') {
      use(node.inputs[0] as number, through(view, `${n}`));
      use(node.inputs[1] as number, view);
    } else {
      for (const input of node.inputs) use(input, view);
    }
    if (view === 'mixed') return;
    view.group.frontier.delete(n);
    for (const input of node.inputs) view.group.frontier.add(input);
  };
  const hasRoom = (group: Group, node: GraphNode): boolean =>
    group.frontier.size - 1 + node.inputs.length < limits.maxBuffersPerKernel - 1 &&
    group.instructionCount < limits.maxInstructions;

  const startGroup = (n: number): Group => {
    const group: Group = { root: n, core: undefined, frontier: new Set([n]), instructionCount: 0 };
    groups.set(n, group);
    return group;
  };
  const feedCore = (n: number, node: GraphNode, group: Group, view: View): void => {
    group.frontier.delete(n);
    for (const input of node.inputs) group.frontier.add(input);
    if (node.op === 'reduce') {
      const input = node.inputs[0] as number;
      use(input, region(group, sizeOf((nodes[input] as GraphNode).shape), false));
    } else if (node.op === 'scan') {
      use(node.inputs[0] as number, view);
    } else {
      operands.set(
        n,
        node.inputs.map((input) => stridedOperand(nodes, input)),
      );
      for (const operand of operands.get(n) as readonly StridedOperand[]) isStored[operand.buffer] = 1;
    }
  };

  for (let n = nodes.length - 1; n >= 0; n--) {
    const node = nodes[n] as GraphNode;
    const view = uses[n];
    const mustStore = isRoot[n] === 1 || isStored[n] === 1;
    if (node.op === 'data' || (view === undefined && !mustStore)) continue;

    if (node.op === 'reshape' && mustStore) {
      const input = node.inputs[0] as number;
      aliases.set(n, input);
      isStored[input] = 1;
      continue;
    }
    if (node.op === 'constant' || node.op === 'iota' || isMovementOp(node.op)) {
      if (mustStore) readInside(node, n, region(startGroup(n), sizeOf(node.shape), true));
      else if (view !== undefined) readInside(node, n, view);
      continue;
    }
    if (isFusible(node.op)) {
      const isExpanded = view !== undefined && view !== 'mixed' && view.positions > sizeOf(node.shape);
      const canInline = isEnabled && !mustStore && view !== undefined;
      if (canInline && view !== 'mixed' && (!isExpanded || isCheap[n]) && hasRoom(view.group, node)) {
        view.group.instructionCount += 1;
        readInside(node, n, view);
      } else if (canInline && isCheap[n]) {
        readInside(node, n, 'mixed');
      } else {
        const group = startGroup(n);
        readInside(node, n, region(group, sizeOf(node.shape), true));
      }
      continue;
    }
    if (node.op === 'sort') {
      const group = startGroup(n);
      use(node.inputs[0] as number, region(group, sizeOf(node.shape), false));
      continue;
    }
    if (node.op === 'scatter') {
      const [operand, indices, updates] = node.inputs as [number, number, number];
      const inside = region(startGroup(n), sizeOf((nodes[updates] as GraphNode).shape), false);
      if ((nodes[operand] as GraphNode).op !== 'constant') isStored[operand] = 1;
      use(indices, inside);
      use(updates, inside);
      continue;
    }
    const isEpilogueOf = view !== undefined && view !== 'mixed' && view.isMain && view.isFlat ? view : undefined;
    const canJoin =
      isEnabled &&
      !mustStore &&
      isEpilogueOf?.group.core === undefined &&
      isEpilogueOf?.positions === sizeOf(node.shape) &&
      hasRoom(isEpilogueOf.group, node);
    if (canJoin) {
      isEpilogueOf.group.core = n;
      feedCore(n, node, isEpilogueOf.group, isEpilogueOf);
    } else {
      const group = startGroup(n);
      group.core = n;
      feedCore(n, node, group, region(group, sizeOf(node.shape), true));
    }
  }
  return { groups, aliases, operands };
};

/** Follows movement ops down from an operand for as long as strides can express them. */
const stridedOperand = (nodes: readonly GraphNode[], operand: number): StridedOperand => {
  const { shape } = nodes[operand] as GraphNode;
  const start = identityAccess(shape);
  let best: StridedOperand = { buffer: operand, offset: 0, strides: contiguousStrides(shape) };
  let n = operand;
  let access: Access = start;
  for (;;) {
    const node = nodes[n] as GraphNode;
    if (!isMovementOp(node.op)) return best;
    const input = node.inputs[0] as number;
    const inner = nodes[input] as GraphNode;
    access = throughMovement(node, inner, access);
    if (access.guards.length > 0) return best;
    const affine = affineStrides(linearIndex(access.coordinates, contiguousStrides(inner.shape)), shape.length);
    if (affine !== undefined) best = { buffer: input, ...affine };
    n = input;
  }
};
