import { type Limits, type Shape, sizeOf } from '@cotangent/ir';
import { type Graph, type GraphNode, isFusible, isMovementOp } from './graph.js';
import {
  createView,
  type Group,
  isFree,
  isRowResult,
  type Rows,
  sameNumbers,
  type View,
  viewThrough,
} from './group.js';
import { type StridedOperand, stridedOperand } from './operand.js';
import { findCheap, findReduced } from './recompute.js';

/** Which kernels a graph becomes. */
export interface Fusion {
  readonly groups: readonly Group[];
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

/** Readers of a vertex beyond this many are not told apart. */
const maxReaders = 16;

/**
 * Decides, from users to inputs, which vertices become kernels and which are computed inside their readers.
 *
 * A vertex joins its reader's kernel when every reader is that kernel at the same positions; a cheap one is computed by each
 * reader; any other is stored, by the first of its readers where that computes it anyway. One pass, linear in the graph.
 */
export const fuse = (graph: Graph, options: FusionOptions): Fusion => new Fuser(graph, options).run();

class Fuser {
  readonly #nodes: readonly GraphNode[];
  readonly #limits: Limits;
  readonly #isEnabled: boolean;
  readonly #isCheap: readonly boolean[];
  readonly #isStored: Uint8Array;
  /** Root of the earliest kernel that reads the vertex's buffer as it stands. */
  readonly #firstBufferReader: Float64Array;
  /** Elementwise from a reduction's result. */
  readonly #followsReduction: Uint8Array;
  readonly #readers: (View[] | undefined)[];
  readonly #groups: Group[] = [];
  readonly #aliases = new Map<number, number>();
  readonly #operands = new Map<number, readonly StridedOperand[]>();

  constructor(graph: Graph, { limits, isEnabled }: FusionOptions) {
    this.#nodes = graph.nodes;
    this.#limits = limits;
    this.#isEnabled = isEnabled;
    this.#isCheap = findCheap(graph);
    this.#followsReduction = findReduced(graph.nodes);
    this.#isStored = new Uint8Array(graph.nodes.length);
    for (const root of graph.roots) this.#isStored[root] = 1;
    this.#firstBufferReader = new Float64Array(graph.nodes.length).fill(Number.POSITIVE_INFINITY);
    this.#readers = new Array(graph.nodes.length).fill(undefined);
  }

  run(): Fusion {
    for (let n = this.#nodes.length - 1; n >= 0; n--) {
      const node = this.#nodes[n] as GraphNode;
      const isUsed = this.#readers[n] !== undefined || this.#isStored[n] === 1;
      if (node.op !== 'data' && isUsed) this.#place(n, node);
    }
    this.#groups.sort((a, b) => a.root - b.root);
    return { groups: this.#groups, aliases: this.#aliases, operands: this.#operands };
  }

  #place(n: number, node: GraphNode): void {
    const isStored = this.#isStored[n] === 1;
    if (node.op === 'reshape' && isStored) {
      this.#aliases.set(n, node.inputs[0] as number);
      for (const { group } of this.#readers[n] ?? []) this.#noteBufferReader(n, group);
      this.#storeFor(node.inputs[0] as number, this.#firstBufferReader[n] as number);
    } else if (node.op === 'constant' || node.op === 'iota' || isMovementOp(node.op)) {
      if (isStored) this.#startMap(n, node);
      else this.#placeView(n, node);
    } else if (isFusible(node.op)) {
      this.#placeFusible(n, node);
    } else if (node.op === 'sort') {
      this.#use(node.inputs[0] as number, createView(this.#startGroup(n), sizeOf(node.shape), 'none'));
    } else if (node.op === 'scatter') {
      this.#placeScatter(n, node);
    } else {
      this.#placeCore(n, node);
    }
  }

  /** A vertex that every reader sees through; too many readers, and what lies below is stored. */
  #placeView(n: number, node: GraphNode): void {
    const readers = this.#readers[n] as View[];
    if (readers.length < maxReaders) {
      for (const view of readers) this.#readInside(n, node, view);
      return;
    }
    let base = n;
    while (isMovementOp((this.#nodes[base] as GraphNode).op))
      base = (this.#nodes[base] as GraphNode).inputs[0] as number;
    if (base !== n && (this.#nodes[base] as GraphNode).inputs.length > 0) this.#storeFor(base, 0);
  }

  /** An elementwise vertex, a gather or a concat. */
  #placeFusible(n: number, node: GraphNode): void {
    const isStored = this.#isStored[n] === 1;
    const readers = this.#readers[n] ?? [];
    const only = readers.length === 1 ? (readers[0] as View) : undefined;
    const isCheap = this.#isCheap[n] as boolean;
    if (this.#isEnabled && !isStored && only !== undefined) {
      const isExpanded = only.positions > sizeOf(node.shape) && !this.#isRowValue(n, only);
      if ((!isExpanded || isCheap) && this.#hasRoom(only.group, node)) {
        only.group.instructionCount++;
        this.#readInside(n, node, only);
        return;
      }
    }
    if (this.#isEnabled && !isStored && isCheap && readers.length < maxReaders) {
      for (const view of readers) this.#readInside(n, node, view);
      return;
    }
    const host = this.#hostFor(n, node);
    if (host === undefined) {
      this.#startMap(n, node);
    } else {
      this.#addOutput(n, host);
      host.group.instructionCount++;
      this.#readInside(n, node, host);
    }
  }

  /** Follows from a reduction along the rows that it is repeated over, so that both can be computed once for each row. */
  #isRowValue(n: number, { row }: View): boolean {
    return row !== undefined && this.#followsReduction[n] === 1 && this.#isRow(row.shape, row.axes);
  }

  /**
   * The reader that can store a vertex besides its own results: it computes the vertex at its own positions anyway, and every
   * other reader's kernel runs later.
   */
  #hostFor(n: number, node: GraphNode): View | undefined {
    const readers = this.#readers[n] ?? [];
    if (!this.#isEnabled || readers.length === 0 || readers.length >= maxReaders) return undefined;
    let host = readers[0] as View;
    for (const view of readers) if (view.group.root < host.group.root) host = view;
    const isFirst =
      readers.every((view) => view === host || view.group.root > host.group.root) &&
      (this.#firstBufferReader[n] as number) > host.group.root;
    const fits = host.nest.storage !== 'none' && host.isFlat && host.positions === sizeOf(node.shape);
    return isFirst && fits && this.#hasRoom(host.group, node) ? host : undefined;
  }

  #placeScatter(n: number, node: GraphNode): void {
    const [operand, indices, updates] = node.inputs as [number, number, number];
    const inside = createView(this.#startGroup(n), sizeOf((this.#nodes[updates] as GraphNode).shape), 'none');
    if ((this.#nodes[operand] as GraphNode).op !== 'constant') this.#storeFor(operand, n);
    this.#use(indices, inside);
    this.#use(updates, inside);
  }

  /** A reduce, scan, matmul or convolve: alone, or with the elementwise vertices that follow it. */
  #placeCore(n: number, node: GraphNode): void {
    const readers = this.#readers[n] ?? [];
    const isStored = this.#isStored[n] === 1 || readers.length !== 1;
    if (node.op === 'reduce' && this.#joinRows(n, node)) return;
    const host = this.#hostFor(n, node);
    if (host === undefined || !isFree(host)) {
      const group = this.#startGroup(n);
      group.core = n;
      this.#feedCore(n, node, createView(group, sizeOf(node.shape), 'full'));
      return;
    }
    host.group.core = n;
    if (isStored) host.group.outputs.push(n);
    this.#feedCore(n, node, host);
  }

  /**
   * Makes a reduction part of the kernel that reads its result: for every element of the rows it sweeps, as the maximum and
   * the sum of a softmax are, or beside another reduction of the same rows, as the two sums of a variance are.
   */
  #joinRows(n: number, node: Extract<GraphNode, { op: 'reduce' }>): boolean {
    const readers = this.#readers[n] ?? [];
    if (!this.#isEnabled || readers.length === 0 || readers.length >= maxReaders) return false;
    const { shape } = this.#nodes[node.inputs[0] as number] as GraphNode;
    const axes = node.attributes.axes.filter((axis) => shape[axis] !== 1);
    const { group } = readers.reduce((first, view) => (view.group.root < first.group.root ? view : first));
    const inside = readers.filter((view) => view.group === group);
    const isSame = (rows: { readonly shape: Shape; readonly axes: readonly number[] } | undefined): boolean =>
      rows !== undefined && sameNumbers(rows.shape, shape) && sameNumbers(rows.axes, axes);
    const repeating = inside.find(({ row }) => isSame(row))?.row;
    const fits =
      inside.every((view) => isSame(view.row) || isRowResult(view)) &&
      (group.rows === undefined ? group.core === undefined && repeating !== undefined : isSame(group.rows)) &&
      (repeating === undefined || this.#isRow(shape, axes));
    const isLater = (this.#firstBufferReader[n] as number) > group.root;
    if (!fits || !isLater || !this.#hasRoom(group, node)) return false;
    const view = repeating?.parent ?? (group.rows as Rows).view;
    group.rows ??= { shape, axes, reductions: [], view };
    group.rows.reductions.push(n);
    if (this.#isStored[n] === 1 || inside.length < readers.length) {
      group.outputs.push(n);
      group.rowOutputs.add(n);
    }
    this.#moveFrontier(n, node, group);
    this.#use(node.inputs[0] as number, view);
    return true;
  }

  #isRow(shape: Shape, axes: readonly number[]): boolean {
    const length = sizeOf(axes.map((axis) => shape[axis] as number));
    return length > 0 && length <= (this.#limits.maxRowLength ?? 0);
  }

  #addOutput(n: number, view: View): void {
    view.group.outputs.push(n);
    if (view.nest.storage === 'outer') view.group.rowOutputs.add(n);
  }

  #moveFrontier(n: number, node: GraphNode, group: Group): void {
    group.frontier.delete(n);
    for (const input of node.inputs) group.frontier.add(input);
  }

  #feedCore(n: number, node: GraphNode, view: View): void {
    const { group } = view;
    this.#moveFrontier(n, node, group);
    const first = node.inputs[0] as number;
    if (node.op === 'reduce') {
      const { shape } = this.#nodes[first] as GraphNode;
      const axes = node.attributes.axes.filter((axis) => shape[axis] !== 1);
      const inside = createView(group, sizeOf(shape), this.#isRow(shape, axes) ? 'full' : 'none');
      group.rows = { shape, axes, reductions: [n], view: inside };
      view.nest.storage = 'outer';
      for (const output of group.outputs) group.rowOutputs.add(output);
      this.#use(first, inside);
    } else if (node.op === 'scan') {
      this.#use(first, view);
    } else {
      const operands = node.inputs.map((input) => stridedOperand(this.#nodes, input));
      this.#operands.set(n, operands);
      for (const { buffer } of operands) this.#storeFor(buffer, group.root);
    }
  }

  #startGroup(n: number): Group {
    const group: Group = {
      root: n,
      outputs: [n],
      core: undefined,
      rows: undefined,
      rowOutputs: new Set(),
      frontier: new Set([n]),
      instructionCount: 0,
    };
    this.#groups.push(group);
    return group;
  }

  #startMap(n: number, node: GraphNode): void {
    this.#readInside(n, node, createView(this.#startGroup(n), sizeOf(node.shape), 'full'));
  }

  /** The vertex needs a buffer, which the kernel with that root reads. */
  #storeFor(n: number, readerRoot: number): void {
    this.#isStored[n] = 1;
    this.#firstBufferReader[n] = Math.min(this.#firstBufferReader[n] as number, readerRoot);
  }

  #noteBufferReader(n: number, { root }: Group): void {
    this.#firstBufferReader[n] = Math.min(this.#firstBufferReader[n] as number, root);
  }

  #use(n: number, view: View): void {
    const readers = this.#readers[n];
    if (readers === undefined) this.#readers[n] = [view];
    else if (readers.length < maxReaders && !readers.includes(view)) readers.push(view);
  }

  /** The vertex is computed by the view's kernel, which therefore reads its inputs. */
  #readInside(n: number, node: GraphNode, view: View): void {
    const { inputs } = node;
    const through = (part: number, key: number | string): View =>
      viewThrough(view, key, node, this.#nodes[inputs[part] as number] as GraphNode);
    if (isMovementOp(node.op)) {
      this.#use(inputs[0] as number, through(0, n));
    } else if (node.op === 'concat') {
      for (const [part, input] of inputs.entries()) this.#use(input, through(part, `${n}/${part}`));
    } else if (node.op === 'gather') {
      this.#use(inputs[0] as number, through(0, n));
      this.#use(inputs[1] as number, view);
    } else {
      for (const input of inputs) this.#use(input, view);
    }
    this.#moveFrontier(n, node, view.group);
  }

  #hasRoom(group: Group, node: GraphNode): boolean {
    const buffers = group.frontier.size - 1 + node.inputs.length + group.outputs.length + 1;
    return buffers <= this.#limits.maxBuffersPerKernel && group.instructionCount < this.#limits.maxInstructions;
  }
}
