import { orderedZero, orderKeys, restoreKeys, restoreZeros } from './order';
import {
  countDigits,
  entryBytes,
  findKey,
  keyOffset,
  makeEntries,
  placeDigits,
  scatterEntries,
  splitEntries,
} from './radix';
import { sortByRank } from './rank';

/** What a sort phase reads; `values` or `permutation` is 0 where it isn't asked for. */
@unmanaged
export class SortArguments {
  keys: usize;
  values: usize;
  permutation: usize;
  /** Type of the stored keys, their bytes, and the bits of their ordered forms. */
  keyType: i32;
  keyBytes: i32;
  keyBits: i32;
  length: i32;
  /** All ones for descending order, else 0. */
  flip: i32;
  /** Bits of a radix digit. */
  digitBits: i32;
  /** Whether rows are short enough to sort by rank. */
  ranks: i32;
}

/** Sorts entries by all their digits, to and fro between two buffers, behind which there is room for counts. */
function sortDigits<K, E>(args: SortArguments, entries: usize, other: usize): usize {
  const length = args.length;
  const bits = args.digitBits;
  const counts = max(entries, other) + length * entryBytes<E>();
  for (let shift = 0; shift < args.keyBits; shift += bits) {
    memory.fill(counts, 0, 4 << bits);
    countDigits<K, E>(entries, length, shift, bits, counts);
    if (placeDigits(counts, bits, length)) continue;
    scatterEntries<K, E>(entries, length, shift, bits, counts, other);
    const filled = other;
    other = entries;
    entries = filled;
  }
  return entries;
}

/** Sorts one row: `K` is the ordered key, `E` the entry that moves. */
export function sortRow<K, E>(args: SortArguments, row: i32, scratch: usize): void {
  const length = args.length;
  const rowKeys = args.keys + row * length * args.keyBytes;
  // Room for whole vectors of ordered keys.
  const capacity = (length + 3) & ~3;
  const ordered = scratch;
  const hasNegativeZero = orderKeys<K>(args.keyType, rowKeys, length, args.flip, ordered);
  const hasPositions = keyOffset<K, E>() > 0;
  const permutation = args.permutation + 4 * row * length;
  let sorted = ordered + capacity * sizeof<K>();
  if (args.ranks) {
    sortByRank<K>(ordered, length, sorted, hasPositions ? permutation : 0);
  } else if (hasPositions) {
    makeEntries<K, E>(ordered, length, 0, sorted);
    const entries = sortDigits<K, E>(args, sorted, sorted + length * entryBytes<E>());
    splitEntries<K, E>(entries, length, args.values ? ordered : 0, permutation);
    sorted = ordered;
  } else {
    sorted = sortDigits<K, K>(args, ordered, sorted);
  }
  if (args.values) {
    const values = args.values + row * length * args.keyBytes;
    restoreKeys<K>(args.keyType, sorted, length, args.flip, values);
    if (hasNegativeZero) {
      const first = findKey<K, K>(sorted, length, orderedZero<K>(args.keyType, args.flip));
      restoreZeros<K>(args.keyType, rowKeys, length, values + first * args.keyBytes);
    }
  }
}
