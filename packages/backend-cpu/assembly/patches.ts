import { ConvolveArguments } from './convolve-arguments';
import { PANEL_VECTORS, panelColumns, storeTransposed2, storeTransposed4 } from './pack';
import { loadElement, loadVector } from './vector';

/**
 * Where the columns of a block of a convolution's right operand begin. A column is one output position of one image; its
 * patch begins at byte `base` of the image data, at coordinates `z`, `y`, `x` of the unpadded image. Five tables of
 * 32-bit words lie `capacity` words apart: base, z, y, x, and the column's place in the output.
 */
@inline
export function columnTablesBytes(capacity: i32): usize {
  return 20 * capacity;
}

/** Coordinate of columns that fill up the last panel: outside of any image. */
const OUTSIDE: i32 = -0x40000000;

/** Fills the tables for `count` columns from `first`, and for what is missing to whole panels. */
export function prepareColumns<T>(args: ConvolveArguments, first: i32, count: i32, tables: usize): void {
  const capacity = 4 * args.blockColumns;
  let rest = first;
  let p2 = rest % args.positions2;
  rest /= args.positions2;
  let p1 = rest % args.positions1;
  rest /= args.positions1;
  let p0 = rest % args.positions0;
  let image = rest / args.positions0;
  const padded = (count + panelColumns<T>() - 1) & -panelColumns<T>();
  for (let column = 0; column < padded; column++) {
    const z = p0 * args.step0 + args.start0;
    const y = p1 * args.step1 + args.start1;
    const x = p2 * args.step2 + args.start2;
    const base = image * args.leftBatch + z * args.left0 + y * args.left1 + x * args.left2;
    const place = image * args.targetBatch + p0 * args.target0 + p1 * args.target1 + p2 * args.target2;
    store<i32>(tables, column < count ? base : 0);
    store<i32>(tables + capacity, column < count ? z : OUTSIDE);
    store<i32>(tables + 2 * capacity, y);
    store<i32>(tables + 3 * capacity, x);
    store<i32>(tables + 4 * capacity, place);
    tables += 4;
    if (++p2 == args.positions2) {
      p2 = 0;
      if (++p1 == args.positions1) {
        p1 = 0;
        if (++p0 == args.positions0) {
          p0 = 0;
          image++;
        }
      }
    }
  }
}

/** All ones where a coordinate lies inside `size`. */
@inline
function inside(coordinates: usize, shift: i32, size: i32): v128 {
  return i32x4.lt_u(i32x4.add(v128.load(coordinates), i32x4.splat(shift)), i32x4.splat(size));
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
 * Packs one kernel tap for four columns: depth runs along `channels` channels. `source` is where the tap of column base
 * 0 lies; `shift…` are the tap's distances from the patch's beginning.
 */
function packTap<S, T>(
  args: ConvolveArguments,
  source: usize,
  shift0: i32,
  shift1: i32,
  shift2: i32,
  channels: i32,
  tables: usize,
  target: usize,
): void {
  const capacity = 4 * args.blockColumns;
  const mask = v128.and(
    v128.and(inside(tables + capacity, shift0, args.size0), inside(tables + 2 * capacity, shift1, args.size1)),
    inside(tables + 3 * capacity, shift2, args.size2),
  );
  const bits = i32x4.bitmask(mask);
  if (bits == 0) {
    for (let i = 0; i < channels; i++) {
      for (let byte = 0; byte < <i32>(4 * sizeof<T>()); byte += 16) v128.store(target + byte, i32x4.splat(0));
      target += STEP;
    }
    return;
  }
  const stride = args.leftChannel;
  const bases = v128.load(tables);
  const distances = i32x4.sub(bases, i32x4.splat(load<i32>(tables)));
  const unit = <i32>sizeof<S>();
  if (i32x4.all_true(i32x4.eq(distances, i32x4(0, unit, 2 * unit, 3 * unit)))) {
    source += load<i32>(tables);
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
  if (sizeof<S>() == 4 && i32x4.all_true(i32x4.eq(distances, i32x4(0, 8, 16, 24)))) {
    source += load<i32>(tables);
    for (let i = 0; i < channels; i++) {
      const even = v128.shuffle<i32>(v128.load(source), v128.load(source, 16), 0, 2, 4, 6);
      v128.store(target, v128.and(even, mask));
      source += stride;
      target += STEP;
    }
    return;
  }
  // Columns outside read where one inside does, and are masked.
  const safe = v128.bitselect(bases, i32x4.splat(load<i32>(tables + 4 * ctz(bits))), mask);
  let s0 = source + i32x4.extract_lane(safe, 0);
  let s1 = source + i32x4.extract_lane(safe, 1);
  let s2 = source + i32x4.extract_lane(safe, 2);
  let s3 = source + i32x4.extract_lane(safe, 3);
  for (let i = 0; i < channels; i++) {
    storeGathered<S, T>(s0, s1, s2, s3, mask, target);
    s0 += stride;
    s1 += stride;
    s2 += stride;
    s3 += stride;
    target += STEP;
  }
}

/** First tap at which `coordinate + tap·dilation ≥ bound`. */
@inline
function firstTap(bound: i32, coordinate: i32, dilation: i32): i32 {
  const distance = bound - coordinate;
  return distance <= 0 ? 0 : (distance + dilation - 1) / dilation;
}

/**
 * Packs one row of kernel taps for four columns: depth runs along taps `first` to `end` of the last kernel axis.
 * `source` is where tap 0 of that row and of column base 0 lies.
 */
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
    inside(tables + capacity, shift0, args.size0),
    inside(tables + 2 * capacity, shift1, args.size1),
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
  const stride = args.dilation2 * args.left2;
  for (let tap = first; tap < low; tap++) {
    packTap<S, T>(args, source + tap * stride, shift0, shift1, tap * args.dilation2, 1, tables, target);
    target += STEP;
  }
  if (low < high) {
    const safe = v128.bitselect(v128.load(tables), i32x4.splat(load<i32>(tables + 4 * ctz(bits))), mask);
    source += low * stride;
    let s0 = source + i32x4.extract_lane(safe, 0);
    let s1 = source + i32x4.extract_lane(safe, 1);
    let s2 = source + i32x4.extract_lane(safe, 2);
    let s3 = source + i32x4.extract_lane(safe, 3);
    let tap = low;
    if (stride == sizeof<S>()) {
      for (; tap + 4 <= high; tap += 4) {
        if (sizeof<T>() == 8) {
          const isLeft = widenLow(mask);
          const isRight = widenHigh(mask);
          for (let half = 0; half < 32; half += 16) {
            storeTransposed2(
              v128.and(v128.load(s0 + half), v128.shuffle<i64>(isLeft, isLeft, 0, 0)),
              v128.and(v128.load(s1 + half), v128.shuffle<i64>(isLeft, isLeft, 1, 1)),
              target, STEP,
            );
            storeTransposed2(
              v128.and(v128.load(s2 + half), v128.shuffle<i64>(isRight, isRight, 0, 0)),
              v128.and(v128.load(s3 + half), v128.shuffle<i64>(isRight, isRight, 1, 1)),
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
    for (; tap < high; tap++) {
      storeGathered<S, T>(s0, s1, s2, s3, mask, target);
      s0 += stride;
      s1 += stride;
      s2 += stride;
      s3 += stride;
      target += STEP;
    }
    source -= low * stride;
  }
  for (let tap = high; tap < end; tap++) {
    packTap<S, T>(args, source + tap * stride, shift0, shift1, tap * args.dilation2, 1, tables, target);
    target += STEP;
  }
}

/** Packs depths `begin` to `end` of the patches of `columns` columns, panel by panel. */
export function packPatches<S, T>(
  args: ConvolveArguments,
  left: usize,
  begin: i32,
  end: i32,
  columns: i32,
  tables: usize,
  target: usize,
): void {
  const inner = args.innerDepth;
  const panelBytes = <usize>(end - begin) * STEP;
  for (let depth = begin; depth < end; ) {
    const first = depth % inner;
    const count = min(inner - first, end - depth);
    let outer = depth / inner;
    let source = left;
    let shift2 = 0;
    if (args.tapsInside) {
      // Depth is (channel, tap 0, tap 1 | tap 2).
    } else {
      // Depth is (tap 0, tap 1, tap 2 | channel).
      shift2 = (outer % args.taps2) * args.dilation2;
      outer /= args.taps2;
      source += shift2 * args.left2 + first * args.leftChannel;
    }
    const shift1 = (outer % args.taps1) * args.dilation1;
    outer /= args.taps1;
    const shift0 = (outer % args.taps0) * args.dilation0;
    source += shift1 * args.left1 + shift0 * args.left0;
    if (args.tapsInside) source += (outer / args.taps0) * args.leftChannel;
    for (let column = 0; column < columns; column += 4) {
      const panel = column / panelColumns<T>();
      const place = target + panel * panelBytes + (column % panelColumns<T>()) * sizeof<T>();
      const table = tables + 4 * column;
      if (args.tapsInside) packTapRow<S, T>(args, source, shift0, shift1, first, first + count, table, place);
      else packTap<S, T>(args, source, shift0, shift1, shift2, count, table, place);
    }
    target += count * STEP;
    depth += count;
  }
}
