import { ConvolveArguments } from './convolve-arguments';
import { finish } from './epilogue';
import { PANEL_ROWS, PANEL_VECTORS, panelColumns } from './pack';
import { ceilDivide, roundUp, spread } from './rounding';
import { fillRows, loadWeight, RowBlock, rowBlockBytes } from './rows';
import { multiplyPanels, Product, productBytes, usePackedLeft, usePackedRight } from './tile';
import { PATCH, POINTS, TILE, transformPatches, transformProducts, transformTaps } from './winograd';

/*
 * 3×3 convolutions with step 1 by Winograd's minimal filtering: 36 products of transformed weights and transformed
 * tiles do the work of 144.
 */

/** Bytes of one point of one group's transformed weights, in packed left panels. */
@inline
function pointBytes(args: ConvolveArguments): i32 {
  return 4 * roundUp(args.rows, PANEL_ROWS) * args.channels;
}

/** Transforms the weights of four output channels of one group. */
function transformWeights(args: ConvolveArguments, unit: i32, scratch: usize): void {
  const panels = ceilDivide(args.rows, PANEL_ROWS);
  const group = unit / panels;
  const first = (unit % panels) * PANEL_ROWS;
  const right = args.right + group * args.rightGroup;
  const target = args.packed + (group * POINTS) * pointBytes(args) + 4 * first * args.channels;
  for (let channel = 0; channel < args.channels; channel++) {
    for (let lane = 0; lane < PANEL_ROWS; lane++) {
      const row = first + lane;
      const source = right + row * args.rightRow + channel * args.rightChannel;
      for (let tap = 0; tap < 9; tap++) {
        const place = source + (tap / 3) * args.right1 + (tap % 3) * args.right2;
        store<f32>(scratch + 16 * tap + 4 * lane, row < args.rows ? loadWeight<f32>(args, place) : 0);
      }
    }
    transformTaps(scratch, scratch + 256, target + 16 * channel, pointBytes(args));
  }
}

/** What a unit works on, at the start of its scratch, behind the row block. */
@unmanaged
class TileBlock {
  image: i32;
  group: i32;
  p0: i32;
  /** First tile, and tiles of one image, along both axes. */
  y: i32;
  x: i32;
  height: i32;
  width: i32;
  /** Tiles of one image, filled up to whole vectors. */
  perImage: i32;
  images: i32;
  /** Distance of points among transformed tiles and among products, bytes: a line more than a multiple of a page. */
  tilesStep: i32;
  productsStep: i32;
  temporary: usize;
  transformed: usize;
  products: usize;
}

/** Tiles of all images of a unit, in whole panels. */
@inline
function columnsOf(block: TileBlock): i32 {
  return roundUp(block.images * block.perImage, panelColumns<f32>());
}

/** Copies and transforms the unit's part of one channel of one image. */
function transformChannel(args: ConvolveArguments, rows: RowBlock, block: TileBlock, image: i32, channel: i32): void {
  const source = args.left + (block.image + image) * args.leftBatch + block.group * args.leftGroup + channel * args.leftChannel;
  const z = block.p0 * args.step0 + args.start0;
  fillRows<f32>(args, rows, source, z, 0, block.y * TILE + args.start1, rows.rows);
  const tiles = block.height * block.width;
  const panelBytes = args.channels * PANEL_VECTORS * 16;
  for (let first = 0; first < tiles; first += 4) {
    const column = image * block.perImage + first;
    const target = block.transformed + (column / panelColumns<f32>()) * panelBytes + channel * PANEL_VECTORS * 16 +
      4 * (column % panelColumns<f32>());
    transformPatches(
      patchOf(rows, block, first), patchOf(rows, block, min(first + 1, tiles - 1)),
      patchOf(rows, block, min(first + 2, tiles - 1)), patchOf(rows, block, min(first + 3, tiles - 1)), rows.rowBytes,
      block.temporary, target, block.tilesStep,
    );
  }
}

@inline
function patchOf(rows: RowBlock, block: TileBlock, tile: i32): usize {
  const y = tile / block.width;
  return rows.rows + y * TILE * rows.rowBytes + (tile - y * block.width) * TILE * 4;
}

/** Writes the unit's part of one output channel of one image. */
function writeOutputs(args: ConvolveArguments, block: TileBlock, image: i32, row: i32): void {
  const tiles = block.height * block.width;
  const target = args.target + (block.image + image) * args.targetBatch + block.group * args.targetGroup +
    row * args.targetRow + block.p0 * args.target0;
  const products = block.products + 4 * (row * columnsOf(block) + image * block.perImage);
  const outputs = block.temporary + 16 * POINTS;
  for (let first = 0; first < tiles; first += 4) {
    transformProducts(products + 4 * first, block.productsStep, block.temporary, outputs);
    for (let tile = first; tile < min(first + 4, tiles); tile++) {
      const y = tile / block.width;
      const p1 = (block.y + y) * TILE;
      const p2 = (block.x + tile - y * block.width) * TILE;
      const height = min(TILE, args.positions1 - p1);
      const width = min(TILE, args.positions2 - p2);
      let source = outputs + 64 * (tile - first);
      let place = target + p1 * args.target1 + 4 * p2;
      for (let r = 0; r < height; r++) {
        if (width == TILE) v128.store(place, v128.load(source));
        else memory.copy(place, source, 4 * width);
        source += 16;
        place += args.target1;
      }
    }
  }
}

/** Calls the epilogue on the unit's part of one output channel of one image. */
function finishOutputs(args: ConvolveArguments, block: TileBlock, image: i32, row: i32): void {
  const width = args.positions2;
  const rows = (((block.image + image) * args.groups + block.group) * args.rows + row) * args.positions0 + block.p0;
  const begin = block.y * TILE;
  const end = min(args.positions1, begin + block.height * TILE);
  const x = block.x * TILE;
  const xEnd = min(width, x + block.width * TILE);
  if (xEnd - x == width) finish(args.epilogue, (rows * args.positions1 + begin) * width, (rows * args.positions1 + end) * width);
  else {
    for (let y = begin; y < end; y++) {
      const line = (rows * args.positions1 + y) * width;
      finish(args.epilogue, line + x, line + xEnd);
    }
  }
}

/** All output channels of one group, for some tiles of one image, or all tiles of some images. */
function convolveTiles(args: ConvolveArguments, unit: i32, scratch: usize): void {
  const tileRows = ceilDivide(args.positions1, TILE);
  const tileColumns = ceilDivide(args.positions2, TILE);
  const rowUnits = ceilDivide(tileRows, args.unitRows);
  const columnUnits = ceilDivide(tileColumns, args.unitColumns);
  const imageUnits = ceilDivide(args.batch, args.unitImages);
  const rows = changetype<RowBlock>(scratch);
  const block = changetype<TileBlock>(scratch + rowBlockBytes());
  block.y = (unit % rowUnits) * args.unitRows;
  unit /= rowUnits;
  block.x = (unit % columnUnits) * args.unitColumns;
  unit /= columnUnits;
  block.p0 = unit % args.positions0;
  unit /= args.positions0;
  block.image = (unit % imageUnits) * args.unitImages;
  block.group = unit / imageUnits;
  block.images = min(args.unitImages, args.batch - block.image);
  block.height = min(args.unitRows, tileRows - block.y);
  block.width = min(args.unitColumns, tileColumns - block.x);
  block.perImage = roundUp(block.height * block.width, 4);
  const columns = columnsOf(block);
  block.tilesStep = spread(4 * columns * args.channels);
  block.productsStep = spread(4 * columns * args.rows);

  rows.x = block.x * TILE + args.start2;
  rows.planes = 1;
  rows.height = args.unitRows * TILE + 2;
  rows.phases = 1;
  rows.phaseBytes = args.phaseLength * 4;
  rows.rowBytes = rows.phaseBytes;
  const product = changetype<Product>(scratch + rowBlockBytes() + 64);
  const offsets = changetype<usize>(product) + productBytes();
  block.temporary = offsets + 4 * columns;
  rows.rows = block.temporary + 16 * POINTS + 256;
  block.transformed = rows.rows + rows.height * rows.rowBytes;
  block.products = block.transformed + POINTS * block.tilesStep;

  for (let image = 0; image < block.images; image++) {
    // What lies outside is the same for all channels of one image.
    memory.fill(rows.rows, 0, rows.height * rows.rowBytes);
    for (let channel = 0; channel < args.channels; channel++) transformChannel(args, rows, block, image, channel);
  }
  for (let column = 0; column < columns; column++) store<i32>(offsets + 4 * column, 4 * column);
  product.offsets = offsets;
  product.rows = args.rows;
  product.columns = columns;
  product.depth = args.channels;
  product.targetRow = 4 * columns;
  product.accumulates = false;
  for (let point = 0; point < POINTS; point++) {
    usePackedLeft<f32>(product, args.packed + (block.group * POINTS + point) * pointBytes(args));
    usePackedRight(product, block.transformed + point * block.tilesStep);
    product.target = block.products + point * block.productsStep;
    multiplyPanels<f32>(product);
  }
  for (let image = 0; image < block.images; image++) {
    for (let row = 0; row < args.rows; row++) {
      writeOutputs(args, block, image, row);
      if (args.epilogue) finishOutputs(args, block, image, row);
    }
  }
}

export function winogradWeightsFloat32(args: ConvolveArguments, begin: i32, end: i32, scratch: usize): void {
  for (let unit = begin; unit < end; unit++) transformWeights(args, unit, scratch);
}

export function winogradFloat32(args: ConvolveArguments, begin: i32, end: i32, scratch: usize): void {
  for (let unit = begin; unit < end; unit++) convolveTiles(args, unit, scratch);
}
