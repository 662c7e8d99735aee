import { columnTablesBytes, prepareColumns } from './columns';
import { ConvolveArguments } from './convolve-arguments';
import { finish } from './epilogue';
import { packPanels, PANEL_ROWS } from './pack';
import { packPatches } from './patches';
import { ceilDivide } from './rounding';
import { multiplyPanels, Product, productBytes, usePackedLeft, usePackedRight } from './tile';

/** Packs depths `begin` to `end` of `rows` rows of the weights, which start at `right`. */
function packWeights<S, T>(
  args: ConvolveArguments,
  right: usize,
  rows: i32,
  begin: i32,
  end: i32,
  target: usize,
): void {
  const inner = args.innerDepth;
  const stride = args.tapsInside ? args.right2 : args.rightChannel;
  const panelBytes = <usize>((end - begin) * PANEL_ROWS) * sizeof<T>();
  for (let depth = begin; depth < end; ) {
    const first = depth % inner;
    const count = min(inner - first, end - depth);
    let outer = depth / inner;
    let source = right + first * stride;
    if (!args.tapsInside) {
      source += (outer % args.taps2) * args.right2;
      outer /= args.taps2;
    }
    source += (outer % args.taps1) * args.right1;
    outer /= args.taps1;
    source += (outer % args.taps0) * args.right0;
    if (args.tapsInside) source += (outer / args.taps0) * args.rightChannel;
    packPanels<S, T>(source, args.rightRow, stride, rows, count, PANEL_ROWS, target, panelBytes);
    target += count * PANEL_ROWS * sizeof<T>();
    depth += count;
  }
}

@inline
function packRight<T>(args: ConvolveArguments, right: usize, rows: i32, begin: i32, end: i32, target: usize): void {
  if (sizeof<T>() == 4 && isFloat<T>()) {
    if (args.rightIsHalf) {
      packWeights<u16, T>(args, right, rows, begin, end, target);
      return;
    }
  }
  packWeights<T, T>(args, right, rows, begin, end, target);
}

@inline
function packLeft<T>(
  args: ConvolveArguments,
  left: usize,
  begin: i32,
  end: i32,
  columns: i32,
  tables: usize,
  target: usize,
): void {
  if (sizeof<T>() == 4 && isFloat<T>()) {
    if (args.leftIsHalf) {
      packPatches<u16, T>(args, left, begin, end, columns, tables, target);
      return;
    }
  }
  packPatches<T, T>(args, left, begin, end, columns, tables, target);
}

/** Bytes of one group's packed weights. */
@inline
function packedBytes<T>(args: ConvolveArguments): usize {
  return <usize>(ceilDivide(args.rows, PANEL_ROWS) * PANEL_ROWS * args.depth) * sizeof<T>();
}

/** Packs all weights of one group and one block of depth. */
@inline
function packUnits<T>(args: ConvolveArguments, begin: i32, end: i32): void {
  const blocks = ceilDivide(args.depth, args.blockDepth);
  for (let unit = begin; unit < end; unit++) {
    const group = unit / blocks;
    const first = (unit % blocks) * args.blockDepth;
    const rowsBytes = <usize>(ceilDivide(args.rows, PANEL_ROWS) * PANEL_ROWS) * sizeof<T>();
    const target = args.packed + group * packedBytes<T>(args) + first * rowsBytes;
    const right = args.right + group * args.rightGroup;
    packRight<T>(args, right, args.rows, first, min(args.depth, first + args.blockDepth), target);
  }
}

/** Some rows and columns of the output of one group, over one slice of the depth. */
function convolveUnit<T>(args: ConvolveArguments, unit: i32, scratch: usize): void {
  const rowBlocks = ceilDivide(args.rows, args.unitRows);
  const columnBlocks = ceilDivide(args.columns, args.unitColumns);
  const rowBegin = (unit % rowBlocks) * args.unitRows;
  unit /= rowBlocks;
  const columnBegin = (unit % columnBlocks) * args.unitColumns;
  unit /= columnBlocks;
  const split = unit % args.splits;
  const group = unit / args.splits;
  const rowEnd = min(args.rows, rowBegin + args.unitRows);
  const columns = min(args.columns - columnBegin, args.unitColumns);
  const depthBegin = split * args.splitDepth;
  const depthEnd = min(args.depth, depthBegin + args.splitDepth);
  const left = args.left + group * args.leftGroup;
  const right = args.right + group * args.rightGroup;
  const target = args.target + split * args.splitBytes + group * args.targetGroup;

  const tables = scratch + productBytes();
  const packedLeft = tables + columnTablesBytes(args.blockColumns);
  const packedRight = packedLeft + <usize>(args.blockColumns * args.blockDepth) * sizeof<T>();
  const offsets = tables + 16 * args.blockColumns;
  prepareColumns<T>(args, columnBegin, columns, tables);
  const product = changetype<Product>(scratch);
  product.columns = columns;
  product.targetRow = args.targetRow;
  product.offsets = offsets;

  let begin = depthBegin;
  do {
    const end = min(begin + args.blockDepth, depthEnd);
    packLeft<T>(args, left, begin, end, columns, tables, packedLeft);
    product.depth = end - begin;
    product.accumulates = begin > depthBegin;
    usePackedRight(product, packedLeft);
    for (let row = rowBegin; row < rowEnd; row += args.blockRows) {
      const rows = min(args.blockRows, rowEnd - row);
      let weights = packedRight;
      if (args.packed) {
        const rowsBytes = <usize>(ceilDivide(args.rows, PANEL_ROWS) * PANEL_ROWS) * sizeof<T>();
        weights = args.packed + group * packedBytes<T>(args) + begin * rowsBytes;
        weights += <usize>(row * (end - begin)) * sizeof<T>();
      } else packRight<T>(args, right + row * args.rightRow, rows, begin, end, weights);
      product.rows = rows;
      product.target = target + row * args.targetRow;
      usePackedLeft<T>(product, weights);
      multiplyPanels<T>(product);
      if (end >= depthEnd && args.epilogue) {
        finishBlock<T>(args, target + row * args.targetRow - args.target, rows, columns, offsets);
      }
    }
    begin += args.blockDepth;
  } while (begin < depthEnd);
}

/** Calls the epilogue on the finished columns of each row: whole rows of the image where there are any, else parts. */
function finishBlock<T>(args: ConvolveArguments, place: usize, rows: i32, columns: i32, offsets: usize): void {
  const width = args.positions2;
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; ) {
      const begin = <i32>((place + load<i32>(offsets + 4 * column)) / sizeof<T>());
      const size = args.positions0 * args.positions1 * width;
      const inRow = begin % width;
      const left = min(columns - column, size - (begin % size));
      const whole = left - (left % width);
      const length = inRow || !whole ? min(left, width - inRow) : whole;
      finish(args.epilogue, begin, begin + length);
      column += length;
    }
    place += args.targetRow;
  }
}

@inline
function convolveUnits<T>(args: ConvolveArguments, begin: i32, end: i32, scratch: usize): void {
  for (let unit = begin; unit < end; unit++) convolveUnit<T>(args, unit, scratch);
}

export function packFloat32(args: ConvolveArguments, begin: i32, end: i32, scratch: usize): void {
  packUnits<f32>(args, begin, end);
}

export function packFloat64(args: ConvolveArguments, begin: i32, end: i32, scratch: usize): void {
  packUnits<f64>(args, begin, end);
}

export function packInt32(args: ConvolveArguments, begin: i32, end: i32, scratch: usize): void {
  packUnits<i32>(args, begin, end);
}

export function convolveFloat32(args: ConvolveArguments, begin: i32, end: i32, scratch: usize): void {
  convolveUnits<f32>(args, begin, end, scratch);
}

export function convolveFloat64(args: ConvolveArguments, begin: i32, end: i32, scratch: usize): void {
  convolveUnits<f64>(args, begin, end, scratch);
}

export function convolveInt32(args: ConvolveArguments, begin: i32, end: i32, scratch: usize): void {
  convolveUnits<i32>(args, begin, end, scratch);
}
