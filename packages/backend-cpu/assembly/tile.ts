import { PANEL_ROWS, PANEL_VECTORS, panelColumns } from './pack';
import { multiplyAdd } from './vector';

/** Adds to (or overwrites) one vector of the target. */
@inline
function put<T>(pointer: usize, value: v128, accumulate: bool): void {
  v128.store(pointer, accumulate ? v128.add<T>(value, v128.load(pointer)) : value);
}

/**
 * Product of a packed left panel and a packed right panel, into PANEL_ROWS rows of `target`, `rowBytes` apart.
 *
 * Eight accumulators, two right vectors and four splats fill 14 of the 16 vector registers; unrolling makes engines
 * hoist loads and spill.
 */
function multiplyTile<T>(
  depth: i32,
  left: usize,
  right: usize,
  target: usize,
  rowBytes: usize,
  accumulate: bool,
): void {
  let c00 = i32x4.splat(0);
  let c01 = i32x4.splat(0);
  let c10 = i32x4.splat(0);
  let c11 = i32x4.splat(0);
  let c20 = i32x4.splat(0);
  let c21 = i32x4.splat(0);
  let c30 = i32x4.splat(0);
  let c31 = i32x4.splat(0);
  for (; depth > 0; depth--) {
    const b0 = v128.load(right);
    const b1 = v128.load(right, 16);
    const a0 = v128.load_splat<T>(left);
    c00 = multiplyAdd<T>(a0, b0, c00);
    c01 = multiplyAdd<T>(a0, b1, c01);
    const a1 = v128.load_splat<T>(left, sizeof<T>());
    c10 = multiplyAdd<T>(a1, b0, c10);
    c11 = multiplyAdd<T>(a1, b1, c11);
    const a2 = v128.load_splat<T>(left, 2 * sizeof<T>());
    c20 = multiplyAdd<T>(a2, b0, c20);
    c21 = multiplyAdd<T>(a2, b1, c21);
    const a3 = v128.load_splat<T>(left, 3 * sizeof<T>());
    c30 = multiplyAdd<T>(a3, b0, c30);
    c31 = multiplyAdd<T>(a3, b1, c31);
    left += PANEL_ROWS * sizeof<T>();
    right += PANEL_VECTORS * 16;
  }
  put<T>(target, c00, accumulate);
  put<T>(target + 16, c01, accumulate);
  target += rowBytes;
  put<T>(target, c10, accumulate);
  put<T>(target + 16, c11, accumulate);
  target += rowBytes;
  put<T>(target, c20, accumulate);
  put<T>(target + 16, c21, accumulate);
  target += rowBytes;
  put<T>(target, c30, accumulate);
  put<T>(target + 16, c31, accumulate);
}

/** Bytes of the tile that edges are computed in. */
@inline
export function tileBytes<T>(): usize {
  return PANEL_ROWS * PANEL_VECTORS * 16;
}

/** Moves the first `rows` by `columns` of a tile to where they belong; `offsets` holds each column's, in bytes. */
function scatterTile<T>(
  tile: usize,
  rows: i32,
  columns: i32,
  target: usize,
  rowBytes: usize,
  offsets: usize,
  accumulate: bool,
): void {
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) {
      const place = target + load<i32>(offsets + 4 * column);
      const value = load<T>(tile + column * sizeof<T>());
      store<T>(place, accumulate ? value + load<T>(place) : value);
    }
    tile += PANEL_VECTORS * 16;
    target += rowBytes;
  }
}

/**
 * Product of packed left panels (`rows` by `depth`) and packed right panels (`depth` by `columns`).
 *
 * Element (row, column) goes to `target + row·rowBytes + offsets[column]`; `tile` is `tileBytes` of scratch.
 */
export function multiplyPanels<T>(
  left: usize,
  right: usize,
  rows: i32,
  columns: i32,
  depth: i32,
  target: usize,
  rowBytes: usize,
  offsets: usize,
  accumulate: bool,
  tile: usize,
): void {
  const leftBytes = <usize>depth * PANEL_ROWS * sizeof<T>();
  const rightBytes = <usize>depth * PANEL_VECTORS * 16;
  for (let column = 0; column < columns; column += panelColumns<T>()) {
    const width = min(panelColumns<T>(), columns - column);
    const first = load<i32>(offsets);
    const last = load<i32>(offsets + 4 * (width - 1));
    const contiguous = width == panelColumns<T>() && last - first == (panelColumns<T>() - 1) * <i32>sizeof<T>();
    let panel = left;
    let place = target;
    for (let row = 0; row < rows; row += PANEL_ROWS) {
      const height = min(PANEL_ROWS, rows - row);
      if (contiguous && height == PANEL_ROWS) {
        multiplyTile<T>(depth, panel, right, place + first, rowBytes, accumulate);
      } else {
        multiplyTile<T>(depth, panel, right, tile, PANEL_VECTORS * 16, false);
        scatterTile<T>(tile, height, width, place, rowBytes, offsets, accumulate);
      }
      panel += leftBytes;
      place += PANEL_ROWS * rowBytes;
    }
    right += rightBytes;
    offsets += 4 * panelColumns<T>();
  }
}
