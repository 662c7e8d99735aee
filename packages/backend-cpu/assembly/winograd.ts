import { storeTransposed4 } from './pack';

/*
 * Winograd's minimal filtering F(4×4, 3×3) with the points 0, 1, −1, ½, −2 and ∞, whose rounding errors are a third of
 * those with ±2 (Lavin and Gray 2016; Barabasz et al. 2020). Lanes are four tiles; a transformed tile is 36 vectors.
 */

/** Outputs along each side of a tile, inputs along each side of its patch, and products of a tile. */
export const TILE: i32 = 4;
export const PATCH: i32 = 6;
export const POINTS: i32 = 36;

@inline
function scale(a: v128, factor: f32): v128 {
  return f32x4.mul(a, f32x4.splat(factor));
}

/** Bᵀ times six vectors, stored `step` bytes apart. */
@inline
function transformInput(d0: v128, d1: v128, d2: v128, d3: v128, d4: v128, d5: v128, target: usize, step: usize): void {
  const p = f32x4.sub(d3, d1);
  const q = f32x4.sub(d4, d2);
  v128.store(target, f32x4.add(f32x4.add(f32x4.sub(d0, d2), q), scale(p, 1.5)));
  v128.store(target + step, f32x4.add(f32x4.add(f32x4.sub(d4, d1), scale(d2, 0.5)), scale(d3, 2.5)));
  v128.store(target + 2 * step, f32x4.add(f32x4.sub(f32x4.add(d4, d1), scale(d2, 2.5)), scale(d3, 0.5)));
  v128.store(target + 3 * step, f32x4.add(q, f32x4.add(p, p)));
  v128.store(target + 4 * step, f32x4.sub(q, scale(p, 0.5)));
  v128.store(target + 5 * step, f32x4.add(f32x4.sub(f32x4.sub(d5, p), d3), scale(q, 1.5)));
}

/**
 * Transforms the patches of four tiles that start at `t0` to `t3` and whose rows lie `rowBytes` apart; vector (i, j) goes
 * to `target + (6·i + j)·step`. `temporary` takes 36 vectors.
 */
export function transformPatches(
  t0: usize,
  t1: usize,
  t2: usize,
  t3: usize,
  rowBytes: usize,
  temporary: usize,
  target: usize,
  step: usize,
): void {
  let row = temporary;
  for (let i = 0; i < PATCH; i++) {
    storeTransposed4(v128.load(t0), v128.load(t1), v128.load(t2), v128.load(t3), row, 16);
    const ab = v128.shuffle<i32>(v128.load64_zero(t0, 16), v128.load64_zero(t1, 16), 0, 4, 1, 5);
    const cd = v128.shuffle<i32>(v128.load64_zero(t2, 16), v128.load64_zero(t3, 16), 0, 4, 1, 5);
    transformInput(
      v128.load(row), v128.load(row, 16), v128.load(row, 32), v128.load(row, 48),
      v128.shuffle<i64>(ab, cd, 0, 2), v128.shuffle<i64>(ab, cd, 1, 3), row, 16,
    );
    t0 += rowBytes;
    t1 += rowBytes;
    t2 += rowBytes;
    t3 += rowBytes;
    row += 16 * PATCH;
  }
  for (let j = 0; j < PATCH; j++) {
    transformInput(
      v128.load(temporary), v128.load(temporary, 96), v128.load(temporary, 192), v128.load(temporary, 288),
      v128.load(temporary, 384), v128.load(temporary, 480), target, PATCH * step,
    );
    temporary += 16;
    target += step;
  }
}

/** Aᵀ times six vectors that lie `step` bytes apart, stored `targetStep` bytes apart. */
@inline
function transformOutput(source: usize, step: usize, target: usize, targetStep: usize): void {
  const m1 = v128.load(source + step);
  const m2 = v128.load(source + 2 * step);
  const m3 = v128.load(source + 3 * step);
  const m4 = v128.load(source + 4 * step);
  const sum = f32x4.add(m1, m2);
  const difference = f32x4.sub(m1, m2);
  v128.store(target, f32x4.add(f32x4.add(v128.load(source), sum), f32x4.add(m3, m4)));
  v128.store(target + targetStep, f32x4.add(difference, f32x4.sub(scale(m3, 0.5), f32x4.add(m4, m4))));
  v128.store(target + 2 * targetStep, f32x4.add(sum, f32x4.add(scale(m3, 0.25), scale(m4, 4))));
  const last = f32x4.add(v128.load(source + 5 * step), f32x4.sub(scale(m3, 0.125), scale(m4, 8)));
  v128.store(target + 3 * targetStep, f32x4.add(difference, last));
}

/**
 * Outputs of four tiles from their 36 products, `step` bytes apart: row r of tile t goes to `tiles + 64·t + 16·r`.
 * `temporary` takes 24 vectors.
 */
export function transformProducts(source: usize, step: usize, temporary: usize, tiles: usize): void {
  for (let j = 0; j < PATCH; j++) {
    transformOutput(source + j * step, PATCH * step, temporary + 16 * j, 16 * PATCH);
  }
  for (let row = 0; row < TILE; row++) {
    const place = temporary + row * 16 * PATCH;
    transformOutput(place, 16, place, 16);
    storeTransposed4(
      v128.load(place), v128.load(place, 16), v128.load(place, 32), v128.load(place, 48), tiles + 16 * row, 64,
    );
  }
}

/** G times three vectors that lie `sourceStep` bytes apart, stored `step` bytes apart. */
@inline
function transformTap(source: usize, sourceStep: usize, target: usize, step: usize): void {
  const a = v128.load(source);
  const b = v128.load(source + sourceStep);
  const c = v128.load(source + 2 * sourceStep);
  const even = scale(f32x4.add(a, c), 1 / 3.0);
  const odd = scale(b, 1 / 3.0);
  v128.store(target, a);
  v128.store(target + step, f32x4.add(even, odd));
  v128.store(target + 2 * step, f32x4.sub(odd, even));
  v128.store(target + 3 * step, scale(f32x4.add(scale(a, 4), f32x4.add(f32x4.add(b, b), c)), -4 / 15.0));
  v128.store(target + 4 * step, scale(f32x4.add(f32x4.sub(a, f32x4.add(b, b)), scale(c, 4)), 1 / 15.0));
  v128.store(target + 5 * step, c);
}

/**
 * Transforms the nine weights of each lane, vectors in row-major order at `taps`; product (i, j) goes to
 * `target + (6·i + j)·step`. `temporary` takes 18 vectors.
 */
export function transformTaps(taps: usize, temporary: usize, target: usize, step: usize): void {
  for (let j = 0; j < 3; j++) transformTap(taps + 16 * j, 48, temporary + 16 * j, 48);
  for (let i = 0; i < PATCH; i++) transformTap(temporary + 48 * i, 16, target + i * PATCH * step, step);
}

/*
 * The gradient of the weights is F(3×3, 4×4) with the same points: tiles of output gradients filter the same patches.
 */

/** Outputs along each side of a tile of weights. */
const TAPS: i32 = 3;

/** The 6×4 matrix of the points' powers, scaled like G, times four vectors, stored `step` bytes apart. */
@inline
function transformGradient(a: v128, b: v128, c: v128, d: v128, target: usize, step: usize): void {
  const even = scale(f32x4.add(a, c), 1 / 3.0);
  const odd = scale(f32x4.add(b, d), 1 / 3.0);
  v128.store(target, a);
  v128.store(target + step, f32x4.add(even, odd));
  v128.store(target + 2 * step, f32x4.sub(odd, even));
  const half = f32x4.add(scale(a, 8), f32x4.add(scale(b, 4), f32x4.add(f32x4.add(c, c), d)));
  v128.store(target + 3 * step, scale(half, -2 / 15.0));
  const double = f32x4.add(f32x4.sub(a, f32x4.add(b, b)), f32x4.sub(scale(c, 4), scale(d, 8)));
  v128.store(target + 4 * step, scale(double, 1 / 15.0));
  v128.store(target + 5 * step, d);
}

/** Transforms 4×4 tiles that start at `t0` to `t3`, one a lane; otherwise like `transformPatches`. */
export function transformGradients(
  t0: usize,
  t1: usize,
  t2: usize,
  t3: usize,
  rowBytes: usize,
  temporary: usize,
  target: usize,
  step: usize,
): void {
  let row = temporary;
  for (let i = 0; i < TILE; i++) {
    storeTransposed4(v128.load(t0), v128.load(t1), v128.load(t2), v128.load(t3), row, 16);
    transformGradient(v128.load(row), v128.load(row, 16), v128.load(row, 32), v128.load(row, 48), row, 16);
    t0 += rowBytes;
    t1 += rowBytes;
    t2 += rowBytes;
    t3 += rowBytes;
    row += 16 * PATCH;
  }
  for (let j = 0; j < PATCH; j++) {
    transformGradient(
      v128.load(temporary), v128.load(temporary, 96), v128.load(temporary, 192), v128.load(temporary, 288),
      target, PATCH * step,
    );
    temporary += 16;
    target += step;
  }
}

/** The first three rows of Aᵀ, of which the last takes the point at infinity, times six vectors. */
@inline
function transformWeightOutput(source: usize, step: usize, target: usize, targetStep: usize): void {
  const m1 = v128.load(source + step);
  const m2 = v128.load(source + 2 * step);
  const m3 = v128.load(source + 3 * step);
  const m4 = v128.load(source + 4 * step);
  const sum = f32x4.add(m1, m2);
  v128.store(target, f32x4.add(f32x4.add(v128.load(source), sum), f32x4.add(m3, m4)));
  const difference = f32x4.sub(m1, m2);
  v128.store(target + targetStep, f32x4.add(difference, f32x4.sub(scale(m3, 0.5), f32x4.add(m4, m4))));
  const last = f32x4.add(v128.load(source + 5 * step), f32x4.add(scale(m3, 0.25), scale(m4, 4)));
  v128.store(target + 2 * targetStep, f32x4.add(sum, last));
}

/** 3×3 weights, nine vectors at `target`, from 36 products, contiguous at `products` and overwritten. */
export function transformWeightProducts(products: usize, target: usize): void {
  for (let j = 0; j < PATCH; j++) {
    transformWeightOutput(products + 16 * j, 16 * PATCH, products + 16 * j, 16 * PATCH);
  }
  for (let i = 0; i < TAPS; i++) transformWeightOutput(products + i * 16 * PATCH, 16, target + 48 * i, 16);
}
