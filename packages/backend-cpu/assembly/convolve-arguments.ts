/**
 * What a convolve phase reads. Strides are bytes; `left` strides run over the image, `right` over the weights; the spatial
 * axes are numbered 0 to 2, outermost first. Output position p and tap q meet the image at p·step + start + q·dilation.
 */
@unmanaged
export class ConvolveArguments {
  left: usize;
  right: usize;
  target: usize;
  epilogue: usize;
  /** Weights that an earlier phase packed, or 0. */
  packed: usize;
  leftIsHalf: i32;
  rightIsHalf: i32;
  batch: i32;
  groups: i32;
  rows: i32;
  /** Images times output positions. */
  columns: i32;
  depth: i32;
  /** Input channels of one group. */
  channels: i32;
  positions0: i32;
  positions1: i32;
  positions2: i32;
  size0: i32;
  size1: i32;
  size2: i32;
  taps0: i32;
  taps1: i32;
  taps2: i32;
  step0: i32;
  step1: i32;
  step2: i32;
  start0: i32;
  start1: i32;
  start2: i32;
  dilation0: i32;
  dilation1: i32;
  dilation2: i32;
  leftBatch: isize;
  leftGroup: isize;
  leftChannel: isize;
  left0: isize;
  left1: isize;
  left2: isize;
  rightGroup: isize;
  rightRow: isize;
  rightChannel: isize;
  right0: isize;
  right1: isize;
  right2: isize;
  targetBatch: isize;
  targetGroup: isize;
  targetRow: isize;
  target0: isize;
  target1: isize;
  target2: isize;
  /** Whether depth is (channel, taps), else (taps, channel); the last of them runs over `innerDepth`. */
  tapsInside: i32;
  innerDepth: i32;
  /** Elements of a phase of a padded row, in the direct kernels. */
  phaseLength: i32;
  /** What a unit computes: rows and columns of the product, of the image (direct kernels), or of its tiles (Winograd's). */
  unitRows: i32;
  unitColumns: i32;
  unitImages: i32;
  blockRows: i32;
  blockColumns: i32;
  blockDepth: i32;
  splits: i32;
  splitDepth: i32;
  splitBytes: usize;
}
