import { ConvolveArguments } from './convolve-arguments';
import { finish } from './epilogue';
import { ceilDivide, roundUp } from './rounding';
import { fillRows, loadWeight, placeInRow, RowBlock, rowBlockBytes, rowBlockLength, sweepBytes, sweepTaps } from './rows';
import { multiplyAdd, sumLanes } from './vector';

/*
 * Convolutions with so few output channels a group that patches aren't worth packing: depthwise ones and their
 * gradients above all. Both work on padded copies of image rows, along the last axis.
 */

/** Stores the first `count` elements of `source` along the last axis of the output. */
@inline
function storeRow<T>(args: ConvolveArguments, source: usize, count: i32, target: usize): void {
  const stride = args.target2;
  let i = 0;
  if (stride == sizeof<T>()) {
    for (; i + <i32>(16 / sizeof<T>()) <= count; i += 16 / sizeof<T>()) {
      v128.store(target + i * sizeof<T>(), v128.load(source + i * sizeof<T>()));
    }
  }
  for (; i < count; i++) store<T>(target + i * stride, load<T>(source + i * sizeof<T>()));
}

/** Copies one output channel's weights into `target`, ordered (channel, taps). */
function gatherWeights<T>(args: ConvolveArguments, right: usize, target: usize): void {
  for (let channel = 0; channel < args.channels; channel++) {
    for (let tap0 = 0; tap0 < args.taps0; tap0++) {
      for (let tap1 = 0; tap1 < args.taps1; tap1++) {
        let place = right + channel * args.rightChannel + tap0 * args.right0 + tap1 * args.right1;
        for (let tap2 = 0; tap2 < args.taps2; tap2++) {
          store<T>(target, loadWeight<T>(args, place));
          place += args.right2;
          target += sizeof<T>();
        }
      }
    }
  }
}

/** Distances of all taps, ordered (channel, taps), from the first in a block with one plane for each outer tap. */
function placeTaps<T>(args: ConvolveArguments, block: RowBlock, target: usize): void {
  for (let channel = 0; channel < args.channels; channel++) {
    for (let tap0 = 0; tap0 < args.taps0; tap0++) {
      for (let tap1 = 0; tap1 < args.taps1; tap1++) {
        const row = (channel * args.taps0 + tap0) * block.height + tap1 * args.dilation1;
        for (let tap2 = 0; tap2 < args.taps2; tap2++) {
          store<i32>(target, row * block.rowBytes + placeInRow<T>(block, tap2 * args.dilation2));
          target += 4;
        }
      }
    }
  }
}

/** Some output rows of all output channels of one group of one image. */
function convolveRows<T>(args: ConvolveArguments, unit: i32, scratch: usize): void {
  const rowUnits = ceilDivide(args.positions1, args.unitRows);
  const first = (unit % rowUnits) * args.unitRows;
  unit /= rowUnits;
  const p0 = unit % args.positions0;
  unit /= args.positions0;
  const group = unit % args.groups;
  const image = unit / args.groups;
  const count = min(args.unitRows, args.positions1 - first);
  const taps = args.depth;

  const block = changetype<RowBlock>(scratch);
  block.x = args.start2;
  block.planes = args.taps0;
  block.height = (args.unitRows - 1) * args.step1 + (args.taps1 - 1) * args.dilation1 + 1;
  block.phases = args.step2;
  block.phaseBytes = args.phaseLength * sizeof<T>();
  block.rowBytes = block.phases * block.phaseBytes;
  const sweep = scratch + rowBlockBytes();
  const offsets = sweep + sweepBytes();
  const weights = offsets + roundUp(4 * taps, 16);
  block.rows = weights + roundUp(taps * sizeof<T>(), 16);
  memory.fill(block.rows, 0, args.channels * rowBlockLength(block));
  const left = args.left + image * args.leftBatch + group * args.leftGroup;
  for (let channel = 0; channel < args.channels; channel++) {
    fillRows<T>(
      args, block, left + channel * args.leftChannel, p0 * args.step0 + args.start0, args.dilation0,
      first * args.step1 + args.start1, block.rows + channel * rowBlockLength(block),
    );
  }
  placeTaps<T>(args, block, offsets);
  const sweepLength = sweepBytes() / <i32>sizeof<T>();
  for (let row = 0; row < args.rows; row++) {
    gatherWeights<T>(args, args.right + group * args.rightGroup + row * args.rightRow, weights);
    const target = args.target + image * args.targetBatch + group * args.targetGroup + row * args.targetRow +
      p0 * args.target0 + first * args.target1;
    for (let p1 = 0; p1 < count; p1++) {
      const source = block.rows + p1 * args.step1 * block.rowBytes;
      for (let p2 = 0; p2 < args.positions2; p2 += sweepLength) {
        sweepTaps<T>(source + p2 * sizeof<T>(), offsets, weights, taps, sweep);
        storeRow<T>(args, sweep, min(sweepLength, args.positions2 - p2), target + p1 * args.target1 + p2 * args.target2);
      }
    }
    const begin = <i32>((target - args.target) / sizeof<T>());
    finish(args.epilogue, begin, begin + count * args.positions2);
  }
}

/** Adds the dot products of a row of weights with what lies at four places of a row to four vector sums. */
@inline
function addDots<T>(
  weights: usize,
  bytes: i32,
  source: usize,
  places: usize,
  sums: usize,
): void {
  const s0 = source + load<i32>(places);
  const s1 = source + load<i32>(places, 4);
  const s2 = source + load<i32>(places, 8);
  const s3 = source + load<i32>(places, 12);
  let c0 = v128.load(sums);
  let c1 = v128.load(sums, 16);
  let c2 = v128.load(sums, 32);
  let c3 = v128.load(sums, 48);
  for (let byte = 0; byte < bytes; byte += 16) {
    const weight = v128.load(weights + byte);
    c0 = multiplyAdd<T>(weight, v128.load(s0 + byte), c0);
    c1 = multiplyAdd<T>(weight, v128.load(s1 + byte), c1);
    c2 = multiplyAdd<T>(weight, v128.load(s2 + byte), c2);
    c3 = multiplyAdd<T>(weight, v128.load(s3 + byte), c3);
  }
  v128.store(sums, c0);
  v128.store(sums, c1, 16);
  v128.store(sums, c2, 32);
  v128.store(sums, c3, 48);
}

/** All output positions of one image and output channel, each a dot product over all channels and taps. */
function convolveDots<T>(args: ConvolveArguments, unit: i32, scratch: usize): void {
  const row = unit % args.rows;
  unit /= args.rows;
  const group = unit % args.groups;
  const image = unit / args.groups;
  const positions = args.positions0 * args.positions1 * args.positions2;
  const padded = roundUp(positions, 4);

  const block = changetype<RowBlock>(scratch);
  block.x = args.start2;
  block.planes = args.positions0;
  block.height = (args.unitRows - 1) * args.dilation1 + (args.positions1 - 1) * args.step1 + 1;
  block.phases = args.dilation2;
  block.phaseBytes = args.phaseLength * sizeof<T>();
  block.rowBytes = block.phases * block.phaseBytes;
  const weightBytes = roundUp(args.taps2 * sizeof<T>(), 16);
  const places = scratch + rowBlockBytes();
  const sums = places + 4 * padded;
  const weights = sums + 16 * padded;
  block.rows = weights + weightBytes;
  memory.fill(sums, 0, 16 * padded + weightBytes);
  for (let position = 0; position < padded; position++) {
    const p = min(position, positions - 1);
    const p2 = p % args.positions2;
    const p1 = (p / args.positions2) % args.positions1;
    const line = (p / args.positions2 / args.positions1) * block.height + p1 * args.step1;
    store<i32>(places + 4 * position, line * block.rowBytes + placeInRow<T>(block, p2 * args.step2));
  }
  const left = args.left + image * args.leftBatch + group * args.leftGroup;
  const right = args.right + group * args.rightGroup + row * args.rightRow;
  for (let tap0 = 0; tap0 < args.taps0; tap0++) {
    for (let first = 0; first < args.taps1; first += args.unitRows) {
      const count = min(args.unitRows, args.taps1 - first);
      memory.fill(block.rows, 0, rowBlockLength(block));
      for (let channel = 0; channel < args.channels; channel++) {
        fillRows<T>(
          args, block, left + channel * args.leftChannel, tap0 * args.dilation0 + args.start0, args.step0,
          first * args.dilation1 + args.start1, block.rows,
        );
        for (let tap1 = 0; tap1 < count; tap1++) {
          const place = right + channel * args.rightChannel + tap0 * args.right0 + (first + tap1) * args.right1;
          for (let tap2 = 0; tap2 < args.taps2; tap2++) {
            store<T>(weights + tap2 * sizeof<T>(), loadWeight<T>(args, place + tap2 * args.right2));
          }
          const source = block.rows + tap1 * args.dilation1 * block.rowBytes;
          for (let position = 0; position < padded; position += 4) {
            addDots<T>(weights, weightBytes, source, places + 4 * position, sums + 16 * position);
          }
        }
      }
    }
  }
  const target = args.target + image * args.targetBatch + group * args.targetGroup + row * args.targetRow;
  for (let position = 0; position < positions; position++) {
    store<T>(target + position * sizeof<T>(), sumLanes<T>(v128.load(sums + 16 * position)));
  }
  const begin = <i32>((target - args.target) / sizeof<T>());
  finish(args.epilogue, begin, begin + positions);
}

@inline
function rowUnits<T>(args: ConvolveArguments, begin: i32, end: i32, scratch: usize): void {
  for (let unit = begin; unit < end; unit++) convolveRows<T>(args, unit, scratch);
}

@inline
function dotUnits<T>(args: ConvolveArguments, begin: i32, end: i32, scratch: usize): void {
  for (let unit = begin; unit < end; unit++) convolveDots<T>(args, unit, scratch);
}

export function convolveRowsFloat32(args: ConvolveArguments, begin: i32, end: i32, scratch: usize): void {
  rowUnits<f32>(args, begin, end, scratch);
}

export function convolveRowsFloat64(args: ConvolveArguments, begin: i32, end: i32, scratch: usize): void {
  rowUnits<f64>(args, begin, end, scratch);
}

export function convolveRowsInt32(args: ConvolveArguments, begin: i32, end: i32, scratch: usize): void {
  rowUnits<i32>(args, begin, end, scratch);
}

export function convolveDotsFloat32(args: ConvolveArguments, begin: i32, end: i32, scratch: usize): void {
  dotUnits<f32>(args, begin, end, scratch);
}

export function convolveDotsFloat64(args: ConvolveArguments, begin: i32, end: i32, scratch: usize): void {
  dotUnits<f64>(args, begin, end, scratch);
}

export function convolveDotsInt32(args: ConvolveArguments, begin: i32, end: i32, scratch: usize): void {
  dotUnits<i32>(args, begin, end, scratch);
}
