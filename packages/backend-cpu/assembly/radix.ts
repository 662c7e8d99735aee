/**
 * Stable sorting of entries: an ordered key `K`, alone (`E` is `K`) or above a 32-bit position (`E` twice as wide).
 * `u32` keys with positions are `u64` entries; `u64` keys with positions are `v128` entries.
 */

/** Where the key lies in an entry, bytes. */
@inline
export function keyOffset<K, E>(): usize {
  return entryBytes<E>() - sizeof<K>();
}

@inline
export function entryBytes<E>(): usize {
  return isVector<E>() ? 16 : sizeof<E>();
}

@inline
function keyOf<K, E>(entry: usize): K {
  return load<K>(entry, keyOffset<K, E>());
}

@inline
function copyEntry<E>(source: usize, target: usize): void {
  if (isVector<E>()) v128.store(target, v128.load(source));
  else store<E>(target, load<E>(source));
}

/** Entries from ordered keys, at positions from `first` on. */
export function makeEntries<K, E>(keys: usize, length: i32, first: i32, target: usize): void {
  for (let i = 0; i < length; i++) {
    if (keyOffset<K, E>() > 0) store<u32>(target, first + i);
    store<K>(target, load<K>(keys), keyOffset<K, E>());
    keys += sizeof<K>();
    target += entryBytes<E>();
  }
}

/** Splits entries into ordered keys and positions; either pointer may be 0. */
export function splitEntries<K, E>(entries: usize, length: i32, keys: usize, positions: usize): void {
  for (let i = 0; i < length; i++) {
    if (keys) store<K>(keys + i * sizeof<K>(), keyOf<K, E>(entries));
    if (positions) store<u32>(positions + 4 * i, load<u32>(entries));
    entries += entryBytes<E>();
  }
}

/** Counts the digits of `bits` bits at `shift` into `counts`. */
export function countDigits<K, E>(
  entries: usize,
  length: i32,
  shift: i32,
  bits: i32,
  counts: usize,
): void {
  const mask = (1 << bits) - 1;
  for (let i = 0; i < length; i++) {
    const digit = <i32>(keyOf<K, E>(entries) >> <K>shift) & mask;
    const count = counts + 4 * digit;
    store<u32>(count, load<u32>(count) + 1);
    entries += entryBytes<E>();
  }
}

/** Turns counts into first places; returns whether all `length` entries share one digit. */
export function placeDigits(counts: usize, bits: i32, length: i32): bool {
  let place = 0;
  for (let digit = 0; digit < 1 << bits; digit++) {
    const count = load<i32>(counts);
    if (count == length) return true;
    store<i32>(counts, place);
    place += count;
    counts += 4;
  }
  return false;
}

/** The same for the counts of neighbouring blocks, where a digit's entries lie in the order of blocks. */
export function placeBlockDigits(counts: usize, blocks: i32, bits: i32, length: i32): bool {
  const step = 4 << bits;
  const end = counts + blocks * step;
  let place = 0;
  for (let digit = 0; digit < 1 << bits; digit++) {
    const start = place;
    for (let count = counts + 4 * digit; count < end; count += step) {
      const next = place + load<i32>(count);
      store<i32>(count, place);
      place = next;
    }
    if (place - start == length) return true;
  }
  return false;
}

/** Moves entries to the places of their digits, in order. */
export function scatterEntries<K, E>(
  entries: usize,
  length: i32,
  shift: i32,
  bits: i32,
  places: usize,
  target: usize,
): void {
  const mask = (1 << bits) - 1;
  for (let i = 0; i < length; i++) {
    const digit = <i32>(keyOf<K, E>(entries) >> <K>shift) & mask;
    const place = load<u32>(places + 4 * digit);
    store<u32>(places + 4 * digit, place + 1);
    copyEntry<E>(entries, target + place * entryBytes<E>());
    entries += entryBytes<E>();
  }
}

/** First place of `key` among sorted entries. */
export function findKey<K, E>(entries: usize, length: i32, key: K): i32 {
  let low = 0;
  let high = length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (keyOf<K, E>(entries + middle * entryBytes<E>()) < key) low = middle + 1;
    else high = middle;
  }
  return low;
}
