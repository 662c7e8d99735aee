import { ConvolveArguments } from './convolve-arguments';
import { finish } from './epilogue';
import { PANEL_ROWS, PANEL_VECTORS, panelColumns } from './pack';
import { ceilDivide, roundUp, spread } from './rounding';
import { fillRows, loadWeight, RowBlock, rowBlockBytes, rowBlockLength } from './rows';
import { multiplyPanels, Product, productBytes } from './tile';
import { POINTS, TILE, transformGradients, transformPatches, transformWeightProducts } from './winograd';

/*
 * Gradients of 3×3 weights by Winograd's filtering. In the kernel's terms: 3×3 output positions, an image as large as
 * its kernel's taps (the output's gradient), a batch that is the image's channels, and channels that are the images. Lanes
 * are channels, depth is tiles. Slices of the tiles have products of their own, which a second phase adds and transforms.
 */

/** Some tiles of one image, or all tiles of some images. */
@unmanaged
class TileSlice {
  group: i32;
  image: i32;
  images: i32;
  y: i32;
  x: i32;
  height: i32;
  width: i32;
  /** Tiles in all. */
  count: i32;
  /** Distance of points among transformed patches and among transformed gradients, bytes. */
  patchesStep: i32;
  gradientsStep: i32;
  temporary: usize;
  /** Copies of four channels' rows of gradients. */
  gradientRows: usize;
  patches: usize;
  gradients: usize;
}

/** Columns of the products: image channels in whole panels. */
@inline
function columnsOf(args: ConvolveArguments): i32 {
  return roundUp(args.batch, panelColumns<f32>());
}

/** Bytes of one point's products. */
@inline
function productPointBytes(args: ConvolveArguments): i32 {
  return 4 * args.rows * columnsOf(args);
}

/** Transforms the patches of four of the image's channels, from channel `first` on. */
function transformImage(args: ConvolveArguments, rows: RowBlock, slice: TileSlice, image: i32, first: i32): void {
  const source = args.left + slice.group * args.leftGroup + (slice.image + image) * args.leftChannel;
  const blockBytes = rowBlockLength(rows);
  const lanes = min(4, args.batch - first);
  for (let lane = 0; lane < lanes; lane++) {
    fillRows<f32>(
      args, rows, source + (first + lane) * args.leftBatch, args.start0, 0, slice.y * TILE + args.start1,
      rows.rows + lane * blockBytes,
    );
  }
  const tiles = slice.height * slice.width;
  const panel = slice.patches + (first / panelColumns<f32>()) * slice.count * PANEL_VECTORS * 16;
  let target = panel + image * tiles * PANEL_VECTORS * 16 + 4 * (first % panelColumns<f32>());
  for (let y = 0; y < slice.height; y++) {
    let patch = rows.rows + y * TILE * rows.rowBytes;
    for (let x = 0; x < slice.width; x++) {
      transformPatches(
        patch, patch + min(1, lanes - 1) * blockBytes, patch + min(2, lanes - 1) * blockBytes,
        patch + min(3, lanes - 1) * blockBytes, rows.rowBytes, slice.temporary, target, slice.patchesStep,
      );
      patch += 4 * TILE;
      target += PANEL_VECTORS * 16;
    }
  }
}

/** Copies the slice's part of one channel's gradient, with zeros behind its edges. */
function fillGradient(args: ConvolveArguments, slice: TileSlice, source: usize, target: usize): void {
  const width = min(slice.width * TILE, args.taps2 - slice.x * TILE);
  source += slice.x * TILE * args.right2;
  for (let row = 0; row < slice.height * TILE; row++) {
    const tap = slice.y * TILE + row;
    memory.fill(target, 0, slice.width * TILE * 4);
    if (tap < args.taps1) {
      const place = source + tap * args.right1;
      if (args.right2 == 4 && !args.rightIsHalf) memory.copy(target, place, 4 * width);
      else for (let i = 0; i < width; i++) store<f32>(target + 4 * i, loadWeight<f32>(args, place + i * args.right2));
    }
    target += slice.width * TILE * 4;
  }
}

/** Transforms the gradients of four output channels, from channel `first` on. */
function transformOutputs(args: ConvolveArguments, slice: TileSlice, image: i32, first: i32): void {
  const source = args.right + slice.group * args.rightGroup + (slice.image + image) * args.rightChannel;
  const rowBytes = slice.width * TILE * 4;
  const blockBytes = slice.height * TILE * rowBytes;
  const lanes = min(4, args.rows - first);
  for (let lane = 0; lane < lanes; lane++) {
    fillGradient(args, slice, source + (first + lane) * args.rightRow, slice.gradientRows + lane * blockBytes);
  }
  const tiles = slice.height * slice.width;
  let target = slice.gradients + (first / PANEL_ROWS) * slice.count * PANEL_ROWS * 4 + image * tiles * PANEL_ROWS * 4;
  for (let y = 0; y < slice.height; y++) {
    let tile = slice.gradientRows + y * TILE * rowBytes;
    for (let x = 0; x < slice.width; x++) {
      transformGradients(
        tile, tile + min(1, lanes - 1) * blockBytes, tile + min(2, lanes - 1) * blockBytes,
        tile + min(3, lanes - 1) * blockBytes, rowBytes, slice.temporary, target, slice.gradientsStep,
      );
      tile += 4 * TILE;
      target += PANEL_ROWS * 4;
    }
  }
}

/** The products of a slice of all tiles of one group. */
function multiplySlice(args: ConvolveArguments, unit: i32, scratch: usize): void {
  const tileRows = ceilDivide(args.taps1, TILE);
  const tileColumns = ceilDivide(args.taps2, TILE);
  const rowBlocks = ceilDivide(tileRows, args.unitRows);
  const columnBlocks = ceilDivide(tileColumns, args.unitColumns);
  const blocks = rowBlocks * columnBlocks * ceilDivide(args.channels, args.unitImages);
  const split = unit % args.splits;
  const begin = split * args.splitDepth;
  const end = min(blocks, begin + args.splitDepth);

  const rows = changetype<RowBlock>(scratch);
  const slice = changetype<TileSlice>(scratch + rowBlockBytes());
  const product = changetype<Product>(scratch + rowBlockBytes() + 64);
  const columns = columnsOf(args);
  slice.group = unit / args.splits;
  rows.planes = 1;
  rows.height = args.unitRows * TILE + 2;
  rows.phases = 1;
  rows.phaseBytes = args.phaseLength * 4;
  rows.rowBytes = rows.phaseBytes;
  const capacity = args.unitImages * args.unitRows * args.unitColumns;
  slice.patchesStep = spread(4 * capacity * columns);
  slice.gradientsStep = spread(4 * capacity * roundUp(args.rows, PANEL_ROWS));
  product.offsets = changetype<usize>(product) + productBytes();
  slice.temporary = product.offsets + 4 * columns;
  rows.rows = slice.temporary + 16 * POINTS + 256;
  slice.gradientRows = rows.rows + 4 * rowBlockLength(rows);
  slice.patches = slice.gradientRows + 4 * 16 * TILE * args.unitRows * args.unitColumns;
  slice.gradients = slice.patches + POINTS * slice.patchesStep;
  for (let column = 0; column < columns; column++) store<i32>(product.offsets + 4 * column, 4 * column);
  product.rows = args.rows;
  product.columns = columns;
  product.targetRow = 4 * columns;
  product.leftRow = 4;
  product.leftStep = 4 * PANEL_ROWS;
  product.rightStep = 16 * PANEL_VECTORS;
  const target = args.packed + (split * args.groups + slice.group) * POINTS * productPointBytes(args);

  for (let block = begin; block < end; block++) {
    slice.y = (block % rowBlocks) * args.unitRows;
    slice.x = ((block / rowBlocks) % columnBlocks) * args.unitColumns;
    slice.image = (block / rowBlocks / columnBlocks) * args.unitImages;
    slice.height = min(args.unitRows, tileRows - slice.y);
    slice.width = min(args.unitColumns, tileColumns - slice.x);
    slice.images = min(args.unitImages, args.channels - slice.image);
    slice.count = slice.images * slice.height * slice.width;
    rows.x = slice.x * TILE + args.start2;
    // What lies outside is the same for all images and channels of the block.
    memory.fill(rows.rows, 0, 4 * rowBlockLength(rows));
    for (let image = 0; image < slice.images; image++) {
      for (let channel = 0; channel < args.batch; channel += 4) transformImage(args, rows, slice, image, channel);
      for (let row = 0; row < args.rows; row += 4) transformOutputs(args, slice, image, row);
    }
    product.depth = slice.count;
    product.leftPanel = slice.count * product.leftStep;
    product.rightPanel = slice.count * product.rightStep;
    product.accumulates = block > begin;
    for (let point = 0; point < POINTS; point++) {
      product.left = slice.gradients + point * slice.gradientsStep;
      product.right = slice.patches + point * slice.patchesStep;
      product.target = target + point * productPointBytes(args);
      multiplyPanels<f32>(product);
    }
  }
}

/** Adds the slices' products of one output channel and transforms them to weights. */
function finishWeights(args: ConvolveArguments, unit: i32, scratch: usize): void {
  const row = unit % args.rows;
  const group = unit / args.rows;
  const pointBytes = productPointBytes(args);
  const splitBytes = args.groups * POINTS * pointBytes;
  const weights = scratch + 16 * POINTS;
  for (let first = 0; first < args.batch; first += 4) {
    let source = args.packed + group * POINTS * pointBytes + 4 * (row * columnsOf(args) + first);
    for (let point = 0; point < POINTS; point++) {
      let sum = v128.load(source);
      for (let split = 1; split < args.splits; split++) sum = f32x4.add(sum, v128.load(source + split * splitBytes));
      v128.store(scratch + 16 * point, sum);
      source += pointBytes;
    }
    transformWeightProducts(scratch, weights);
    for (let channel = first; channel < min(first + 4, args.batch); channel++) {
      const place = channel * args.targetBatch + group * args.targetGroup + row * args.targetRow;
      for (let tap = 0; tap < 9; tap++) {
        store<f32>(args.target + place + 4 * tap, load<f32>(weights + 16 * tap + 4 * (channel - first)));
      }
      finish(args.epilogue, place / 4, place / 4 + 9);
    }
  }
}

export function winogradSlicesFloat32(args: ConvolveArguments, begin: i32, end: i32, scratch: usize): void {
  for (let unit = begin; unit < end; unit++) multiplySlice(args, unit, scratch);
}

export function winogradSumsFloat32(args: ConvolveArguments, begin: i32, end: i32, scratch: usize): void {
  for (let unit = begin; unit < end; unit++) finishWeights(args, unit, scratch);
}
