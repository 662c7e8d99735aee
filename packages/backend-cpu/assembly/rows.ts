import { ConvolveArguments } from './convolve-arguments';
import { loadElement, multiplyAdd } from './vector';

/**
 * A copy of some rows of an image with zeros around them, so that loops over taps need no bounds.
 *
 * It holds `planes` by `height` rows. Along a row, `phases` interleaved positions are pulled apart: coordinate x lies in
 * phase (x − first) mod phases, at (x − first) / phases, so that steps of `phases` become contiguous.
 */
@unmanaged
export class RowBlock {
  rows: usize;
  /** Coordinate of the first position of a row. */
  x: i32;
  planes: i32;
  height: i32;
  phases: i32;
  phaseBytes: i32;
  rowBytes: i32;
}

/** Bytes of a `RowBlock`, rounded up. */
@inline
export function rowBlockBytes(): usize {
  return 32;
}

@inline
export function rowBlockLength(block: RowBlock): i32 {
  return block.planes * block.height * block.rowBytes;
}

/** Where in a row the coordinate `shift` behind the first lies, bytes. */
@inline
export function placeInRow<T>(block: RowBlock, shift: i32): i32 {
  return (shift % block.phases) * block.phaseBytes + (shift / block.phases) * sizeof<T>();
}

/** Copies what a block's row covers of one row of the image. */
function copyRow<S, T>(args: ConvolveArguments, block: RowBlock, source: usize, target: usize): void {
  const first = max(0, block.x);
  const end = min(args.size2, block.x + (block.phaseBytes / <i32>sizeof<T>()) * block.phases);
  if (first >= end) return;
  source += first * args.left2;
  if (sizeof<S>() == sizeof<T>() && block.phases == 1 && args.left2 == sizeof<S>()) {
    memory.copy(target + (first - block.x) * sizeof<T>(), source, (end - first) * sizeof<T>());
    return;
  }
  for (let x = first; x < end; x++) {
    store<T>(target + placeInRow<T>(block, x - block.x), loadElement<S, T>(source));
    source += args.left2;
  }
}

/**
 * Copies the rows z = z0 + plane·zStep, y = y0 + row of one channel to `target`. What lies outside of the image isn't
 * touched: it has to be zero from before.
 */
function fillRowsFrom<S, T>(
  args: ConvolveArguments,
  block: RowBlock,
  source: usize,
  z0: i32,
  zStep: i32,
  y0: i32,
  target: usize,
): void {
  for (let plane = 0; plane < block.planes; plane++) {
    const z = z0 + plane * zStep;
    for (let row = 0; row < block.height; row++) {
      const y = y0 + row;
      if (<u32>z < <u32>args.size0 && <u32>y < <u32>args.size1) {
        copyRow<S, T>(args, block, source + z * args.left0 + y * args.left1, target);
      }
      target += block.rowBytes;
    }
  }
}

/** The same for whatever type the image is stored in. */
@inline
export function fillRows<T>(
  args: ConvolveArguments,
  block: RowBlock,
  source: usize,
  z0: i32,
  zStep: i32,
  y0: i32,
  target: usize,
): void {
  if (sizeof<T>() == 4 && isFloat<T>()) {
    if (args.leftIsHalf) {
      fillRowsFrom<u16, T>(args, block, source, z0, zStep, y0, target);
      return;
    }
  }
  fillRowsFrom<T, T>(args, block, source, z0, zStep, y0, target);
}

/** An element of the weights. */
@inline
export function loadWeight<T>(args: ConvolveArguments, place: usize): T {
  if (sizeof<T>() == 4 && isFloat<T>()) {
    if (args.rightIsHalf) return loadElement<u16, T>(place);
  }
  return load<T>(place);
}

/** Vectors of outputs that one sweep over the taps computes. */
const SWEEP: i32 = 4;

/** Sum over `count` taps of weight times the SWEEP vectors that lie at the tap's offset from `source`. */
@inline
export function sweepTaps<T>(source: usize, offsets: usize, weights: usize, count: i32, target: usize): void {
  let c0 = i32x4.splat(0);
  let c1 = i32x4.splat(0);
  let c2 = i32x4.splat(0);
  let c3 = i32x4.splat(0);
  for (let tap = 0; tap < count; tap++) {
    const place = source + load<i32>(offsets);
    const weight = v128.load_splat<T>(weights);
    c0 = multiplyAdd<T>(weight, v128.load(place), c0);
    c1 = multiplyAdd<T>(weight, v128.load(place, 16), c1);
    c2 = multiplyAdd<T>(weight, v128.load(place, 32), c2);
    c3 = multiplyAdd<T>(weight, v128.load(place, 48), c3);
    offsets += 4;
    weights += sizeof<T>();
  }
  v128.store(target, c0);
  v128.store(target, c1, 16);
  v128.store(target, c2, 32);
  v128.store(target, c3, 48);
}

/** Bytes that one sweep stores. */
@inline
export function sweepBytes(): i32 {
  return 16 * SWEEP;
}
