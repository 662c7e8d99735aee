import { SortArguments, sortRow } from './sort';
import { countBlock, finishBlock, orderBlock, placeRow, scatterBlock, signZeros, SortBlocksArguments } from './sort-blocks';

/*
 * The exported phases of sorting: one for each stored key `S`, its ordered form `K` and entries `E` of keys and positions;
 * without a permutation the entries are the keys.
 */

@inline
function sortRows<S, K, E>(args: SortArguments, begin: i32, end: i32, scratch: usize): void {
  for (let row = begin; row < end; row++) {
    if (args.permutation) sortRow<S, K, E>(args, row, scratch);
    else sortRow<S, K, K>(args, row, scratch);
  }
}

@inline
function orderBlocks<S, K, E>(args: SortBlocksArguments, begin: i32, end: i32, scratch: usize): void {
  for (let unit = begin; unit < end; unit++) {
    if (args.permutation) orderBlock<S, K, E>(args, unit, scratch);
    else orderBlock<S, K, K>(args, unit, scratch);
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
function finishBlocks<S, K, E>(args: SortBlocksArguments, begin: i32, end: i32, scratch: usize): void {
  for (let unit = begin; unit < end; unit++) {
    if (args.permutation) finishBlock<S, K, E>(args, unit, scratch);
    else finishBlock<S, K, K>(args, unit, scratch);
  }
}

@inline
function signRows<S, K, E>(args: SortBlocksArguments, begin: i32, end: i32): void {
  for (let row = begin; row < end; row++) {
    if (args.permutation) signZeros<S, K, E>(args, row);
    else signZeros<S, K, K>(args, row);
  }
}

export function placeDigits(args: SortBlocksArguments, begin: i32, end: i32, scratch: usize): void {
  for (let row = begin; row < end; row++) placeRow(args, row);
}

export function countDigits32(args: SortBlocksArguments, begin: i32, end: i32, scratch: usize): void {
  countBlocks<u32, u64>(args, begin, end);
}

export function scatterDigits32(args: SortBlocksArguments, begin: i32, end: i32, scratch: usize): void {
  scatterBlocks<u32, u64>(args, begin, end);
}

export function countDigits64(args: SortBlocksArguments, begin: i32, end: i32, scratch: usize): void {
  countBlocks<u64, v128>(args, begin, end);
}

export function scatterDigits64(args: SortBlocksArguments, begin: i32, end: i32, scratch: usize): void {
  scatterBlocks<u64, v128>(args, begin, end);
}

export function sortFloat32(args: SortArguments, begin: i32, end: i32, scratch: usize): void {
  sortRows<f32, u32, u64>(args, begin, end, scratch);
}

export function orderKeysFloat32(args: SortBlocksArguments, begin: i32, end: i32, scratch: usize): void {
  orderBlocks<f32, u32, u64>(args, begin, end, scratch);
}

export function restoreKeysFloat32(args: SortBlocksArguments, begin: i32, end: i32, scratch: usize): void {
  finishBlocks<f32, u32, u64>(args, begin, end, scratch);
}

export function signZerosFloat32(args: SortBlocksArguments, begin: i32, end: i32, scratch: usize): void {
  signRows<f32, u32, u64>(args, begin, end);
}

export function sortFloat16(args: SortArguments, begin: i32, end: i32, scratch: usize): void {
  sortRows<u16, u32, u64>(args, begin, end, scratch);
}

export function orderKeysFloat16(args: SortBlocksArguments, begin: i32, end: i32, scratch: usize): void {
  orderBlocks<u16, u32, u64>(args, begin, end, scratch);
}

export function restoreKeysFloat16(args: SortBlocksArguments, begin: i32, end: i32, scratch: usize): void {
  finishBlocks<u16, u32, u64>(args, begin, end, scratch);
}

export function signZerosFloat16(args: SortBlocksArguments, begin: i32, end: i32, scratch: usize): void {
  signRows<u16, u32, u64>(args, begin, end);
}

export function sortFloat64(args: SortArguments, begin: i32, end: i32, scratch: usize): void {
  sortRows<f64, u64, v128>(args, begin, end, scratch);
}

export function orderKeysFloat64(args: SortBlocksArguments, begin: i32, end: i32, scratch: usize): void {
  orderBlocks<f64, u64, v128>(args, begin, end, scratch);
}

export function restoreKeysFloat64(args: SortBlocksArguments, begin: i32, end: i32, scratch: usize): void {
  finishBlocks<f64, u64, v128>(args, begin, end, scratch);
}

export function signZerosFloat64(args: SortBlocksArguments, begin: i32, end: i32, scratch: usize): void {
  signRows<f64, u64, v128>(args, begin, end);
}

export function sortInt32(args: SortArguments, begin: i32, end: i32, scratch: usize): void {
  sortRows<i32, u32, u64>(args, begin, end, scratch);
}

export function orderKeysInt32(args: SortBlocksArguments, begin: i32, end: i32, scratch: usize): void {
  orderBlocks<i32, u32, u64>(args, begin, end, scratch);
}

export function restoreKeysInt32(args: SortBlocksArguments, begin: i32, end: i32, scratch: usize): void {
  finishBlocks<i32, u32, u64>(args, begin, end, scratch);
}

export function sortUint32(args: SortArguments, begin: i32, end: i32, scratch: usize): void {
  sortRows<u32, u32, u64>(args, begin, end, scratch);
}

export function orderKeysUint32(args: SortBlocksArguments, begin: i32, end: i32, scratch: usize): void {
  orderBlocks<u32, u32, u64>(args, begin, end, scratch);
}

export function restoreKeysUint32(args: SortBlocksArguments, begin: i32, end: i32, scratch: usize): void {
  finishBlocks<u32, u32, u64>(args, begin, end, scratch);
}

export function sortBool(args: SortArguments, begin: i32, end: i32, scratch: usize): void {
  sortRows<u8, u32, u64>(args, begin, end, scratch);
}

export function orderKeysBool(args: SortBlocksArguments, begin: i32, end: i32, scratch: usize): void {
  orderBlocks<u8, u32, u64>(args, begin, end, scratch);
}

export function restoreKeysBool(args: SortBlocksArguments, begin: i32, end: i32, scratch: usize): void {
  finishBlocks<u8, u32, u64>(args, begin, end, scratch);
}
