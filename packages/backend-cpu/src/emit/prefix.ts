import type { Combine, DType } from '@cotangent/ir';
import { foldOf, identityOf } from './accumulation.js';
import { constantVector } from './body.js';
import { fromFloat64, toFloat64 } from './cast.js';
import type { Graph, Node } from './graph.js';
import { registerOf } from './vector.js';

type Nodes = readonly Node[];

/** A running combination: the carry so far in all lanes, and how four more elements continue it. */
export interface Prefix {
  readonly initial: Node;
  /** What stands in for lanes beyond the end. */
  readonly neutral: Nodes;
  /** The running values of four elements in order, and the carry after them. */
  advance(carry: Node, values: Nodes, exclusive: boolean): { readonly values: Nodes; readonly carry: Node };
  /** The carry after two stretches, from those after each alone. */
  join(carry: Node, next: Node): Node;
  /** Finds the carry after a stretch alone, more cheaply than by advancing. */
  readonly total: Total;
}

/** A combination of many vectors, in a state of its own. */
export interface Total {
  readonly initial: Nodes;
  update(state: Nodes, values: Nodes): Nodes;
  /** The carry, in all lanes. */
  finish(state: Nodes): Node;
}

/** Pairs of 64-bit lanes: the carry of float sums and products is kept in float64. */
const createWidePrefix = (g: Graph, combine: Combine, isNarrow: boolean): Prefix => {
  const fold = foldOf(g, combine, 'f64');
  const op = (x: Node, y: Node): Node => fold([x], [y])[0] as Node;
  const identity = identityOf(combine, 'float64');
  const initial = g.float64All(identity);
  const second = (node: Node) => g.shuffle32(node, node, [2, 3, 2, 3]);
  const shifted = (before: Node, node: Node) => g.shuffle32(before, node, [0, 1, 4, 5]);
  const widen = (values: Nodes) => (isNarrow ? toFloat64(g, values[0] as Node, 'f32') : values) as [Node, Node];
  const across = ([first, last]: Nodes): Node => {
    const both = op(first as Node, last as Node);
    return op(both, g.shuffle32(both, both, [2, 3, 0, 1]));
  };
  const lanewise: Total = {
    initial: [initial, initial],
    update: (state, values) => fold(state, widen(values)),
    finish: across,
  };
  /** Products of single lanes may overflow where no running product does. */
  const inOrder: Total = {
    initial: [initial],
    update: ([state], values) => [op(state as Node, across(widen(values)))],
    finish: ([state]) => state as Node,
  };
  const total = combine === 'product' ? inOrder : lanewise;
  return {
    initial,
    neutral: isNarrow ? [g.float32All(identity)] : [initial, initial],
    join: op,
    total,
    advance(carry, values, exclusive) {
      const [a, b] = widen(values);
      const low = op(shifted(initial, a), a);
      const high = op(second(low), op(shifted(initial, b), b));
      const first = op(carry, low);
      const last = op(carry, high);
      const result = exclusive ? [shifted(carry, first), g.shuffle32(first, last, [2, 3, 4, 5])] : [first, last];
      return { values: isNarrow ? [fromFloat64(g, result, 'f32')] : result, carry: second(last) };
    },
  };
};

const createLanePrefix = (g: Graph, combine: Combine, dtype: DType): Prefix => {
  const fold = foldOf(g, combine, registerOf(dtype));
  const op = (x: Node, y: Node): Node => fold([x], [y])[0] as Node;
  const [initial] = constantVector(g, dtype, identityOf(combine, dtype)).nodes as [Node];
  const total: Total = {
    initial: [initial],
    update: fold,
    finish([state]) {
      const half = op(state as Node, g.shuffle32(state as Node, state as Node, [2, 3, 0, 1]));
      return op(half, g.shuffle32(half, half, [1, 0, 3, 2]));
    },
  };
  return {
    initial,
    neutral: [initial],
    join: op,
    total,
    advance(carry, values, exclusive) {
      const [value] = values as [Node];
      const pairs = op(g.shuffle32(initial, value, [0, 4, 5, 6]), value);
      const all = op(g.shuffle32(initial, pairs, [0, 0, 4, 5]), pairs);
      const running = op(carry, all);
      const result = exclusive ? g.shuffle32(carry, running, [0, 4, 5, 6]) : running;
      return { values: [result], carry: g.shuffle32(running, running, [3, 3, 3, 3]) };
    },
  };
};

/** The running combination of values of a dtype. */
export const createPrefix = (g: Graph, combine: Combine, dtype: DType): Prefix => {
  const register = registerOf(dtype);
  if (register === 'f64') return createWidePrefix(g, combine, false);
  const isRounded = combine === 'sum' || combine === 'product';
  return register === 'f32' && isRounded ? createWidePrefix(g, combine, true) : createLanePrefix(g, combine, dtype);
};

/** Lanes in opposite order. */
export const reverseLanes = (g: Graph, nodes: Nodes): Nodes =>
  nodes.length === 1
    ? [g.shuffle32(nodes[0] as Node, nodes[0] as Node, [3, 2, 1, 0])]
    : [...nodes].reverse().map((node) => g.shuffle32(node, node, [2, 3, 0, 1]));
