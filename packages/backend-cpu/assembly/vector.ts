/** Lanes of `T` in one vector. */
@inline
export function laneCount<T>(): i32 {
  return 16 / sizeof<T>();
}

/** `a·b + c` in each lane, fused where the build has relaxed SIMD. */
@inline
export function multiplyAdd<T>(a: v128, b: v128, c: v128): v128 {
  if (isFloat<T>() && ASC_FEATURE_RELAXED_SIMD) return v128.relaxed_madd<T>(a, b, c);
  return v128.add<T>(v128.mul<T>(a, b), c);
}

/** Four float16 bit patterns, in the low halves of the lanes, as float32. Scaling by 2¹¹² rebiases, subnormals too. */
@inline
function widenHalves(bits: v128): v128 {
  const sign = i32x4.shl(v128.and(bits, i32x4.splat(0x8000)), 16);
  const magnitude = i32x4.shl(v128.and(bits, i32x4.splat(0x7fff)), 13);
  const finite = f32x4.mul(magnitude, f32x4.splat(reinterpret<f32>(0x77800000)));
  const special = v128.and(i32x4.ge_s(magnitude, i32x4.splat(0x0f800000)), i32x4.splat(0x7f800000));
  return v128.or(v128.or(finite, special), sign);
}

/** A vector of `T` from contiguous elements stored as `S`; `u16` stands for float16. */
@inline
export function loadVector<S, T>(pointer: usize): v128 {
  if (sizeof<S>() == 2) return widenHalves(v128.load16x4_u(pointer));
  return v128.load(pointer);
}

/** One element stored as `S`, as `T`. */
@inline
export function loadElement<S, T>(pointer: usize): T {
  if (sizeof<S>() == 2) return <T>f32x4.extract_lane(widenHalves(i32x4.splat(load<u16>(pointer))), 0);
  return load<T>(pointer);
}

/** Sum of all lanes, halves first. */
@inline
export function sumLanes<T>(vector: v128): T {
  const pairs = v128.add<T>(vector, v128.shuffle<i64>(vector, vector, 1, 0));
  if (sizeof<T>() == 8) return v128.extract_lane<T>(pairs, 0);
  return v128.extract_lane<T>(pairs, 0) + v128.extract_lane<T>(pairs, 1);
}
