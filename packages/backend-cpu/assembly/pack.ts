import { laneCount, loadElement, loadVector } from './vector';

/** Rows of the left operand in one packed panel. */
export const PANEL_ROWS: i32 = 4;
/** Vectors of right-operand columns in one packed panel. */
export const PANEL_VECTORS: i32 = 2;

/** Columns of the right operand in one packed panel. */
@inline
export function panelColumns<T>(): i32 {
  return PANEL_VECTORS * laneCount<T>();
}

/** Puts the four float32 vectors' columns into rows at `target`, one every `step` bytes. */
@inline
export function storeTransposed4(a: v128, b: v128, c: v128, d: v128, target: usize, step: usize): void {
  const ab01 = v128.shuffle<i32>(a, b, 0, 4, 1, 5);
  const ab23 = v128.shuffle<i32>(a, b, 2, 6, 3, 7);
  const cd01 = v128.shuffle<i32>(c, d, 0, 4, 1, 5);
  const cd23 = v128.shuffle<i32>(c, d, 2, 6, 3, 7);
  v128.store(target, v128.shuffle<i64>(ab01, cd01, 0, 2));
  v128.store(target + step, v128.shuffle<i64>(ab01, cd01, 1, 3));
  v128.store(target + 2 * step, v128.shuffle<i64>(ab23, cd23, 0, 2));
  v128.store(target + 3 * step, v128.shuffle<i64>(ab23, cd23, 1, 3));
}

/** The same for two vectors of 64-bit lanes. */
@inline
export function storeTransposed2(a: v128, b: v128, target: usize, step: usize): void {
  v128.store(target, v128.shuffle<i64>(a, b, 0, 2));
  v128.store(target + step, v128.shuffle<i64>(a, b, 1, 3));
}

/**
 * Packs one vector's width of lanes: element (lane, depth) of the source goes to lane `lane` of the vector at
 * `target + depth·step`. Lanes from `lanes` on become 0. Strides and `step` are bytes.
 */
function packStrip<S, T>(
  source: usize,
  laneStride: isize,
  depthStride: isize,
  lanes: i32,
  depth: i32,
  target: usize,
  step: usize,
): void {
  const full = lanes == laneCount<T>();
  if (full && laneStride == sizeof<S>()) {
    for (let i = 0; i < depth; i++) {
      v128.store(target, loadVector<S, T>(source));
      source += depthStride;
      target += step;
    }
    return;
  }
  if (full && depthStride == sizeof<S>()) {
    for (; depth >= laneCount<T>(); depth -= laneCount<T>()) {
      const a = loadVector<S, T>(source);
      const b = loadVector<S, T>(source + laneStride);
      if (sizeof<T>() == 8) storeTransposed2(a, b, target, step);
      else {
        const c = loadVector<S, T>(source + 2 * laneStride);
        storeTransposed4(a, b, c, loadVector<S, T>(source + 3 * laneStride), target, step);
      }
      source += laneCount<T>() * sizeof<S>();
      target += laneCount<T>() * step;
    }
  }
  for (let i = 0; i < depth; i++) {
    let element = source;
    if (!full) v128.store(target, i32x4.splat(0));
    for (let lane = 0; lane < lanes; lane++) {
      store<T>(target + lane * sizeof<T>(), loadElement<S, T>(element));
      element += laneStride;
    }
    source += depthStride;
    target += step;
  }
}

/**
 * Packs `count` lanes (rows of the left operand, columns of the right) by `depth` into panels `width` lanes wide, whose
 * depth slices are contiguous. The panels are `panelBytes` apart; the last is filled up with zeros.
 */
export function packPanels<S, T>(
  source: usize,
  laneStride: isize,
  depthStride: isize,
  count: i32,
  depth: i32,
  width: i32,
  target: usize,
  panelBytes: usize,
): void {
  const step = <usize>width * sizeof<T>();
  for (let first = 0; first < count; first += width) {
    let vector = target;
    for (let lane = first; lane < first + width; lane += laneCount<T>()) {
      const lanes = max(0, min(laneCount<T>(), count - lane));
      packStrip<S, T>(source + lane * laneStride, laneStride, depthStride, lanes, depth, vector, step);
      vector += 16;
    }
    target += panelBytes;
  }
}
