import type { DType } from '@cotangent/ir';
import { byteSize } from '@cotangent/ir';
import { ceilDivide, roundUp } from './plan.js';

/** Rows of the left operand in one packed panel; `PANEL_ROWS` in assembly/pack.ts. */
const panelRows = 4;
/** Bytes of one row of a packed right panel: two vectors. */
const panelRowBytes = 32;

/** How a product is cut up: units for threads, blocks for caches, slices of k for outputs too small to share out. */
export interface Blocking {
  readonly unitRows: number;
  readonly unitColumns: number;
  /** Rows of the left operand packed at a time: with `blockDepth` they fill half of a 256 KiB L2 cache. */
  readonly blockRows: number;
  /** Columns of the right operand packed at a time. */
  readonly blockColumns: number;
  /** Depth packed at a time: a right panel of that depth fills a quarter of the L1 cache. */
  readonly blockDepth: number;
  readonly splits: number;
  readonly splitDepth: number;
}

/** dtype that sums are formed in. */
export const accumulatorOf = (dtype: DType): 'float32' | 'float64' | 'int32' => {
  if (dtype === 'float64') return 'float64';
  return dtype === 'float32' || dtype === 'float16' ? 'float32' : 'int32';
};

/** Type suffix of the entries that work in an accumulator dtype. */
export const suffixes = { float32: 'Float32', float64: 'Float64', int32: 'Int32' } as const;

const maxDepth = 384;
const blockDepth = 256;
const maxBlockRows = 128;

/** Operations below which a unit isn't worth another thread's attention. */
const minUnitOperations = 2 ** 21;
/** Units for each thread, so that uneven threads end together. */
const unitsPerThread = 4;
/** Units that a product without enough rows and columns gets by slicing k, whatever the number of threads. */
const splitUnits = 16;
const minSplitDepth = 1024;

/** Slices of k: they depend on the shape alone, for they decide the order of summation. */
const splitsOf = (items: number, m: number, n: number, k: number): number => {
  const outputUnits = items * ceilDivide(m, 64) * ceilDivide(n, 64);
  return Math.max(1, Math.min(Math.floor(splitUnits / outputUnits), Math.floor(k / minSplitDepth)));
};

/** Depth of the equal blocks, none much above `blockDepth`, that `depth` is cut into. */
const evenDepth = (depth: number): number =>
  depth <= maxDepth ? depth : roundUp(ceilDivide(depth, ceilDivide(depth, blockDepth)), 4);

interface BlockingProblem {
  readonly items: number;
  readonly m: number;
  readonly n: number;
  readonly k: number;
  readonly threads: number;
  /** Depth of a block, where the caller wants a certain one. */
  readonly depth?: number | undefined;
  readonly maxColumns?: number;
  /** Whether the caller can sum slices of k. */
  readonly isSplittable?: boolean;
}

/** Chooses blocks for `items` products of `m` by `k` and `k` by `n`. */
export const chooseBlocking = (
  dtype: 'float32' | 'float64' | 'int32',
  {
    items,
    m,
    n,
    k,
    threads,
    depth: wantedDepth,
    maxColumns = Number.POSITIVE_INFINITY,
    isSplittable = true,
  }: BlockingProblem,
): Blocking => {
  const splits = isSplittable ? splitsOf(items, m, n, k) : 1;
  const splitDepth = splits === 1 ? k : roundUp(ceilDivide(k, splits), 4);
  const depth = wantedDepth ?? evenDepth(splitDepth);
  const panelColumns = panelRowBytes / byteSize(dtype);
  const operations = 2 * items * m * n * k;
  const wanted = threads === 1 ? 1 : Math.min(unitsPerThread * threads, operations / minUnitOperations);
  let rows = m;
  let columns = Math.min(n, maxColumns, 256 * panelColumns);
  while (items * splits * ceilDivide(m, rows) * ceilDivide(n, columns) < wanted) {
    if (rows >= columns && rows > 2 * panelRows) rows = roundUp(ceilDivide(rows, 2), panelRows);
    else if (columns > 2 * panelColumns) columns = roundUp(ceilDivide(columns, 2), panelColumns);
    else break;
  }
  return {
    unitRows: Math.max(1, rows),
    unitColumns: Math.max(1, columns),
    blockRows: roundUp(Math.min(Math.max(1, rows), maxBlockRows), panelRows),
    blockColumns: roundUp(Math.max(1, columns), panelColumns),
    blockDepth: Math.max(1, depth),
    splits: ceilDivide(k, splitDepth) || 1,
    splitDepth: Math.max(1, splitDepth),
  };
};

/** Scratch of one thread: column offsets, a left block and a right block. */
export const blockScratchByteLength = (dtype: DType, { blockRows, blockColumns, blockDepth }: Blocking): number =>
  4 * blockColumns + byteSize(dtype) * blockDepth * (blockRows + blockColumns);
