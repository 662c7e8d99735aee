import type { BinaryScalarOp, Combine, DType, Reduction } from '@cotangent/ir';
import { lowerBinary, lowerComparison, selectLanes } from './arithmetic.js';
import { constantVector } from './body.js';
import { fromFloat64, lowerCast, toFloat64 } from './cast.js';
import type { Graph, Node } from './graph.js';
import { broadcastLane, type Register, registerOf } from './vector.js';

type Nodes = readonly Node[];

/** How a reduction runs: a state in registers, one for each lane, and what becomes of it. */
export interface Accumulation {
  readonly initial: Nodes;
  /** What stands in for lanes beyond the end. */
  readonly neutral: Nodes;
  /** Takes in several vectors; `positions` are their flattened inner positions. */
  update(state: Nodes, values: readonly Nodes[], positions: Nodes): Nodes;
  /** Joins the states of two parts. */
  merge(state: Nodes, other: Nodes): Nodes;
  /** The result of each lane, or, `acrossLanes`, of all lanes in each lane. */
  finish(state: Nodes, acrossLanes: boolean): Nodes;
}

const binaryOps: { readonly [K in Combine]: BinaryScalarOp } = {
  sum: 'add',
  product: 'multiply',
  maximum: 'maximum',
  minimum: 'minimum',
};

const extremes: { readonly [K in Exclude<DType, 'bool'>]: readonly [number, number] } = {
  float32: [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY],
  float16: [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY],
  float64: [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY],
  int32: [-0x80000000, 0x7fffffff],
  uint32: [0, 0xffffffff],
};

/** The value that changes nothing, and the result over no elements. */
export const identityOf = (combine: Combine, dtype: DType): number => {
  if (combine === 'sum') return 0;
  if (combine === 'product') return 1;
  const [lowest, highest] = dtype === 'bool' ? [0, 1] : extremes[dtype];
  return combine === 'maximum' ? lowest : highest;
};

export type BinaryFold = (left: Nodes, right: Nodes) => Nodes;

/** `combine` on values of a register kind. */
export const foldOf = (g: Graph, combine: Combine, register: Register): BinaryFold => {
  const op = binaryOps[combine];
  return (left, right) => lowerBinary(g, op, register, left, right);
};

/** Folds the four lanes of a vector into each of them. */
const foldLanes = (g: Graph, nodes: Nodes, fold: BinaryFold): Nodes => {
  const swap = (node: Node, lanes: readonly [number, number, number, number]) => g.shuffle32(node, node, lanes);
  if (nodes.length === 2) {
    const [pair] = fold([nodes[0] as Node], [nodes[1] as Node]) as [Node];
    const all = fold([pair], [swap(pair, [2, 3, 0, 1])])[0] as Node;
    return [all, all];
  }
  const half = fold(nodes, [swap(nodes[0] as Node, [2, 3, 0, 1])]);
  return fold(half, [swap(half[0] as Node, [1, 0, 3, 2])]);
};

/** Neighbours first, so that rounding errors grow with the logarithm. */
const foldPairwise = (values: readonly Nodes[], fold: BinaryFold): Nodes => {
  if (values.length === 1) return values[0] as Nodes;
  const middle = values.length >> 1;
  return fold(foldPairwise(values.slice(0, middle), fold), foldPairwise(values.slice(middle), fold));
};

const createFold = (g: Graph, combine: Combine, dtype: DType): Accumulation => {
  const neutral = constantVector(g, dtype, identityOf(combine, dtype)).nodes;
  const fold = foldOf(g, combine, registerOf(dtype));
  return {
    initial: neutral,
    neutral,
    update: (state, values) => fold(state, foldPairwise(values, fold)),
    merge: fold,
    finish: (state, acrossLanes) => (acrossLanes ? foldLanes(g, state, fold) : state),
  };
};

/** Sums and products of float32 are carried in float64: exact enough for any length, and without early overflow. */
const createWideFold = (g: Graph, combine: 'sum' | 'product', dtype: DType): Accumulation => {
  const wide = foldOf(g, combine, 'f64');
  const narrow = foldOf(g, combine, 'f32');
  const widen = (nodes: Nodes) => toFloat64(g, nodes[0] as Node, 'f32');
  const identity = identityOf(combine, dtype);
  return {
    initial: constantVector(g, 'float64', identity).nodes,
    neutral: constantVector(g, dtype, identity).nodes,
    update: (state, values) =>
      combine === 'sum'
        ? wide(state, widen(foldPairwise(values, narrow)))
        : values.reduce((product, value) => wide(product, widen(value)), state),
    merge: wide,
    finish: (state, acrossLanes) =>
      acrossLanes
        ? broadcastLane(g, [g.op('f32x4.demote_f64x2_zero', foldLanes(g, state, wide)[0] as Node)], 0)
        : [fromFloat64(g, state, 'f32')],
  };
};

/**
 * Extremes of float32. The plain comparison of `pmin` and `pmax` loses NaN, so the state notes where one was met: together
 * that is half the instructions of a `min` or `max` that propagates.
 */
const createFloatExtreme = (g: Graph, combine: 'maximum' | 'minimum', dtype: DType): Accumulation => {
  const name = combine === 'maximum' ? 'f32x4.pmax' : 'f32x4.pmin';
  const better = (x: Nodes, y: Nodes): Nodes => [g.op(name, x[0] as Node, y[0] as Node)];
  const either = (x: Nodes, y: Nodes): Nodes => [g.op('v128.or', x[0] as Node, y[0] as Node)];
  const isNotNumber = ([value]: Nodes): Nodes => [g.op('f32x4.ne', value as Node, value as Node)];
  const [neutral] = constantVector(g, dtype, identityOf(combine, dtype)).nodes as [Node];
  const extremeOf = (state: Nodes): Nodes => state.slice(0, 1);
  const metOf = (state: Nodes): Nodes => state.slice(1);
  return {
    initial: [neutral, g.int32All(0)],
    neutral: [neutral],
    update: (state, values) => [
      ...better(extremeOf(state), foldPairwise(values, better)),
      ...either(metOf(state), foldPairwise(values.map(isNotNumber), either)),
    ],
    merge: (state, other) => [...better(extremeOf(state), extremeOf(other)), ...either(metOf(state), metOf(other))],
    // A mask of ones is a NaN.
    finish: (state, acrossLanes) =>
      acrossLanes
        ? either(foldLanes(g, extremeOf(state), better), foldLanes(g, metOf(state), either))
        : either(extremeOf(state), metOf(state)),
  };
};

/** State: the extreme so far, and its position as the last node. */
const createArgument = (g: Graph, reduction: 'argmax' | 'argmin', operandDType: DType): Accumulation => {
  const dtype = operandDType === 'bool' ? 'int32' : operandDType;
  const register = registerOf(dtype);
  const isFloat = register === 'f32' || register === 'f64';
  const compare = (op: 'lt' | 'eq' | 'ne', x: Nodes, y: Nodes) => lowerComparison(g, op, register, x, y);
  const beats = (value: Nodes, best: Nodes): Node => {
    const ordered = reduction === 'argmax' ? compare('lt', best, value) : compare('lt', value, best);
    if (!isFloat) return ordered;
    const isFirstNaN = g.op('v128.andnot', compare('ne', value, value), compare('ne', best, best));
    return g.op('v128.or', ordered, isFirstNaN);
  };
  const ties = (a: Nodes, b: Nodes): Node => {
    const equal = compare('eq', a, b);
    if (!isFloat) return equal;
    return g.op('v128.or', equal, g.op('v128.and', compare('ne', a, a), compare('ne', b, b)));
  };
  const take = (mask: Node, value: Nodes, at: Node, state: Nodes): Nodes => [
    ...selectLanes(g, mask, value, state.slice(0, -1)),
    g.op('v128.bitselect', at, state.at(-1) as Node, mask),
  ];
  const merge = (state: Nodes, other: Nodes): Nodes => {
    const [best, value] = [state.slice(0, -1), other.slice(0, -1)];
    const [bestAt, at] = [state.at(-1) as Node, other.at(-1) as Node];
    const isEarlierTie = g.op('v128.and', ties(value, best), g.op('i32x4.lt_s', at, bestAt));
    return take(g.op('v128.or', beats(value, best), isEarlierTie), value, at, state);
  };
  const swapHalves = (node: Node) => g.shuffle32(node, node, [2, 3, 0, 1]);
  const swapNeighbours = (node: Node) => g.shuffle32(node, node, [1, 0, 3, 2]);
  const identity = identityOf(reduction === 'argmax' ? 'maximum' : 'minimum', dtype);
  const neutral = constantVector(g, dtype, identity).nodes;
  return {
    initial: [...neutral, g.int32All(0)],
    neutral: operandDType === 'bool' ? [g.int32All(reduction === 'argmax' ? 0 : -1)] : neutral,
    update: (state, values, positions) =>
      values.reduce((best, value, i) => {
        const comparable = lowerCast(g, operandDType, dtype, value);
        return take(beats(comparable, best.slice(0, -1)), comparable, positions[i] as Node, best);
      }, state),
    merge,
    finish: (state, acrossLanes) => {
      if (!acrossLanes) return [state.at(-1) as Node];
      const at = state.at(-1) as Node;
      const isWide = state.length === 3;
      const first = isWide
        ? [state[1] as Node, state[0] as Node, swapHalves(at)]
        : [swapHalves(state[0] as Node), swapHalves(at)];
      const half = merge(state, first);
      const halfAt = swapNeighbours(half.at(-1) as Node);
      const second = isWide
        ? [swapHalves(half[0] as Node), swapHalves(half[1] as Node), halfAt]
        : [swapNeighbours(half[0] as Node), halfAt];
      return [merge(half, second).at(-1) as Node];
    },
  };
};

/** The accumulation for a reduction of values of a dtype. */
export const createAccumulation = (g: Graph, reduction: Reduction, operandDType: DType): Accumulation => {
  if (reduction === 'argmax' || reduction === 'argmin') return createArgument(g, reduction, operandDType);
  if (registerOf(operandDType) !== 'f32') return createFold(g, reduction, operandDType);
  return reduction === 'sum' || reduction === 'product'
    ? createWideFold(g, reduction, operandDType)
    : createFloatExtreme(g, reduction, operandDType);
};
