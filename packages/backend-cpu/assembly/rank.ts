import { laneCount } from './vector';

/** Ordered keys as signed lanes, where the engine compares only those. */
@inline
function signed<K>(keys: v128): v128 {
  return sizeof<K>() == 8 ? v128.xor(keys, i64x2.splat(i64.MIN_VALUE)) : keys;
}

/** All ones where `a ≥ b`. */
@inline
function isAtLeast<K>(a: v128, b: v128): v128 {
  return sizeof<K>() == 8 ? i64x2.ge_s(a, b) : i32x4.ge_u(a, b);
}

/** Adds to `ranks`, lane by lane, whether `key` comes before; an equal one does where `winsTies`. */
@inline
function countBefore<K>(ranks: v128, keys: v128, key: v128, winsTies: v128): v128 {
  const isAfter = isAtLeast<K>(key, keys);
  const isBefore = v128.bitselect(isAtLeast<K>(keys, key), v128.not(isAfter), winsTies);
  return v128.sub<K>(ranks, isBefore);
}

/**
 * Sorts a short row of ordered keys: each element's place is the number of those before it, counted for a vector of
 * elements at a time. `sorted` gets the keys and `positions`, unless 0, where they came from.
 */
export function sortByRank<K>(keys: usize, length: i32, sorted: usize, positions: usize): void {
  const lanes = laneCount<K>();
  const ones = i32x4.splat(-1);
  for (let first = 0; first < length; first += lanes) {
    const own = signed<K>(v128.load(keys + first * sizeof<K>()));
    let ranks = i32x4.splat(0);
    let other = keys;
    for (let i = 0; i < first; i++) {
      ranks = v128.sub<K>(ranks, isAtLeast<K>(own, signed<K>(v128.load_splat<K>(other))));
      other += sizeof<K>();
    }
    // Among neighbours in the vector, later lanes let earlier ones win.
    let winsTies = ones;
    const end = min(length, first + lanes);
    for (let i = first; i < end; i++) {
      winsTies = sizeof<K>() == 8 ? v128.shuffle<i64>(i32x4.splat(0), winsTies, 0, 2) : v128.shuffle<i32>(i32x4.splat(0), winsTies, 0, 4, 5, 6);
      ranks = countBefore<K>(ranks, own, signed<K>(v128.load_splat<K>(other)), winsTies);
      other += sizeof<K>();
    }
    // What comes later counts unless this is less or equal.
    ranks = v128.add<K>(ranks, v128.splat<K>(<K>(length - end)));
    for (let i = end; i < length; i++) {
      ranks = v128.add<K>(ranks, isAtLeast<K>(signed<K>(v128.load_splat<K>(other)), own));
      other += sizeof<K>();
    }
    for (let i = first; i < end; i++) {
      const rank = rankAt<K>(ranks, i - first);
      store<K>(sorted + rank * sizeof<K>(), load<K>(keys + i * sizeof<K>()));
      if (positions) store<i32>(positions + 4 * rank, i);
    }
  }
}

/** One lane of the ranks. */
@inline
function rankAt<K>(ranks: v128, lane: i32): i32 {
  if (sizeof<K>() == 8) return <i32>(lane ? i64x2.extract_lane(ranks, 1) : i64x2.extract_lane(ranks, 0));
  const low = lane & 1 ? i32x4.extract_lane(ranks, 1) : i32x4.extract_lane(ranks, 0);
  const high = lane & 1 ? i32x4.extract_lane(ranks, 3) : i32x4.extract_lane(ranks, 2);
  return lane & 2 ? high : low;
}
