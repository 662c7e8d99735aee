import { ConvolveArguments } from './convolve-arguments';
import { PANEL_VECTORS, panelColumns, storeTransposed2, storeTransposed4 } from './pack';
import { loadElement, loadVector } from './vector';

/** All ones where a shifted coordinate lies inside `size`. */
@inline
function inside(coordinates: v128, shift: i32, size: v128): v128 {
  return i32x4.lt_u(i32x4.add(coordinates, i32x4.splat(shift)), size);
}

/** Masks of columns 0–1 and 2–3 for 64-bit lanes. */
@inline
function widenLow(mask: v128): v128 {
  return i64x2.extend_low_i32x4_s(mask);
}

@inline
function widenHigh(mask: v128): v128 {
  return i64x2.extend_high_i32x4_s(mask);
}

/** Stores four columns of one depth, read from contiguous elements, masked. */
@inline
function storeContiguous<S, T>(source: usize, mask: v128, target: usize): void {
  if (sizeof<T>() == 8) {
    v128.store(target, v128.and(v128.load(source), widenLow(mask)));
    v128.store(target, v128.and(v128.load(source, 16), widenHigh(mask)), 16);
  } else v128.store(target, v128.and(loadVector<S, T>(source), mask));
}

/** Stores four columns of one depth, read from four places, masked. */
@inline
function storeGathered<S, T>(s0: usize, s1: usize, s2: usize, s3: usize, mask: v128, target: usize): void {
  if (sizeof<T>() == 8) {
    v128.store(target, v128.and(v128.load64_lane(s1, v128.load64_zero(s0), 1), widenLow(mask)));
    v128.store(target, v128.and(v128.load64_lane(s3, v128.load64_zero(s2), 1), widenHigh(mask)), 16);
  } else if (sizeof<S>() == 4) {
    const low = v128.load32_lane(s1, v128.load32_zero(s0), 1);
    const all = v128.load32_lane(s3, v128.load32_lane(s2, low, 2), 3);
    v128.store(target, v128.and(all, mask));
  } else {
    store<T>(target, loadElement<S, T>(s0));
    store<T>(target, loadElement<S, T>(s1), 4);
    store<T>(target, loadElement<S, T>(s2), 8);
    store<T>(target, loadElement<S, T>(s3), 12);
    v128.store(target, v128.and(v128.load(target), mask));
  }
}

/** Bytes of one depth of a packed panel. */
const STEP: usize = 16 * PANEL_VECTORS;

/**
 * Packs `channels` channels of one kernel tap for four columns, at least one of which is inside. `source` is where the tap
 * of a column of base 0 lies; `mask` tells the columns inside, `bits` as bits.
 */
@inline
function packChannels<S, T>(
  source: usize,
  bases: v128,
  spacing: i32,
  mask: v128,
  bits: i32,
  channels: i32,
  stride: isize,
  target: usize,
): void {
  if (spacing == sizeof<S>()) {
    source += i32x4.extract_lane(bases, 0);
    if (bits == 15 && sizeof<T>() == 4) {
      for (let i = 0; i < channels; i++) {
        v128.store(target, loadVector<S, T>(source));
        source += stride;
        target += STEP;
      }
      return;
    }
    for (let i = 0; i < channels; i++) {
      storeContiguous<S, T>(source, mask, target);
      source += stride;
      target += STEP;
    }
    return;
  }
  if (sizeof<S>() == 4 && spacing == 8) {
    source += i32x4.extract_lane(bases, 0);
    for (let i = 0; i < channels; i++) {
      const even = v128.shuffle<i32>(v128.load(source), v128.load(source, 16), 0, 2, 4, 6);
      v128.store(target, v128.and(even, mask));
      source += stride;
      target += STEP;
    }
    return;
  }
  // Columns outside read where one inside does, and are masked.
  let s0 = source + i32x4.extract_lane(bases, 0);
  let s1 = source + i32x4.extract_lane(bases, 1);
  let s2 = source + i32x4.extract_lane(bases, 2);
  let s3 = source + i32x4.extract_lane(bases, 3);
  const inside = bits & 1 ? s0 : bits & 2 ? s1 : bits & 4 ? s2 : s3;
  s0 = bits & 1 ? s0 : inside;
  s1 = bits & 2 ? s1 : inside;
  s2 = bits & 4 ? s2 : inside;
  s3 = bits & 8 ? s3 : inside;
  for (let i = 0; i < channels; i++) {
    storeGathered<S, T>(s0, s1, s2, s3, mask, target);
    s0 += stride;
    s1 += stride;
    s2 += stride;
    s3 += stride;
    target += STEP;
  }
}

/** Bytes between neighbouring columns of a group of four, or 0 where they differ. */
@inline
function spacingOf(bases: v128): i32 {
  const next = v128.shuffle<i32>(bases, bases, 1, 2, 3, 3);
  const steps = i32x4.sub(next, bases);
  const first = i32x4.extract_lane(steps, 0);
  return (i32x4.bitmask(i32x4.eq(steps, i32x4.splat(first))) & 7) == 7 ? first : 0;
}

@inline
function storeZeros<T>(count: i32, target: usize): void {
  for (let i = 0; i < count; i++) {
    v128.store(target, i32x4.splat(0));
    if (sizeof<T>() == 8) v128.store(target, i32x4.splat(0), 16);
    target += STEP;
  }
}

/** Packs depths `begin` to `end`, ordered (tap 0, tap 1, tap 2, channel), for four columns. */
function packTaps<S, T>(
  args: ConvolveArguments,
  left: usize,
  begin: i32,
  end: i32,
  tables: usize,
  target: usize,
): void {
  const capacity = 4 * args.blockColumns;
  const bases = v128.load(tables);
  const spacing = spacingOf(bases);
  const x = v128.load(tables + 3 * capacity);
  const size2 = i32x4.splat(args.size2);
  const channels = args.innerDepth;
  const stride = args.leftChannel;
  let channel = begin % channels;
  let tap = begin / channels;
  let tap2 = tap % args.taps2;
  tap /= args.taps2;
  let tap1 = tap % args.taps1;
  let tap0 = tap / args.taps1;
  for (let depth = begin; depth < end; ) {
    const shift0 = tap0 * args.dilation0;
    const shift1 = tap1 * args.dilation1;
    const rowMask = v128.and(
      inside(v128.load(tables + capacity), shift0, i32x4.splat(args.size0)),
      inside(v128.load(tables + 2 * capacity), shift1, i32x4.splat(args.size1)),
    );
    const row = left + shift0 * args.left0 + shift1 * args.left1;
    for (; tap2 < args.taps2 && depth < end; tap2++) {
      const shift2 = tap2 * args.dilation2;
      const count = min(channels - channel, end - depth);
      const mask = v128.and(rowMask, inside(x, shift2, size2));
      const bits = i32x4.bitmask(mask);
      const source = row + shift2 * args.left2 + channel * stride;
      if (bits) packChannels<S, T>(source, bases, spacing, mask, bits, count, stride, target);
      else storeZeros<T>(count, target);
      depth += count;
      target += count * STEP;
      channel = 0;
    }
    tap2 = 0;
    if (++tap1 == args.taps1) {
      tap1 = 0;
      tap0++;
    }
  }
}

/** First tap at which `coordinate + tap·dilation ≥ bound`. */
@inline
function firstTap(bound: i32, coordinate: i32, dilation: i32): i32 {
  const distance = bound - coordinate;
  return distance <= 0 ? 0 : (distance + dilation - 1) / dilation;
}

/** Packs depths `begin` to `end`, ordered (channel, tap 0, tap 1, tap 2), for four columns. */
function packTapRows<S, T>(
  args: ConvolveArguments,
  left: usize,
  begin: i32,
  end: i32,
  tables: usize,
  target: usize,
): void {
  let first = begin % args.taps2;
  let row = begin / args.taps2;
  let tap1 = row % args.taps1;
  row /= args.taps1;
  let tap0 = row % args.taps0;
  let channel = row / args.taps0;
  for (let depth = begin; depth < end; ) {
    const count = min(args.taps2 - first, end - depth);
    const shift0 = tap0 * args.dilation0;
    const shift1 = tap1 * args.dilation1;
    const source = left + channel * args.leftChannel + shift0 * args.left0 + shift1 * args.left1;
    packTapRow<S, T>(args, source, shift0, shift1, first, first + count, tables, target);
    first = 0;
    depth += count;
    target += count * STEP;
    if (++tap1 < args.taps1) continue;
    tap1 = 0;
    if (++tap0 < args.taps0) continue;
    tap0 = 0;
    channel++;
  }
}

/** Packs taps `first` to `end` of one row of taps and one channel, where not all columns have to be inside. */
function packEdgeTaps<S, T>(
  args: ConvolveArguments,
  source: usize,
  rowMask: v128,
  first: i32,
  end: i32,
  tables: usize,
  target: usize,
): void {
  const bases = v128.load(tables);
  const spacing = spacingOf(bases);
  const x = v128.load(tables + 12 * args.blockColumns);
  const size2 = i32x4.splat(args.size2);
  for (let tap = first; tap < end; tap++) {
    const shift2 = tap * args.dilation2;
    const mask = v128.and(rowMask, inside(x, shift2, size2));
    const bits = i32x4.bitmask(mask);
    if (bits) packChannels<S, T>(source + shift2 * args.left2, bases, spacing, mask, bits, 1, 0, target);
    else storeZeros<T>(1, target);
    target += STEP;
  }
}

/** Packs taps `first` to `end` of one row of taps and one channel. `source` is where tap 0 of a column of base 0 lies. */
function packTapRow<S, T>(
  args: ConvolveArguments,
  source: usize,
  shift0: i32,
  shift1: i32,
  first: i32,
  end: i32,
  tables: usize,
  target: usize,
): void {
  const capacity = 4 * args.blockColumns;
  const mask = v128.and(
    inside(v128.load(tables + capacity), shift0, i32x4.splat(args.size0)),
    inside(v128.load(tables + 2 * capacity), shift1, i32x4.splat(args.size1)),
  );
  const bits = i32x4.bitmask(mask);
  // Taps that lie inside for every column whose row does.
  let low = bits ? first : end;
  let high = end;
  for (let lane = 0; lane < 4; lane++) {
    if (!(bits & (1 << lane))) continue;
    const x = load<i32>(tables + 3 * capacity + 4 * lane);
    low = max(low, firstTap(0, x, args.dilation2));
    high = min(high, firstTap(args.size2, x, args.dilation2));
  }
  low = min(low, end);
  high = max(low, high);
  packEdgeTaps<S, T>(args, source, mask, first, low, tables, target);
  target += (low - first) * STEP;
  if (low < high) {
    packInnerTaps<S, T>(args, source, mask, bits, low, high, tables, target);
    target += (high - low) * STEP;
  }
  packEdgeTaps<S, T>(args, source, mask, high, end, tables, target);
}

/** The same where every column whose row is inside is so for all the taps. */
@inline
function packInnerTaps<S, T>(
  args: ConvolveArguments,
  source: usize,
  mask: v128,
  bits: i32,
  first: i32,
  end: i32,
  tables: usize,
  target: usize,
): void {
  const stride = args.dilation2 * args.left2;
  const safe = v128.bitselect(v128.load(tables), i32x4.splat(load<i32>(tables + 4 * ctz(bits))), mask);
  source += first * stride;
  let s0 = source + i32x4.extract_lane(safe, 0);
  let s1 = source + i32x4.extract_lane(safe, 1);
  let s2 = source + i32x4.extract_lane(safe, 2);
  let s3 = source + i32x4.extract_lane(safe, 3);
  let tap = first;
  if (stride == sizeof<S>()) {
    for (; tap + 4 <= end; tap += 4) {
      if (sizeof<T>() == 8) {
        const low = widenLow(mask);
        const high = widenHigh(mask);
        for (let half = 0; half < 32; half += 16) {
          storeTransposed2(
            v128.and(v128.load(s0 + half), v128.shuffle<i64>(low, low, 0, 0)),
            v128.and(v128.load(s1 + half), v128.shuffle<i64>(low, low, 1, 1)),
            target, STEP,
          );
          storeTransposed2(
            v128.and(v128.load(s2 + half), v128.shuffle<i64>(high, high, 0, 0)),
            v128.and(v128.load(s3 + half), v128.shuffle<i64>(high, high, 1, 1)),
            target + 16, STEP,
          );
          target += 2 * STEP;
        }
      } else {
        storeTransposed4(
          v128.and(loadVector<S, T>(s0), v128.shuffle<i32>(mask, mask, 0, 0, 0, 0)),
          v128.and(loadVector<S, T>(s1), v128.shuffle<i32>(mask, mask, 1, 1, 1, 1)),
          v128.and(loadVector<S, T>(s2), v128.shuffle<i32>(mask, mask, 2, 2, 2, 2)),
          v128.and(loadVector<S, T>(s3), v128.shuffle<i32>(mask, mask, 3, 3, 3, 3)),
          target, STEP,
        );
        target += 4 * STEP;
      }
      s0 += 4 * sizeof<S>();
      s1 += 4 * sizeof<S>();
      s2 += 4 * sizeof<S>();
      s3 += 4 * sizeof<S>();
    }
  }
  for (; tap < end; tap++) {
    storeGathered<S, T>(s0, s1, s2, s3, mask, target);
    s0 += stride;
    s1 += stride;
    s2 += stride;
    s3 += stride;
    target += STEP;
  }
}

/** Packs depths `begin` to `end` of the patches of `columns` columns into panels. */
export function packPatches<S, T>(
  args: ConvolveArguments,
  left: usize,
  begin: i32,
  end: i32,
  columns: i32,
  tables: usize,
  target: usize,
): void {
  if (begin >= end) return;
  const panelBytes = <usize>(end - begin) * STEP;
  for (let column = 0; column < columns; column += 4) {
    const panel = column / panelColumns<T>();
    const place = target + panel * panelBytes + (column % panelColumns<T>()) * sizeof<T>();
    if (args.tapsInside) packTapRows<S, T>(args, left, begin, end, tables + 4 * column, place);
    else packTaps<S, T>(args, left, begin, end, tables + 4 * column, place);
  }
}
