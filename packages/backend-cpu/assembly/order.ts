/**
 * Maps sort keys to unsigned integers that order like them, and back.
 *
 * Equal keys (−0 and +0) map to the same integer, NaN to the largest in either direction. `flip` is all ones for
 * descending order, else 0. `f32`, `f64`, `i32` and `u32` stand for themselves, `u16` for float16, `u8` for bool.
 */

/** Flips the bits of negative floats, and the sign bit of the others. */
@inline
function orderBits<L>(bits: v128, sign: v128, top: i32): v128 {
  return v128.xor(bits, v128.or(v128.shr<L>(bits, top), sign));
}

/** Four float16 keys, widened. */
@inline
function orderHalves(bits: v128, flip: v128): v128 {
  const sign = i32x4.splat(0x8000);
  const ones = i32x4.splat(0xffff);
  const magnitude = v128.and(bits, i32x4.splat(0x7fff));
  const clean = v128.andnot(bits, i32x4.eq(magnitude, i32x4.splat(0)));
  const isNegative = i32x4.eq(v128.and(clean, sign), sign);
  const ordered = v128.xor(clean, v128.or(v128.and(isNegative, ones), sign));
  const isNan = i32x4.gt_s(magnitude, i32x4.splat(0x7c00));
  return v128.and(v128.or(v128.xor(ordered, flip), isNan), ones);
}

/** `orderKeys` for one type. */
function orderAs<S>(source: usize, length: i32, flip: i32, target: usize): bool {
  const flips = i32x4.splat(flip);
  let negativeZeros = i32x4.splat(0);
  if (sizeof<S>() == 8) {
    const sign = i64x2.splat(i64.MIN_VALUE);
    for (let i = 0; i < length; i += 2) {
      const bits = v128.load(source);
      const isZero = f64x2.eq(bits, f64x2.splat(0));
      negativeZeros = v128.or(negativeZeros, v128.and(isZero, bits));
      const ordered = orderBits<i64>(v128.andnot(bits, isZero), sign, 63);
      v128.store(target, v128.or(v128.xor(ordered, flips), f64x2.ne(bits, bits)));
      source += 16;
      target += 16;
    }
    return v128.any_true(negativeZeros);
  }
  for (let i = 0; i < length; i += 4) {
    if (sizeof<S>() == 1) {
      const bytes = v128.load32_zero(source);
      const words = i32x4.extend_low_i16x8_u(i16x8.extend_low_i8x16_u(bytes));
      v128.store(target, v128.xor(words, v128.and(flips, i32x4.splat(1))));
    } else if (sizeof<S>() == 2) {
      const bits = v128.load16x4_u(source);
      negativeZeros = v128.or(negativeZeros, i32x4.eq(bits, i32x4.splat(0x8000)));
      v128.store(target, orderHalves(bits, flips));
    } else if (isFloat<S>()) {
      const bits = v128.load(source);
      const isZero = f32x4.eq(bits, f32x4.splat(0));
      negativeZeros = v128.or(negativeZeros, v128.and(isZero, bits));
      const ordered = orderBits<i32>(v128.andnot(bits, isZero), i32x4.splat(i32.MIN_VALUE), 31);
      v128.store(target, v128.or(v128.xor(ordered, flips), f32x4.ne(bits, bits)));
    } else {
      const sign = i32x4.splat(isSigned<S>() ? i32.MIN_VALUE : 0);
      v128.store(target, v128.xor(v128.xor(v128.load(source), sign), flips));
    }
    source += 4 * sizeof<S>();
    target += 16;
  }
  return v128.any_true(negativeZeros);
}

/** `restoreKeys` for one type. */
function restoreAs<S>(source: usize, length: i32, flip: i32, target: usize): void {
  for (let i = 0; i < length; i++) {
    if (sizeof<S>() == 8) {
      const ordered = load<u64>(source);
      const bits = ordered ^ <u64>(<i64>flip);
      const float = bits ^ (~<u64>(<i64>bits >> 63) | 0x8000000000000000);
      store<u64>(target, ordered == u64.MAX_VALUE ? 0x7ff8000000000000 : float);
    } else {
      const ordered = load<u32>(source);
      const bits = ordered ^ <u32>flip;
      if (sizeof<S>() == 1) store<u8>(target, bits & 1);
      else if (sizeof<S>() == 2) {
        const float = bits & 0x8000 ? bits ^ 0x8000 : ~bits;
        store<u16>(target, ordered == 0xffff ? 0x7e00 : float);
      } else if (isFloat<S>()) {
        const float = bits ^ (~<u32>(<i32>bits >> 31) | 0x80000000);
        store<u32>(target, ordered == u32.MAX_VALUE ? 0x7fc00000 : float);
      } else store<u32>(target, isSigned<S>() ? bits ^ 0x80000000 : bits);
    }
    source += max<usize>(4, sizeof<S>());
    target += sizeof<S>();
  }
}

/** `restoreZeros` for one type. */
function restoreZerosAs<S>(source: usize, length: i32, target: usize): void {
  for (let i = 0; i < length; i++) {
    if (sizeof<S>() == 2) {
      const bits = load<u16>(source);
      if ((bits & 0x7fff) == 0) {
        store<u16>(target, bits);
        target += 2;
      }
    } else {
      const value = load<S>(source);
      if (value == 0) {
        store<S>(target, value);
        target += sizeof<S>();
      }
    }
    source += sizeof<S>();
  }
}

/** Types of stored keys; the plan in src/native/sort.ts numbers them alike. 64-bit keys are all float64. */
const FLOAT: i32 = 0;
const HALF: i32 = 1;
const SIGNED: i32 = 2;
const UNSIGNED: i32 = 3;

/** Writes ordered keys of `length` elements, rounded up to whole vectors; returns whether there was a −0. */
export function orderKeys<K>(type: i32, source: usize, length: i32, flip: i32, target: usize): bool {
  if (sizeof<K>() == 8) return orderAs<f64>(source, length, flip, target);
  if (type == FLOAT) return orderAs<f32>(source, length, flip, target);
  if (type == HALF) return orderAs<u16>(source, length, flip, target);
  if (type == SIGNED) return orderAs<i32>(source, length, flip, target);
  if (type == UNSIGNED) return orderAs<u32>(source, length, flip, target);
  return orderAs<u8>(source, length, flip, target);
}

/** Writes the elements that ordered keys stand for; zeros come out positive, NaN canonical. */
export function restoreKeys<K>(type: i32, source: usize, length: i32, flip: i32, target: usize): void {
  if (sizeof<K>() == 8) restoreAs<f64>(source, length, flip, target);
  else if (type == FLOAT) restoreAs<f32>(source, length, flip, target);
  else if (type == HALF) restoreAs<u16>(source, length, flip, target);
  else if (type == SIGNED) restoreAs<i32>(source, length, flip, target);
  else if (type == UNSIGNED) restoreAs<u32>(source, length, flip, target);
  else restoreAs<u8>(source, length, flip, target);
}

/** Overwrites the zeros of a sorted row, which start at `target`, with those of the unsorted one, in order, signs kept. */
export function restoreZeros<K>(type: i32, source: usize, length: i32, target: usize): void {
  if (sizeof<K>() == 8) restoreZerosAs<f64>(source, length, target);
  else if (type == FLOAT) restoreZerosAs<f32>(source, length, target);
  else restoreZerosAs<u16>(source, length, target);
}

/** The ordered key of a float zero. */
@inline
export function orderedZero<K>(type: i32, flip: i32): K {
  if (sizeof<K>() == 8) return <K>(0x8000000000000000 ^ <u64>(<i64>flip));
  return <K>(type == HALF ? 0x8000 ^ (flip & 0xffff) : 0x80000000 ^ <u32>flip);
}
