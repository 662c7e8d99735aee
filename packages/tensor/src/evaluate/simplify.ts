import { type DType, type Shape, shapesEqual, sizeOf } from '@cotangent/ir';
import { opTraits } from '../graph/op.js';
import type { Capture } from './capture.js';
import { foldConstants } from './constant-folding.js';
import type { Graph, GraphNode, LoweredOp, VertexSink } from './graph.js';
import { buildThreefry } from './threefry.js';

type NodeOf<K extends LoweredOp> = Extract<GraphNode, { op: K }>;
type Rewrite<K extends LoweredOp> = (node: NodeOf<K>, graph: GraphBuilder) => number | undefined;

const isIdentityPermutation = (permutation: readonly number[]): boolean => permutation.every((axis, i) => axis === i);

/** Where the vertex is another one: exact in IEEE arithmetic. */
const rewrites: { readonly [K in LoweredOp]?: Rewrite<K> } = {
  detach: (node) => node.inputs[0],
  call: (node) => node.inputs[0],
  cast: (node, graph) => (graph.of(node.inputs[0]).dtype === node.dtype ? node.inputs[0] : undefined),
  negate: (node, graph) => {
    const input = graph.of(node.inputs[0]);
    return input.op === 'negate' ? input.inputs[0] : undefined;
  },
  add: (node, graph) => {
    const [a, b] = node.inputs as [number, number];
    if (graph.isConstant(b, -0)) return a;
    return graph.isConstant(a, -0) ? b : undefined;
  },
  multiply: (node, graph) => {
    const [a, b] = node.inputs as [number, number];
    if (graph.isConstant(b, 1)) return a;
    return graph.isConstant(a, 1) ? b : undefined;
  },
  divide: (node, graph) => (graph.isConstant(node.inputs[1], 1) ? node.inputs[0] : undefined),
  select: (node, graph) => {
    const [condition, whenTrue, whenFalse] = node.inputs as [number, number, number];
    const test = graph.of(condition);
    if (test.op === 'constant') return test.attributes.value !== 0 ? whenTrue : whenFalse;
    return whenTrue === whenFalse ? whenTrue : undefined;
  },
  reshape: (node, graph) => {
    const input = graph.of(node.inputs[0]);
    if (shapesEqual(input.shape, node.shape)) return node.inputs[0];
    return input.op === 'reshape' ? graph.add({ ...node, inputs: input.inputs }) : undefined;
  },
  transpose: (node, graph) => {
    if (isIdentityPermutation(node.attributes.permutation)) return node.inputs[0];
    const input = graph.of(node.inputs[0]);
    if (input.op !== 'transpose') return undefined;
    const permutation = node.attributes.permutation.map((axis) => input.attributes.permutation[axis] as number);
    return graph.add({ ...node, attributes: { permutation }, inputs: input.inputs });
  },
  broadcast: (node, graph) => {
    const input = graph.of(node.inputs[0]);
    if (shapesEqual(input.shape, node.shape)) return node.inputs[0];
    return input.op === 'broadcast' ? graph.add({ ...node, inputs: input.inputs }) : undefined;
  },
  slice: (node, graph) => {
    const { start, step } = node.attributes;
    const input = graph.of(node.inputs[0]);
    if (shapesEqual(input.shape, node.shape) && step.every((s) => s === 1)) return node.inputs[0];
    if (input.op !== 'slice') return undefined;
    const inner = input.attributes;
    const merged = {
      start: start.map((s, axis) => (inner.start[axis] as number) + s * (inner.step[axis] as number)),
      step: step.map((s, axis) => s * (inner.step[axis] as number)),
    };
    return graph.add({ ...node, attributes: merged, inputs: input.inputs });
  },
  concat: (node) => (node.inputs.length === 1 ? node.inputs[0] : undefined),
  reduce: (node, graph) => {
    const { reduction, axes } = node.attributes;
    const input = graph.of(node.inputs[0]);
    if (!axes.every((axis) => input.shape[axis] === 1)) return undefined;
    const isPosition = reduction === 'argmax' || reduction === 'argmin';
    return isPosition
      ? graph.constant(0, node.dtype, node.shape)
      : graph.add({ ...node, op: 'reshape', attributes: {} });
  },
  scan: (node, graph) => {
    const { axis } = node.attributes;
    const last = node.shape.length - 1;
    if (axis === last) return undefined;
    const permutation = node.shape.map((_, i) => (i === axis ? last : i === last ? axis : i));
    const shape = permutation.map((i) => node.shape[i] as number);
    const { dtype } = node;
    const moved = graph.add({ op: 'transpose', attributes: { permutation }, inputs: node.inputs, dtype, shape });
    const scanned = graph.add({ ...node, attributes: { ...node.attributes, axis: last }, inputs: [moved], shape });
    return graph.add({ op: 'transpose', attributes: { permutation }, inputs: [scanned], dtype, shape: node.shape });
  },
  fold: (node, graph) => {
    const { size } = node.attributes;
    const lead = node.shape.length - size.length;
    const shape = [...node.shape, ...size];
    const spread = graph.add({ ...node, op: 'spread', shape });
    const axes = size.map((_, d) => lead + size.length + d);
    return graph.add({ ...node, op: 'reduce', attributes: { reduction: 'sum', axes }, inputs: [spread] });
  },
  randomBits: (node, graph) => buildThreefry(graph, node.inputs[0] as number, node.shape),
};

/** Collects vertices: equal ones once, constants folded, no-ops gone. */
export class GraphBuilder implements VertexSink {
  readonly nodes: GraphNode[] = [];
  readonly #numbers = new Map<string, number>();

  of(number: number | undefined): GraphNode {
    return this.nodes[number as number] as GraphNode;
  }

  isConstant(number: number | undefined, value: number): boolean {
    const node = this.of(number);
    return node.op === 'constant' && Object.is(node.attributes.value, value);
  }

  constant(value: number, dtype: DType, shape: Shape): number {
    return this.add({ op: 'constant', attributes: { value }, inputs: [], dtype, shape });
  }

  positions(shape: Shape): number {
    const flat = [sizeOf(shape)];
    const line = this.add({ op: 'iota', attributes: { axis: 0 }, inputs: [], dtype: 'int32', shape: flat });
    const shaped = this.add({ op: 'reshape', attributes: {}, inputs: [line], dtype: 'int32', shape });
    return this.add({ op: 'cast', attributes: {}, inputs: [shaped], dtype: 'uint32', shape });
  }

  /** A vertex of its own for each call: a program input. */
  leaf(dtype: DType, shape: Shape): number {
    this.nodes.push({ op: 'data', attributes: {}, inputs: [], dtype, shape });
    return this.nodes.length - 1;
  }

  add(node: GraphNode): number {
    return this.#simpler(node) ?? this.#intern(node);
  }

  #simpler(node: GraphNode): number | undefined {
    const rewritten = (rewrites[node.op] as Rewrite<LoweredOp> | undefined)?.(node, this);
    if (rewritten !== undefined || node.inputs.length === 0) return rewritten;
    const values: number[] = [];
    for (const input of node.inputs) {
      const { op, attributes } = this.of(input);
      if (op !== 'constant') return undefined;
      values.push(attributes.value);
    }
    if (isPureView(node.op)) return this.constant(values[0] as number, node.dtype, node.shape);
    const folded = foldConstants(node, values);
    return folded === undefined ? undefined : this.constant(folded, node.dtype, node.shape);
  }

  #intern(node: GraphNode): number {
    const key = `${node.op}|${attributesKey(node.attributes)}|${node.dtype}|${node.shape.join()}|${node.inputs.join()}`;
    let number = this.#numbers.get(key);
    if (number === undefined) {
      number = this.nodes.length;
      this.nodes.push(node);
      this.#numbers.set(key, number);
    }
    return number;
  }
}

/** A string that is equal for equal attributes; unlike JSON it keeps −0 and the non-finite numbers apart. */
const attributesKey = (attributes: object): string => {
  let key = '';
  for (const value of Object.values(attributes)) key += Object.is(value, -0) ? '-0;' : `${String(value)};`;
  return key;
};

/** Moves elements and makes none. */
const isPureView = (op: LoweredOp): boolean => op !== 'spread' && op !== 'pad' && opTraits[op].isMovement;

/** The captured graph with equal vertices merged, constants folded and no-ops removed. */
export const simplify = ({ nodes, roots }: Capture): Graph => {
  const builder = new GraphBuilder();
  const numbers = new Array<number>(nodes.length);
  const leaves: number[] = [];
  for (const [position, node] of nodes.entries()) {
    if (node.isLeaf) {
      numbers[position] = builder.leaf(node.dtype, node.shape);
      leaves.push(numbers[position] as number);
      continue;
    }
    numbers[position] = builder.add({
      op: node.op,
      attributes: node.attributes,
      inputs: node.inputs.map((input) => numbers[input.position] as number),
      dtype: node.dtype,
      shape: node.shape,
    } as GraphNode);
  }
  return { nodes: builder.nodes, roots: roots.map((root) => numbers[root] as number), leaves };
};
