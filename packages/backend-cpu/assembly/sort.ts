import { keyBits, orderedZero, orderKeys, restoreKeys, restoreZeros } from './order';
import {
  countDigits,
  entryBytes,
  findKey,
  keyOffset,
  makeEntries,
  mergeSort,
  placeDigits,
  scatterEntries,
  splitEntries,
} from './radix';

/** What a sort phase reads; `values` or `permutation` is 0 where it isn't asked for. */
@unmanaged
export class SortArguments {
  keys: usize;
  values: usize;
  permutation: usize;
  length: i32;
  /** All ones for descending order, else 0. */
  flip: i32;
  /** Bits of a radix digit. */
  digitBits: i32;
  /** Whether rows are short enough to merge. */
  merges: i32;
}

/** Sorts one row: `S` is the stored key, `K` its ordered form, `E` the entry that moves. */
export function sortRow<S, K, E>(args: SortArguments, row: i32, scratch: usize): void {
  const length = args.length;
  const rowKeys = args.keys + row * length * sizeof<S>();
  // Room for whole vectors of ordered keys.
  const capacity = (length + 3) & ~3;
  const ordered = scratch;
  let entries = ordered + capacity * sizeof<K>();
  let other = entries + length * entryBytes<E>();
  const hasNegativeZero = orderKeys<S>(rowKeys, length, args.flip, ordered);
  const hasPositions = keyOffset<K, E>() > 0;
  if (hasPositions) makeEntries<K, E>(ordered, length, 0, entries);
  else {
    other = entries;
    entries = ordered;
  }
  if (args.merges) {
    entries = mergeSort<K, E>(entries, other, length);
  } else {
    const counts = scratch + capacity * sizeof<K>() + (hasPositions ? 2 : 1) * length * entryBytes<E>();
    const bits = args.digitBits;
    for (let shift = 0; shift < keyBits<S>(); shift += bits) {
      memory.fill(counts, 0, 4 << bits);
      countDigits<K, E>(entries, length, shift, bits, counts);
      if (placeDigits(counts, bits, length)) continue;
      scatterEntries<K, E>(entries, length, shift, bits, counts, other);
      const filled = other;
      other = entries;
      entries = filled;
    }
  }
  let sorted = entries;
  if (hasPositions) {
    splitEntries<K, E>(entries, length, args.values ? ordered : 0, args.permutation + 4 * row * length);
    sorted = ordered;
  }
  if (args.values) {
    const values = args.values + row * length * sizeof<S>();
    restoreKeys<S>(sorted, length, args.flip, values);
    if (hasNegativeZero) {
      const first = findKey<K, K>(sorted, length, <K>orderedZero<S>(args.flip));
      restoreZeros<S>(rowKeys, length, values + first * sizeof<S>());
    }
  }
}
