import { orderedZero, orderKeys, restoreKeys, restoreZeros } from './order';
import {
  countDigits,
  entryBytes,
  findKey,
  keyOffset,
  makeEntries,
  placeBlockDigits,
  scatterEntries,
  splitEntries,
} from './radix';

/**
 * What the phases of a sort of few long rows read. Blocks of a row are units; each radix pass counts, places and scatters.
 *
 * Behind the arguments of its passes' row, `state` holds one word a pass: whether it moved the entries to the other
 * buffer; then one word a block: whether it has a −0.
 */
@unmanaged
export class SortBlocksArguments {
  keys: usize;
  values: usize;
  permutation: usize;
  state: usize;
  /** Two buffers of entries, rows `capacity` entries apart. */
  entries: usize;
  other: usize;
  /** Counts, then places, of each block's digits. */
  counts: usize;
  /** Type of the stored keys, and their bytes. */
  keyType: i32;
  keyBytes: i32;
  length: i32;
  capacity: i32;
  /** All ones for descending order, else 0. */
  flip: i32;
  digitBits: i32;
  /** Number of this pass; the number of passes in phases outside of one. */
  pass: i32;
  passes: i32;
  blockLength: i32;
  /** Blocks of one row. */
  blocks: i32;
}

/** Address of a row's state. */
@inline
function stateOf(args: SortBlocksArguments, row: i32): usize {
  return args.state + 4 * row * (args.passes + args.blocks);
}

/** The buffer that holds a row's entries before pass `args.pass`, or the one that doesn't. */
function bufferOf<E>(args: SortBlocksArguments, row: i32, isOther: bool): usize {
  let moves = isOther ? 1 : 0;
  for (let pass = 0; pass < args.pass; pass++) moves += load<i32>(stateOf(args, row) + 4 * pass);
  const buffer = moves & 1 ? args.other : args.entries;
  return buffer + row * args.capacity * entryBytes<E>();
}

@inline
function countsOf(args: SortBlocksArguments, unit: i32): usize {
  return args.counts + ((4 * unit) << args.digitBits);
}

@inline
function lengthOf(args: SortBlocksArguments, block: i32): i32 {
  return min(args.blockLength, args.length - block * args.blockLength);
}

/** Writes a block's entries. */
export function orderBlock<K, E>(args: SortBlocksArguments, unit: i32, scratch: usize): void {
  const row = unit / args.blocks;
  const block = unit % args.blocks;
  const first = block * args.blockLength;
  const source = args.keys + (row * args.length + first) * args.keyBytes;
  const target = args.entries + (row * args.capacity + first) * entryBytes<E>();
  const length = lengthOf(args, block);
  const hasPositions = keyOffset<K, E>() > 0;
  const hasNegativeZero = orderKeys<K>(args.keyType, source, length, args.flip, hasPositions ? scratch : target);
  if (hasPositions) makeEntries<K, E>(scratch, length, first, target);
  store<i32>(stateOf(args, row) + 4 * (args.passes + block), i32(hasNegativeZero));
}

export function countBlock<K, E>(args: SortBlocksArguments, unit: i32): void {
  const row = unit / args.blocks;
  const block = unit % args.blocks;
  const entries = bufferOf<E>(args, row, false) + block * args.blockLength * entryBytes<E>();
  const counts = countsOf(args, unit);
  memory.fill(counts, 0, 4 << args.digitBits);
  countDigits<K, E>(entries, lengthOf(args, block), args.pass * args.digitBits, args.digitBits, counts);
}

/** Turns the counts of one row's blocks into places. */
export function placeRow(args: SortBlocksArguments, row: i32): void {
  const isSingle = placeBlockDigits(countsOf(args, row * args.blocks), args.blocks, args.digitBits, args.length);
  store<i32>(stateOf(args, row) + 4 * args.pass, i32(!isSingle));
}

export function scatterBlock<K, E>(args: SortBlocksArguments, unit: i32): void {
  const row = unit / args.blocks;
  const block = unit % args.blocks;
  if (!load<i32>(stateOf(args, row) + 4 * args.pass)) return;
  scatterEntries<K, E>(
    bufferOf<E>(args, row, false) + block * args.blockLength * entryBytes<E>(), lengthOf(args, block),
    args.pass * args.digitBits, args.digitBits, countsOf(args, unit), bufferOf<E>(args, row, true),
  );
}

/** Writes a block of sorted outputs. */
export function finishBlock<K, E>(args: SortBlocksArguments, unit: i32, scratch: usize): void {
  const row = unit / args.blocks;
  const block = unit % args.blocks;
  const first = block * args.blockLength;
  const length = lengthOf(args, block);
  const place = row * args.length + first;
  const entries = bufferOf<E>(args, row, false) + first * entryBytes<E>();
  let sorted = entries;
  if (keyOffset<K, E>() > 0) {
    splitEntries<K, E>(entries, length, args.values ? scratch : 0, args.permutation + 4 * place);
    sorted = scratch;
  }
  if (args.values) restoreKeys<K>(args.keyType, sorted, length, args.flip, args.values + place * args.keyBytes);
}

/** Gives one row's zeros their signs. */
export function signZeros<K, E>(args: SortBlocksArguments, row: i32): void {
  let hasNegativeZero = 0;
  for (let block = 0; block < args.blocks; block++) {
    hasNegativeZero |= load<i32>(stateOf(args, row) + 4 * (args.passes + block));
  }
  if (!args.values || !hasNegativeZero) return;
  const entries = bufferOf<E>(args, row, false);
  const first = findKey<K, E>(entries, args.length, orderedZero<K>(args.keyType, args.flip));
  const start = row * args.length;
  restoreZeros<K>(args.keyType, args.keys + start * args.keyBytes, args.length, args.values + (start + first) * args.keyBytes);
}
