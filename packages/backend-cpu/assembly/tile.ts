import { PANEL_ROWS, PANEL_VECTORS, panelColumns } from './pack';
import { laneCount, multiplyAdd } from './vector';

/**
 * A product of two blocks, left `rows` by `depth` and right `depth` by `columns`, in panels of four rows and of two
 * vectors of columns. All strides are bytes.
 */
@unmanaged
export class Product {
  left: usize;
  /** From row to row of a left panel, from depth to depth, and from panel to panel. */
  leftRow: isize;
  leftStep: isize;
  leftPanel: isize;
  right: usize;
  /** From depth to depth of a right panel, whose columns are contiguous, and from panel to panel. */
  rightStep: isize;
  rightPanel: isize;
  rows: i32;
  columns: i32;
  depth: i32;
  /** Element (row, column) belongs at `target + row·targetRow + offsets[column]`. */
  target: usize;
  targetRow: isize;
  offsets: usize;
  /** Whether to add to the target instead of overwriting it. */
  accumulates: bool;
}

/** Bytes of a product and the tile behind it in which edges are computed. */
@inline
export function productBytes(): usize {
  return 64 + PANEL_ROWS * PANEL_VECTORS * 16;
}

/** Describes panels that `packPanels` wrote. */
@inline
export function usePackedLeft<T>(product: Product, packed: usize): void {
  product.left = packed;
  product.leftRow = sizeof<T>();
  product.leftStep = PANEL_ROWS * sizeof<T>();
  product.leftPanel = product.depth * product.leftStep;
}

@inline
export function usePackedRight(product: Product, packed: usize): void {
  product.right = packed;
  product.rightStep = PANEL_VECTORS * 16;
  product.rightPanel = product.depth * product.rightStep;
}

/** Adds to (or overwrites) one vector of the target. */
@inline
function put<T>(pointer: usize, value: v128, accumulates: bool): void {
  v128.store(pointer, accumulates ? v128.add<T>(value, v128.load(pointer)) : value);
}

/**
 * Product of the first `height` rows of a left panel and a right panel, into four rows of `target`, `targetRow` apart.
 * Rows from `height` on repeat the last.
 *
 * Eight accumulators, two right vectors and four splats fill 14 of the 16 vector registers; unrolling makes engines
 * hoist loads and spill.
 */
function multiplyTile<T>(
  product: Product,
  left: usize,
  height: i32,
  right: usize,
  target: usize,
  targetRow: usize,
  accumulates: bool,
): void {
  let c00 = i32x4.splat(0);
  let c01 = i32x4.splat(0);
  let c10 = i32x4.splat(0);
  let c11 = i32x4.splat(0);
  let c20 = i32x4.splat(0);
  let c21 = i32x4.splat(0);
  let c30 = i32x4.splat(0);
  let c31 = i32x4.splat(0);
  const leftStep = product.leftStep;
  const rightStep = product.rightStep;
  let left1 = left + min(1, height - 1) * product.leftRow;
  let left2 = left + min(2, height - 1) * product.leftRow;
  let left3 = left + min(3, height - 1) * product.leftRow;
  for (let depth = product.depth; depth > 0; depth--) {
    const b0 = v128.load(right);
    const b1 = v128.load(right, 16);
    const a0 = v128.load_splat<T>(left);
    c00 = multiplyAdd<T>(a0, b0, c00);
    c01 = multiplyAdd<T>(a0, b1, c01);
    const a1 = v128.load_splat<T>(left1);
    c10 = multiplyAdd<T>(a1, b0, c10);
    c11 = multiplyAdd<T>(a1, b1, c11);
    const a2 = v128.load_splat<T>(left2);
    c20 = multiplyAdd<T>(a2, b0, c20);
    c21 = multiplyAdd<T>(a2, b1, c21);
    const a3 = v128.load_splat<T>(left3);
    c30 = multiplyAdd<T>(a3, b0, c30);
    c31 = multiplyAdd<T>(a3, b1, c31);
    left += leftStep;
    left1 += leftStep;
    left2 += leftStep;
    left3 += leftStep;
    right += rightStep;
  }
  put<T>(target, c00, accumulates);
  put<T>(target + 16, c01, accumulates);
  target += targetRow;
  put<T>(target, c10, accumulates);
  put<T>(target + 16, c11, accumulates);
  target += targetRow;
  put<T>(target, c20, accumulates);
  put<T>(target + 16, c21, accumulates);
  target += targetRow;
  put<T>(target, c30, accumulates);
  put<T>(target + 16, c31, accumulates);
}

/** Whether columns, whose offsets only rise, have neighbouring places. */
@inline
function isContiguous<T>(offsets: usize, columns: i32): bool {
  return load<i32>(offsets + 4 * (columns - 1)) - load<i32>(offsets) == (columns - 1) * <i32>sizeof<T>();
}

/** Moves the first `rows` by `columns` of a tile to where they belong. */
function scatterTile<T>(product: Product, tile: usize, rows: i32, columns: i32, target: usize, offsets: usize): void {
  const first = load<i32>(offsets);
  const vectors = isContiguous<T>(offsets, columns) ? columns & -laneCount<T>() : 0;
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < vectors; column += laneCount<T>()) {
      const byte = column * sizeof<T>();
      put<T>(target + first + byte, v128.load(tile + byte), product.accumulates);
    }
    for (let column = vectors; column < columns; column++) {
      const place = target + load<i32>(offsets + 4 * column);
      const value = load<T>(tile + column * sizeof<T>());
      store<T>(place, product.accumulates ? value + load<T>(place) : value);
    }
    tile += PANEL_VECTORS * 16;
    target += product.targetRow;
  }
}

/** Panels of right columns that a single row takes at once. */
const ROW_PANELS: i32 = 4;

/** The product of one left row and ROW_PANELS right panels, whose columns and targets are contiguous. */
function multiplyRow<T>(product: Product, right: usize, target: usize, accumulates: bool): void {
  let c0 = i32x4.splat(0);
  let c1 = i32x4.splat(0);
  let c2 = i32x4.splat(0);
  let c3 = i32x4.splat(0);
  let c4 = i32x4.splat(0);
  let c5 = i32x4.splat(0);
  let c6 = i32x4.splat(0);
  let c7 = i32x4.splat(0);
  const leftStep = product.leftStep;
  const rightStep = product.rightStep;
  let left = product.left;
  for (let depth = product.depth; depth > 0; depth--) {
    const a = v128.load_splat<T>(left);
    c0 = multiplyAdd<T>(a, v128.load(right), c0);
    c1 = multiplyAdd<T>(a, v128.load(right, 16), c1);
    c2 = multiplyAdd<T>(a, v128.load(right, 32), c2);
    c3 = multiplyAdd<T>(a, v128.load(right, 48), c3);
    c4 = multiplyAdd<T>(a, v128.load(right, 64), c4);
    c5 = multiplyAdd<T>(a, v128.load(right, 80), c5);
    c6 = multiplyAdd<T>(a, v128.load(right, 96), c6);
    c7 = multiplyAdd<T>(a, v128.load(right, 112), c7);
    left += leftStep;
    right += rightStep;
  }
  put<T>(target, c0, accumulates);
  put<T>(target + 16, c1, accumulates);
  put<T>(target + 32, c2, accumulates);
  put<T>(target + 48, c3, accumulates);
  put<T>(target + 64, c4, accumulates);
  put<T>(target + 80, c5, accumulates);
  put<T>(target + 96, c6, accumulates);
  put<T>(target + 112, c7, accumulates);
}

/** Computes the tile at panel `left`, which begins at `row`, and panel `right`, which begins at `column`. */
@inline
function multiplyAt<T>(product: Product, row: i32, left: usize, column: i32, right: usize, offsets: usize): void {
  const height = min(PANEL_ROWS, product.rows - row);
  const width = min(panelColumns<T>(), product.columns - column);
  const place = product.target + row * product.targetRow;
  if (height == PANEL_ROWS && width == panelColumns<T>() && isContiguous<T>(offsets, width)) {
    const target = place + load<i32>(offsets);
    multiplyTile<T>(product, left, height, right, target, product.targetRow, product.accumulates);
  } else {
    const tile = changetype<usize>(product) + 64;
    multiplyTile<T>(product, left, height, right, tile, PANEL_VECTORS * 16, false);
    scatterTile<T>(product, tile, height, width, place, offsets);
  }
}

/** Right operands that stay in the L1 cache, bytes: then the target is best written row by row. */
const RESIDENT_BYTES: i32 = 16384;

/** Computes a whole product. */
export function multiplyPanels<T>(product: Product): void {
  const rows = product.rows;
  const columns = product.columns;
  let offsets = product.offsets;
  let right = product.right;
  let left = product.left;
  if (rows > 1 && product.depth * columns * <i32>sizeof<T>() <= RESIDENT_BYTES) {
    for (let row = 0; row < rows; row += PANEL_ROWS) {
      offsets = product.offsets;
      right = product.right;
      for (let column = 0; column < columns; column += panelColumns<T>()) {
        multiplyAt<T>(product, row, left, column, right, offsets);
        right += product.rightPanel;
        offsets += 4 * panelColumns<T>();
      }
      left += product.leftPanel;
    }
    return;
  }
  let column = 0;
  if (rows == 1 && product.rightPanel == PANEL_VECTORS * 16) {
    const step = ROW_PANELS * panelColumns<T>();
    for (; column + step <= columns && isContiguous<T>(offsets, step); column += step) {
      multiplyRow<T>(product, right, product.target + load<i32>(offsets), product.accumulates);
      right += ROW_PANELS * product.rightPanel;
      offsets += 4 * step;
    }
  }
  for (; column < columns; column += panelColumns<T>()) {
    left = product.left;
    for (let row = 0; row < rows; row += PANEL_ROWS) {
      multiplyAt<T>(product, row, left, column, right, offsets);
      left += product.leftPanel;
    }
    right += product.rightPanel;
    offsets += 4 * panelColumns<T>();
  }
}
