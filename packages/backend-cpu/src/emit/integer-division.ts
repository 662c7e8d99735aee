import type { Graph, Node } from './graph.js';

type Integer = 'i32' | 'u32';

/**
 * Truncated quotient of 32-bit integers; 0 where the divisor is 0.
 *
 * Division in float64 is exact enough: a quotient that is no integer is at least 2⁻³² away from one, relatively.
 */
export const divideIntegers = (g: Graph, integer: Integer, dividend: Node, divisor: Node): Node => {
  const convert = integer === 'i32' ? 'f64x2.convert_low_i32x4_s' : 'f64x2.convert_low_i32x4_u';
  const truncate = integer === 'i32' ? 'i32x4.trunc_sat_f64x2_s_zero' : 'i32x4.trunc_sat_f64x2_u_zero';
  const upper = (node: Node) => g.shuffle32(node, node, [2, 3, 2, 3]);
  const half = (x: Node, y: Node) => g.op(truncate, g.op('f64x2.div', g.op(convert, x), g.op(convert, y)));
  const quotient = g.shuffle32(half(dividend, divisor), half(upper(dividend), upper(divisor)), [0, 1, 4, 5]);
  const nonZero = g.op('v128.andnot', quotient, g.op('i32x4.eq', divisor, g.int32All(0)));
  if (integer === 'u32') return nonZero;
  // −2³¹ / −1 saturates where it should wrap.
  const wraps = g.op(
    'v128.and',
    g.op('i32x4.eq', dividend, g.int32All(-0x80000000)),
    g.op('i32x4.eq', divisor, g.int32All(-1)),
  );
  return g.op('v128.bitselect', dividend, nonZero, wraps);
};

/** Remainder with the divisor's sign; 0 where the divisor is 0. */
export const remainderOfIntegers = (g: Graph, integer: Integer, dividend: Node, divisor: Node): Node => {
  const zero = g.int32All(0);
  const product = g.op('i32x4.mul', divideIntegers(g, integer, dividend, divisor), divisor);
  const rest = g.op('v128.andnot', g.op('i32x4.sub', dividend, product), g.op('i32x4.eq', divisor, zero));
  if (integer === 'u32') return rest;
  const differs = g.op('i32x4.lt_s', g.op('v128.xor', rest, divisor), zero);
  const wrong = g.op('v128.and', differs, g.op('i32x4.ne', rest, zero));
  return g.op('i32x4.add', rest, g.op('v128.and', wrong, divisor));
};
