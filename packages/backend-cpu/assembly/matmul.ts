import { multiplyDots } from './dot';
import { finish } from './epilogue';
import { packPanels, PANEL_ROWS, panelColumns } from './pack';
import { multiplyPanels, Product, productBytes, usePackedLeft, usePackedRight } from './tile';

/**
 * What a matmul phase reads; strides are bytes. Behind it lie `batchRank` sizes, left strides and right strides.
 *
 * The plan may have exchanged the operands and with them m and n; then the output's rows run along n.
 */
@unmanaged
export class MatmulArguments {
  left: usize;
  right: usize;
  target: usize;
  epilogue: usize;
  m: i32;
  n: i32;
  k: i32;
  leftRow: isize;
  leftDepth: isize;
  rightDepth: isize;
  rightColumn: isize;
  targetRow: isize;
  targetColumn: isize;
  targetItem: isize;
  isExchanged: i32;
  leftIsHalf: i32;
  rightIsHalf: i32;
  /** Whether both operands are read along contiguous depth (the right one copied where it isn't), without panels. */
  usesDots: i32;
  /** Whether operands are copied into panels, or read where they lie. */
  packsLeft: i32;
  packsRight: i32;
  /** Rows and columns of the output that one unit computes. */
  unitRows: i32;
  unitColumns: i32;
  /** Units that the rows, the columns and all of one batch item are cut into. */
  rowUnits: i32;
  columnUnits: i32;
  itemUnits: i32;
  /** What is packed at a time. */
  blockRows: i32;
  blockColumns: i32;
  blockDepth: i32;
  /** Slices of k whose products are separate outputs, `splitBytes` apart. */
  splits: i32;
  splitDepth: i32;
  splitBytes: usize;
  batchRank: i32;
}

/** Packs either operand, widening float16. */
@inline
function packOperand<T>(
  isHalf: i32,
  source: usize,
  laneStride: isize,
  depthStride: isize,
  count: i32,
  depth: i32,
  width: i32,
  target: usize,
): void {
  const panelBytes = <usize>(width * depth) * sizeof<T>();
  if (sizeof<T>() == 4 && isFloat<T>()) {
    if (isHalf) {
      packPanels<u16, T>(source, laneStride, depthStride, count, depth, width, target, panelBytes);
      return;
    }
  }
  packPanels<T, T>(source, laneStride, depthStride, count, depth, width, target, panelBytes);
}

/** The part of one batch item's output, over one slice of k, that a unit computes. */
@unmanaged
class Region {
  item: i32;
  left: usize;
  right: usize;
  target: usize;
  rowBegin: i32;
  rowEnd: i32;
  columnBegin: i32;
  columnEnd: i32;
  depthBegin: i32;
  depthEnd: i32;
}

/** Bytes at the start of a thread's scratch for the region and the product. */
@inline
function headBytes(): usize {
  return 64 + productBytes();
}

function locate(args: MatmulArguments, unit: i32, region: Region): void {
  let item = unit;
  let row = 0;
  let column = 0;
  let split = 0;
  // Small items are single units, which shouldn't wait for divisions.
  if (args.itemUnits > 1) {
    row = unit % args.rowUnits;
    unit /= args.rowUnits;
    column = unit % args.columnUnits;
    unit /= args.columnUnits;
    split = unit % args.splits;
    item = unit / args.splits;
  }
  region.item = item;
  region.rowBegin = row * args.unitRows;
  region.rowEnd = min(args.m, region.rowBegin + args.unitRows);
  region.columnBegin = column * args.unitColumns;
  region.columnEnd = min(args.n, region.columnBegin + args.unitColumns);
  region.depthBegin = split * args.splitDepth;
  region.depthEnd = min(args.k, region.depthBegin + args.splitDepth);

  let left = args.left;
  let right = args.right;
  const rank = args.batchRank;
  const sizes = changetype<usize>(args) + offsetof<MatmulArguments>();
  for (let axis = rank - 1; axis >= 0; axis--) {
    const place = sizes + 4 * axis;
    const outer = axis > 0 ? item / load<i32>(place) : 0;
    const coordinate = item - outer * load<i32>(place);
    item = outer;
    left += coordinate * load<i32>(place + 4 * rank);
    right += coordinate * load<i32>(place + 8 * rank);
  }
  region.left = left;
  region.right = right;
  region.target = args.target + split * args.splitBytes + region.item * args.targetItem;
}

/** Multiplies one block of depth for all rows of the region, `columns` columns from `column` on. */
function multiplyBlock<T>(
  args: MatmulArguments,
  region: Region,
  product: Product,
  depthBegin: i32,
  column: i32,
  columns: i32,
  packed: usize,
): void {
  const offsets = changetype<usize>(region) + headBytes();
  const right = region.right + depthBegin * args.rightDepth + column * args.rightColumn;
  const packedLeft = offsets + 4 * args.blockColumns;
  product.columns = columns;
  product.offsets = offsets;
  if (args.packsRight) {
    packOperand<T>(
      args.rightIsHalf, right, args.rightColumn, args.rightDepth, columns, product.depth, panelColumns<T>(), packed,
    );
    usePackedRight(product, packed);
  } else {
    // The last panel may reach beyond the row; what it reads there is dropped.
    product.right = right;
    product.rightStep = args.rightDepth;
    product.rightPanel = panelColumns<T>() * args.rightColumn;
  }
  for (let row = region.rowBegin; row < region.rowEnd; row += args.blockRows) {
    product.rows = min(args.blockRows, region.rowEnd - row);
    product.target = region.target + row * args.targetRow + column * args.targetColumn;
    const left = region.left + row * args.leftRow + depthBegin * args.leftDepth;
    if (args.packsLeft) {
      packOperand<T>(
        args.leftIsHalf, left, args.leftRow, args.leftDepth, product.rows, product.depth, PANEL_ROWS, packedLeft,
      );
      usePackedLeft<T>(product, packedLeft);
    } else {
      product.left = left;
      product.leftRow = args.leftRow;
      product.leftStep = args.leftDepth;
      product.leftPanel = PANEL_ROWS * args.leftRow;
    }
    multiplyPanels<T>(product);
    if (depthBegin + product.depth >= region.depthEnd) {
      finishBlock(args, region.item, row, product.rows, column, columns);
    }
  }
}

/** The same by dot products; `packed` takes right columns that aren't contiguous. */
function multiplyDotBlock<T>(
  args: MatmulArguments,
  region: Region,
  product: Product,
  depthBegin: i32,
  packed: usize,
): void {
  const depth = product.depth;
  const columns = region.columnEnd - region.columnBegin;
  let right = region.right + depthBegin * args.rightDepth + region.columnBegin * args.rightColumn;
  let rightColumn = args.rightColumn;
  if (args.packsRight) {
    for (let column = 0; column < columns; column++) {
      for (let i = 0; i < depth; i++) {
        const value = load<T>(right + column * rightColumn + i * args.rightDepth);
        store<T>(packed + (column * depth + i) * sizeof<T>(), value);
      }
    }
    right = packed;
    rightColumn = depth * sizeof<T>();
  }
  const rows = region.rowEnd - region.rowBegin;
  multiplyDots<T>(
    region.left + region.rowBegin * args.leftRow + depthBegin * args.leftDepth, args.leftRow, right, rightColumn,
    rows, columns, depth, region.target + region.rowBegin * args.targetRow + region.columnBegin * args.targetColumn,
    args.targetRow, args.targetColumn, product.accumulates,
  );
  if (depthBegin + depth >= region.depthEnd) {
    finishBlock(args, region.item, region.rowBegin, rows, region.columnBegin, columns);
  }
}

/** Calls the epilogue on a block of finished output positions. */
function finishBlock(args: MatmulArguments, item: i32, row: i32, rows: i32, column: i32, columns: i32): void {
  if (!args.epilogue) return;
  const width = args.isExchanged ? args.m : args.n;
  const height = args.isExchanged ? args.n : args.m;
  const first = item * height + (args.isExchanged ? column : row);
  const count = args.isExchanged ? columns : rows;
  const begin = args.isExchanged ? row : column;
  const length = args.isExchanged ? rows : columns;
  if (length == width) finish(args.epilogue, first * width, (first + count) * width);
  else {
    for (let i = first; i < first + count; i++) {
      finish(args.epilogue, i * width + begin, i * width + begin + length);
    }
  }
}

function multiplyUnits<T>(args: MatmulArguments, begin: i32, end: i32, scratch: usize): void {
  const region = changetype<Region>(scratch);
  const product = changetype<Product>(scratch + 64);
  const offsets = scratch + headBytes();
  const leftBytes = <usize>(args.blockRows * args.blockDepth) * sizeof<T>();
  const packed = offsets + 4 * args.blockColumns + (args.packsLeft ? leftBytes : 0);
  for (let column = 0; column < args.blockColumns; column++) store<i32>(offsets + 4 * column, column * args.targetColumn);
  product.targetRow = args.targetRow;
  for (let unit = begin; unit < end; unit++) {
    locate(args, unit, region);
    for (let column = region.columnBegin; column < region.columnEnd; column += args.blockColumns) {
      let depth = region.depthBegin;
      do {
        product.depth = min(args.blockDepth, region.depthEnd - depth);
        product.accumulates = depth > region.depthBegin;
        if (args.usesDots) multiplyDotBlock<T>(args, region, product, depth, packed);
        else multiplyBlock<T>(args, region, product, depth, column, min(args.blockColumns, region.columnEnd - column), packed);
        depth += args.blockDepth;
      } while (depth < region.depthEnd);
    }
  }
}

export function matmulFloat32(args: MatmulArguments, begin: i32, end: i32, scratch: usize): void {
  multiplyUnits<f32>(args, begin, end, scratch);
}

export function matmulFloat64(args: MatmulArguments, begin: i32, end: i32, scratch: usize): void {
  multiplyUnits<f64>(args, begin, end, scratch);
}

export function matmulInt32(args: MatmulArguments, begin: i32, end: i32, scratch: usize): void {
  multiplyUnits<i32>(args, begin, end, scratch);
}
