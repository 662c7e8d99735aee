import { SortArguments, sortRow } from './sort';
import { countBlock, finishBlock, orderBlock, placeRow, scatterBlock, signZeros, SortBlocksArguments } from './sort-blocks';

/*
 * The exported phases of sorting, for ordered keys of 32 and of 64 bits. Entries hold keys and positions, or where no
 * permutation is asked for, keys alone.
 */

@inline
function sortRows<K, E>(args: SortArguments, begin: i32, end: i32, scratch: usize): void {
  for (let row = begin; row < end; row++) {
    if (args.permutation) sortRow<K, E>(args, row, scratch);
    else sortRow<K, K>(args, row, scratch);
  }
}

@inline
function orderBlocks<K, E>(args: SortBlocksArguments, begin: i32, end: i32, scratch: usize): void {
  for (let unit = begin; unit < end; unit++) {
    if (args.permutation) orderBlock<K, E>(args, unit, scratch);
    else orderBlock<K, K>(args, unit, scratch);
  }
}

@inline
function countBlocks<K, E>(args: SortBlocksArguments, begin: i32, end: i32): void {
  for (let unit = begin; unit < end; unit++) {
    if (args.permutation) countBlock<K, E>(args, unit);
    else countBlock<K, K>(args, unit);
  }
}

@inline
function scatterBlocks<K, E>(args: SortBlocksArguments, begin: i32, end: i32): void {
  for (let unit = begin; unit < end; unit++) {
    if (args.permutation) scatterBlock<K, E>(args, unit);
    else scatterBlock<K, K>(args, unit);
  }
}

@inline
function finishBlocks<K, E>(args: SortBlocksArguments, begin: i32, end: i32, scratch: usize): void {
  for (let unit = begin; unit < end; unit++) {
    if (args.permutation) finishBlock<K, E>(args, unit, scratch);
    else finishBlock<K, K>(args, unit, scratch);
  }
}

@inline
function signRows<K, E>(args: SortBlocksArguments, begin: i32, end: i32): void {
  for (let row = begin; row < end; row++) {
    if (args.permutation) signZeros<K, E>(args, row);
    else signZeros<K, K>(args, row);
  }
}

export function placeDigits(args: SortBlocksArguments, begin: i32, end: i32, scratch: usize): void {
  for (let row = begin; row < end; row++) placeRow(args, row);
}

export function sortRows32(args: SortArguments, begin: i32, end: i32, scratch: usize): void {
  sortRows<u32, u64>(args, begin, end, scratch);
}

export function orderKeys32(args: SortBlocksArguments, begin: i32, end: i32, scratch: usize): void {
  orderBlocks<u32, u64>(args, begin, end, scratch);
}

export function countDigits32(args: SortBlocksArguments, begin: i32, end: i32, scratch: usize): void {
  countBlocks<u32, u64>(args, begin, end);
}

export function scatterDigits32(args: SortBlocksArguments, begin: i32, end: i32, scratch: usize): void {
  scatterBlocks<u32, u64>(args, begin, end);
}

export function restoreKeys32(args: SortBlocksArguments, begin: i32, end: i32, scratch: usize): void {
  finishBlocks<u32, u64>(args, begin, end, scratch);
}

export function signZeros32(args: SortBlocksArguments, begin: i32, end: i32, scratch: usize): void {
  signRows<u32, u64>(args, begin, end);
}

export function sortRows64(args: SortArguments, begin: i32, end: i32, scratch: usize): void {
  sortRows<u64, v128>(args, begin, end, scratch);
}

export function orderKeys64(args: SortBlocksArguments, begin: i32, end: i32, scratch: usize): void {
  orderBlocks<u64, v128>(args, begin, end, scratch);
}

export function countDigits64(args: SortBlocksArguments, begin: i32, end: i32, scratch: usize): void {
  countBlocks<u64, v128>(args, begin, end);
}

export function scatterDigits64(args: SortBlocksArguments, begin: i32, end: i32, scratch: usize): void {
  scatterBlocks<u64, v128>(args, begin, end);
}

export function restoreKeys64(args: SortBlocksArguments, begin: i32, end: i32, scratch: usize): void {
  finishBlocks<u64, v128>(args, begin, end, scratch);
}

export function signZeros64(args: SortBlocksArguments, begin: i32, end: i32, scratch: usize): void {
  signRows<u64, v128>(args, begin, end);
}
