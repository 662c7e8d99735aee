import type { DType } from '@cotangent/ir';
import { narrowMask } from './arithmetic.js';
import { float16FromFloat32, float32FromFloat16 } from './float16.js';
import type { Graph, Node } from './graph.js';
import type { OpcodeName } from './opcodes.js';
import { type Register, registerOf } from './vector.js';

const upperHalf = (g: Graph, node: Node) => g.shuffle32(node, node, [2, 3, 2, 3]);
const joinHalves = (g: Graph, low: Node, high: Node) => g.shuffle32(low, high, [0, 1, 4, 5]);

/** Two float64 vectors from one of 32-bit lanes. */
export const toFloat64 = (g: Graph, node: Node, from: 'f32' | 'i32' | 'u32'): Node[] => {
  const names: { readonly [K in typeof from]: OpcodeName } = {
    f32: 'f64x2.promote_low_f32x4',
    i32: 'f64x2.convert_low_i32x4_s',
    u32: 'f64x2.convert_low_i32x4_u',
  };
  return [g.op(names[from], node), g.op(names[from], upperHalf(g, node))];
};

/** One vector of 32-bit lanes from two of float64; integers truncate and saturate. */
export const fromFloat64 = (g: Graph, [low, high]: readonly Node[], to: 'f32' | 'i32' | 'u32'): Node => {
  const names: { readonly [K in typeof to]: OpcodeName } = {
    f32: 'f32x4.demote_f64x2_zero',
    i32: 'i32x4.trunc_sat_f64x2_s_zero',
    u32: 'i32x4.trunc_sat_f64x2_u_zero',
  };
  return joinHalves(g, g.op(names[to], low as Node), g.op(names[to], high as Node));
};

/** A mask: where the value is not 0, NaN included. */
const toMask = (g: Graph, from: Register, nodes: readonly Node[]): Node => {
  if (from === 'f64')
    return narrowMask(
      g,
      nodes.map((node) => g.op('f64x2.ne', node, g.float64All(0))),
    );
  const first = nodes[0] as Node;
  if (from === 'f32') return g.op('f32x4.ne', first, g.float32All(0));
  return from === 'mask' ? first : g.op('i32x4.ne', first, g.int32All(0));
};

const toFloat32 = (g: Graph, from: Register, nodes: readonly Node[]): Node => {
  const first = nodes[0] as Node;
  if (from === 'f64') return fromFloat64(g, nodes, 'f32');
  if (from === 'i32') return g.op('f32x4.convert_i32x4_s', first);
  if (from === 'u32') return g.op('f32x4.convert_i32x4_u', first);
  return from === 'mask' ? g.op('v128.and', first, g.float32All(1)) : first;
};

const toInteger = (g: Graph, from: Register, nodes: readonly Node[], to: 'i32' | 'u32'): Node => {
  const first = nodes[0] as Node;
  if (from === 'f64') return fromFloat64(g, nodes, to);
  if (from === 'f32') return g.op(to === 'i32' ? 'i32x4.trunc_sat_f32x4_s' : 'i32x4.trunc_sat_f32x4_u', first);
  return from === 'mask' ? g.op('v128.and', first, g.int32All(1)) : first;
};

/** Rounds float32 lanes to float16. */
export const roundToFloat16 = (g: Graph, node: Node): Node => float32FromFloat16(g, float16FromFloat32(g, node));

/** Converts between dtypes; float64 → float16 goes by float32. */
export const lowerCast = (g: Graph, from: DType, to: DType, nodes: readonly Node[]): readonly Node[] => {
  if (from === to) return nodes;
  const source = registerOf(from);
  switch (to) {
    case 'bool':
      return [toMask(g, source, nodes)];
    case 'float32':
      return [toFloat32(g, source, nodes)];
    case 'float16':
      return [roundToFloat16(g, toFloat32(g, source, nodes))];
    case 'int32':
      return [toInteger(g, source, nodes, 'i32')];
    case 'uint32':
      return [toInteger(g, source, nodes, 'u32')];
    case 'float64':
      if (source === 'f64') return nodes;
      return source === 'mask'
        ? toFloat64(g, g.op('v128.and', nodes[0] as Node, g.int32All(1)), 'i32')
        : toFloat64(g, nodes[0] as Node, source);
  }
};
