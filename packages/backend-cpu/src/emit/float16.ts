import type { Graph, Node } from './graph.js';

/*
 * Both conversions let the float32 unit do the rounding: a multiplication or an addition by a power of two aligns the
 * significand, subnormals included. Source: F. Giesen, "half_to_float_fast4" and "float_to_half_fast3_rtne" (2012).
 */

/** Four float16 patterns, one in the low half of each 32-bit lane, as float32. Exact. */
export const float32FromFloat16 = (g: Graph, half: Node): Node => {
  const magnitude = g.op('v128.and', half, g.int32All(0x7fff));
  const sign = g.op('i32x4.shl', g.op('v128.and', half, g.int32All(0x8000)), g.integer(16));
  const shifted = g.op('i32x4.shl', magnitude, g.integer(13));
  const scaled = g.op('f32x4.mul', shifted, g.float32All(2 ** 112));
  const isSpecial = g.op('i32x4.gt_s', magnitude, g.int32All(0x7bff));
  const exponent = g.op('v128.and', isSpecial, g.int32All(0x7f800000));
  return g.op('v128.or', g.op('v128.or', scaled, exponent), sign);
};

/** Four float32 as float16 patterns, one in each 32-bit lane, to nearest, ties to even; NaN stays NaN. */
export const float16FromFloat32 = (g: Graph, value: Node): Node => {
  const sign = g.op('v128.and', value, g.int32All(-0x80000000));
  const magnitude = g.op('v128.xor', value, sign);
  const isNotNumber = g.op('i32x4.gt_s', magnitude, g.int32All(0x7f800000));
  const isInfinite = g.op('i32x4.gt_s', magnitude, g.int32All(0x477fffff));
  const isSubnormal = g.op('i32x4.lt_s', magnitude, g.int32All(0x38800000));
  const aligner = g.int32All(0x3f000000);
  const subnormal = g.op('i32x4.sub', g.op('f32x4.add', magnitude, aligner), aligner);
  const odd = g.op('v128.and', g.op('i32x4.shr_u', magnitude, g.integer(13)), g.int32All(1));
  const rebias = g.int32All(((15 - 127) << 23) + 0xfff);
  const rounded = g.op('i32x4.add', g.op('i32x4.add', magnitude, rebias), odd);
  const normal = g.op('i32x4.shr_u', rounded, g.integer(13));
  const finite = g.op('v128.bitselect', subnormal, normal, isSubnormal);
  const special = g.op('v128.or', g.int32All(0x7c00), g.op('v128.and', isNotNumber, g.int32All(0x0200)));
  const result = g.op('v128.bitselect', special, finite, isInfinite);
  return g.op('v128.or', result, g.op('i32x4.shr_u', sign, g.integer(16)));
};
