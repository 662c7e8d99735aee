import { finish } from './epilogue';

/** Adds `count` partial outputs, `stride` bytes apart, in order. */
@unmanaged
export class SumArguments {
  source: usize;
  target: usize;
  epilogue: usize;
  length: i32;
  count: i32;
  stride: usize;
  /** Elements, a multiple of four. */
  unitLength: i32;
}

@inline
function sumUnits<T>(args: SumArguments, begin: i32, end: i32): void {
  for (let unit = begin; unit < end; unit++) {
    const first = unit * args.unitLength;
    const last = min(args.length, first + args.unitLength);
    for (let position = first; position < last; position += 16 / sizeof<T>()) {
      let source = args.source + position * sizeof<T>();
      let sum = v128.load(source);
      for (let i = 1; i < args.count; i++) {
        source += args.stride;
        sum = v128.add<T>(sum, v128.load(source));
      }
      const place = args.target + position * sizeof<T>();
      if (position + <i32>(16 / sizeof<T>()) <= last) v128.store(place, sum);
      else storePart<T>(place, sum, last - position);
    }
    finish(args.epilogue, first, last);
  }
}

@inline
function storePart<T>(place: usize, value: v128, lanes: i32): void {
  store<T>(place, v128.extract_lane<T>(value, 0));
  if (sizeof<T>() == 4) {
    if (lanes > 1) store<T>(place + 4, v128.extract_lane<T>(value, 1));
    if (lanes > 2) store<T>(place + 8, v128.extract_lane<T>(value, 2));
  }
}

export function sumFloat32(args: SumArguments, begin: i32, end: i32, scratch: usize): void {
  sumUnits<f32>(args, begin, end);
}

export function sumFloat64(args: SumArguments, begin: i32, end: i32, scratch: usize): void {
  sumUnits<f64>(args, begin, end);
}

export function sumInt32(args: SumArguments, begin: i32, end: i32, scratch: usize): void {
  sumUnits<i32>(args, begin, end);
}
