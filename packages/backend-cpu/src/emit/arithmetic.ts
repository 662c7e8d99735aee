import type { BinaryScalarOp, Comparison, UnaryScalarOp } from '@cotangent/ir';
import { cosine, errorFunction, exponential, hyperbolicTangent, logarithm, sine } from './float32-functions.js';
import type { Graph, Node } from './graph.js';
import { divideIntegers, remainderOfIntegers } from './integer-division.js';
import type { HostFunction } from './module.js';
import type { OpcodeName } from './opcodes.js';
import type { Register } from './vector.js';

type NodeFunction = (graph: Graph, ...operands: readonly Node[]) => Node;

/** Calls a float64 host function on both lanes. */
const onFloat64Lanes = (g: Graph, host: HostFunction, ...operands: readonly Node[]): Node => {
  const call = (lane: number) => g.callHost(host, ...operands.map((v) => g.lane('f64x2.extract_lane', lane, v)));
  return g.lane('f64x2.replace_lane', 1, g.op('f64x2.splat', call(0)), call(1));
};

const simple =
  (name: OpcodeName): NodeFunction =>
  (g, ...operands) =>
    g.op(name, ...operands);

const host =
  (name: HostFunction): NodeFunction =>
  (g, ...operands) =>
    onFloat64Lanes(g, name, ...operands);

const negateInteger = simple('i32x4.neg');
const identity: NodeFunction = (_, value) => value as Node;

type UnaryTable = { readonly [K in UnaryScalarOp]?: NodeFunction };

const integerUnary: UnaryTable = { negate: negateInteger, floor: identity };

const unaryTables: { readonly [K in Register]: UnaryTable } = {
  f32: {
    negate: simple('f32x4.neg'),
    exp: (g, x) => exponential(g, x as Node),
    log: (g, x) => logarithm(g, x as Node),
    sqrt: simple('f32x4.sqrt'),
    sin: (g, x) => sine(g, x as Node),
    cos: (g, x) => cosine(g, x as Node),
    tanh: (g, x) => hyperbolicTangent(g, x as Node),
    erf: (g, x) => errorFunction(g, x as Node),
    floor: simple('f32x4.floor'),
  },
  f64: {
    negate: simple('f64x2.neg'),
    exp: host('exp'),
    log: host('log'),
    sqrt: simple('f64x2.sqrt'),
    sin: host('sin'),
    cos: host('cos'),
    tanh: host('tanh'),
    erf: host('erf'),
    floor: simple('f64x2.floor'),
  },
  i32: integerUnary,
  u32: integerUnary,
  mask: { floor: identity, negate: identity },
};

/** `remainder − (remainder's sign wrong ? −divisor : 0)`: the divisor's sign, from the dividend's. */
const remainderOfFloat64: NodeFunction = (g, x, y) => {
  const rest = onFloat64Lanes(g, 'remainder', x as Node, y as Node);
  const zero = g.float64All(0);
  const differs = g.op('v128.xor', g.op('f64x2.lt', rest, zero), g.op('f64x2.lt', y as Node, zero));
  const wrong = g.op('v128.and', differs, g.op('f64x2.ne', rest, zero));
  return g.op('f64x2.add', rest, g.op('v128.and', wrong, y as Node));
};

/** The float64 remainder of two float32 is a float32, so that only the final addition rounds. */
const remainderOfFloat32: NodeFunction = (g, x, y) => {
  const half = (lanes: readonly Node[]) =>
    g.op(
      'f32x4.demote_f64x2_zero',
      onFloat64Lanes(g, 'remainder', ...lanes.map((v) => g.op('f64x2.promote_low_f32x4', v))),
    );
  const operands = [x as Node, y as Node];
  const low = half(operands);
  const high = half(operands.map((v) => g.shuffle32(v, v, [2, 3, 2, 3])));
  const rest = g.shuffle32(low, high, [0, 1, 4, 5]);
  const zero = g.float32All(0);
  const differs = g.op('v128.xor', g.op('f32x4.lt', rest, zero), g.op('f32x4.lt', y as Node, zero));
  const wrong = g.op('v128.and', differs, g.op('f32x4.ne', rest, zero));
  return g.op('f32x4.add', rest, g.op('v128.and', wrong, y as Node));
};

type BinaryTable = { readonly [K in BinaryScalarOp]?: NodeFunction };

const integerBinary: BinaryTable = {
  add: simple('i32x4.add'),
  subtract: simple('i32x4.sub'),
  multiply: simple('i32x4.mul'),
  and: simple('v128.and'),
  or: simple('v128.or'),
  xor: simple('v128.xor'),
};

const binaryTables: { readonly [K in Register]: BinaryTable } = {
  f32: {
    add: simple('f32x4.add'),
    subtract: simple('f32x4.sub'),
    multiply: simple('f32x4.mul'),
    divide: simple('f32x4.div'),
    maximum: simple('f32x4.max'),
    minimum: simple('f32x4.min'),
    remainder: remainderOfFloat32,
  },
  f64: {
    add: simple('f64x2.add'),
    subtract: simple('f64x2.sub'),
    multiply: simple('f64x2.mul'),
    divide: simple('f64x2.div'),
    maximum: simple('f64x2.max'),
    minimum: simple('f64x2.min'),
    remainder: remainderOfFloat64,
  },
  i32: {
    ...integerBinary,
    divide: (g, x, y) => divideIntegers(g, 'i32', x as Node, y as Node),
    remainder: (g, x, y) => remainderOfIntegers(g, 'i32', x as Node, y as Node),
    maximum: simple('i32x4.max_s'),
    minimum: simple('i32x4.min_s'),
  },
  u32: {
    ...integerBinary,
    divide: (g, x, y) => divideIntegers(g, 'u32', x as Node, y as Node),
    remainder: (g, x, y) => remainderOfIntegers(g, 'u32', x as Node, y as Node),
    maximum: simple('i32x4.max_u'),
    minimum: simple('i32x4.min_u'),
  },
  mask: {
    add: simple('v128.or'),
    multiply: simple('v128.and'),
    maximum: simple('v128.or'),
    minimum: simple('v128.and'),
    and: simple('v128.and'),
    or: simple('v128.or'),
    xor: simple('v128.xor'),
    subtract: simple('v128.xor'),
  },
};

const apply = (
  g: Graph,
  fn: NodeFunction | undefined,
  name: string,
  operands: readonly (readonly Node[])[],
): Node[] => {
  if (!fn) throw new TypeError(name);
  return (operands[0] as readonly Node[]).map((_, part) => fn(g, ...operands.map((operand) => operand[part] as Node)));
};

export const lowerUnary = (g: Graph, op: UnaryScalarOp, register: Register, x: readonly Node[]): Node[] =>
  apply(g, unaryTables[register][op], `${op} on ${register}`, [x]);

export const lowerBinary = (
  g: Graph,
  op: BinaryScalarOp,
  register: Register,
  x: readonly Node[],
  y: readonly Node[],
): Node[] => apply(g, binaryTables[register][op], `${op} on ${register}`, [x, y]);

/** Shifts by amounts modulo 32; `uniform` says that all amounts are the same. */
export const lowerShift = (
  g: Graph,
  op: 'shiftLeft' | 'shiftRight',
  register: Register,
  [x]: readonly Node[],
  amounts: { readonly nodes: readonly Node[]; readonly uniform: boolean },
): Node[] => {
  const [vector, scalar] = (
    op === 'shiftLeft'
      ? ['i32x4.shl', 'i32.shl']
      : register === 'i32'
        ? ['i32x4.shr_s', 'i32.shr_s']
        : ['i32x4.shr_u', 'i32.shr_u']
  ) as [OpcodeName, OpcodeName];
  const laneOf = (node: Node | undefined, lane: number) => g.lane('i32x4.extract_lane', lane, node as Node);
  const [amount] = amounts.nodes;
  if (amounts.uniform) return [g.op(vector, x as Node, laneOf(amount, 0))];
  let result = x as Node;
  for (let lane = 0; lane < 4; lane++) {
    result = g.lane('i32x4.replace_lane', lane, result, g.op(scalar, laneOf(x, lane), laneOf(amount, lane)));
  }
  return [result];
};

const maskComparisons: { readonly [K in Comparison]: NodeFunction } = {
  lt: (g, x, y) => g.op('v128.andnot', y as Node, x as Node),
  le: (g, x, y) => g.op('v128.or', y as Node, g.op('v128.not', x as Node)),
  eq: (g, x, y) => g.op('v128.not', g.op('v128.xor', x as Node, y as Node)),
  ne: simple('v128.xor'),
};

const comparisonTables: { readonly [K in Register]: { readonly [C in Comparison]: NodeFunction } } = {
  f32: { lt: simple('f32x4.lt'), le: simple('f32x4.le'), eq: simple('f32x4.eq'), ne: simple('f32x4.ne') },
  f64: { lt: simple('f64x2.lt'), le: simple('f64x2.le'), eq: simple('f64x2.eq'), ne: simple('f64x2.ne') },
  i32: { lt: simple('i32x4.lt_s'), le: simple('i32x4.le_s'), eq: simple('i32x4.eq'), ne: simple('i32x4.ne') },
  u32: { lt: simple('i32x4.lt_u'), le: simple('i32x4.le_u'), eq: simple('i32x4.eq'), ne: simple('i32x4.ne') },
  mask: maskComparisons,
};

/** Masks of 64-bit lanes as one mask of 32-bit lanes. */
export const narrowMask = (g: Graph, nodes: readonly Node[]): Node =>
  nodes.length === 1 ? (nodes[0] as Node) : g.shuffle32(nodes[0] as Node, nodes[1] as Node, [0, 2, 4, 6]);

export const lowerComparison = (
  g: Graph,
  op: Comparison,
  register: Register,
  x: readonly Node[],
  y: readonly Node[],
): Node => narrowMask(g, apply(g, comparisonTables[register][op], op, [x, y]));

/** `whenTrue` where the mask of 32-bit lanes is set. */
export const selectLanes = (g: Graph, mask: Node, whenTrue: readonly Node[], whenFalse: readonly Node[]): Node[] => {
  const masks =
    whenTrue.length === 1 ? [mask] : [g.op('i64x2.extend_low_i32x4_s', mask), g.op('i64x2.extend_high_i32x4_s', mask)];
  return whenTrue.map((value, i) => g.op('v128.bitselect', value, whenFalse[i] as Node, masks[i] as Node));
};
