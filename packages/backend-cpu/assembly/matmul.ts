import { finish } from './epilogue';
import { packPanels, PANEL_ROWS, panelColumns } from './pack';
import { multiplyPanels, tileBytes } from './tile';

/** What a matmul phase reads; strides are bytes. Behind it lie `batchRank` sizes, left strides and right strides. */
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
  leftIsHalf: i32;
  rightIsHalf: i32;
  /** Rows and columns of the output that one unit computes. */
  unitRows: i32;
  unitColumns: i32;
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

@inline
function ceilDivide(dividend: i32, divisor: i32): i32 {
  return (dividend + divisor - 1) / divisor;
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

/** One block of the output of one batch item and one slice of k. */
function multiplyUnit<T>(args: MatmulArguments, unit: i32, scratch: usize): void {
  const rowBlocks = ceilDivide(args.m, args.unitRows);
  const columnBlocks = ceilDivide(args.n, args.unitColumns);
  const rowBegin = (unit % rowBlocks) * args.unitRows;
  unit /= rowBlocks;
  const columnBegin = (unit % columnBlocks) * args.unitColumns;
  unit /= columnBlocks;
  const depthBegin = (unit % args.splits) * args.splitDepth;
  let target = args.target + <usize>(unit % args.splits) * args.splitBytes;
  const item = unit / args.splits;
  const rowEnd = min(args.m, rowBegin + args.unitRows);
  const columnEnd = min(args.n, columnBegin + args.unitColumns);
  const depthEnd = min(args.k, depthBegin + args.splitDepth);

  let left = args.left;
  let right = args.right;
  const rank = args.batchRank;
  const sizes = changetype<usize>(args) + offsetof<MatmulArguments>();
  for (let axis = rank - 1, rest = item; axis >= 0; axis--) {
    const place = sizes + 4 * axis;
    const size = load<i32>(place);
    const coordinate = rest % size;
    rest /= size;
    left += coordinate * load<i32>(place + 4 * rank);
    right += coordinate * load<i32>(place + 8 * rank);
  }
  const rowBytes = <usize>args.n * sizeof<T>();
  target += <usize>item * args.m * rowBytes;

  const offsets = scratch + tileBytes<T>();
  const packedLeft = offsets + 4 * args.blockColumns;
  const packedRight = packedLeft + <usize>(args.blockRows * args.blockDepth) * sizeof<T>();
  for (let column = 0; column < args.blockColumns; column++) store<i32>(offsets + 4 * column, column * sizeof<T>());

  for (let column = columnBegin; column < columnEnd; column += args.blockColumns) {
    const columns = min(args.blockColumns, columnEnd - column);
    let k = depthBegin;
    do {
      const depth = min(args.blockDepth, depthEnd - k);
      const rightBlock = right + k * args.rightDepth + column * args.rightColumn;
      packOperand<T>(
        args.rightIsHalf, rightBlock, args.rightColumn, args.rightDepth, columns, depth, panelColumns<T>(), packedRight,
      );
      for (let row = rowBegin; row < rowEnd; row += args.blockRows) {
        const rows = min(args.blockRows, rowEnd - row);
        const leftBlock = left + row * args.leftRow + k * args.leftDepth;
        packOperand<T>(args.leftIsHalf, leftBlock, args.leftRow, args.leftDepth, rows, depth, PANEL_ROWS, packedLeft);
        const place = target + row * rowBytes + column * sizeof<T>();
        multiplyPanels<T>(
          packedLeft, packedRight, rows, columns, depth, place, rowBytes, offsets, k > depthBegin, scratch,
        );
        if (k + depth >= depthEnd) finishBlock(args, item * args.m + row, rows, column, columns);
      }
      k += args.blockDepth;
    } while (k < depthEnd);
  }
}

@inline
function finishBlock(args: MatmulArguments, row: i32, rows: i32, column: i32, columns: i32): void {
  if (!args.epilogue) return;
  if (columns == args.n) finish(args.epilogue, row * args.n, (row + rows) * args.n);
  else {
    for (let i = row; i < row + rows; i++) finish(args.epilogue, i * args.n + column, i * args.n + column + columns);
  }
}

@inline
function multiplyUnits<T>(args: MatmulArguments, begin: i32, end: i32, scratch: usize): void {
  for (let unit = begin; unit < end; unit++) multiplyUnit<T>(args, unit, scratch);
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
