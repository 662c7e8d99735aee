import { byteSize, type ConvolveKernel, type DType, sizeOf } from '@cotangent/ir';
import { type Arguments, accumulatorBase, type Base, type Fields, inputBase, makeArguments } from './arguments.js';
import { accumulatorOf } from './blocking.js';
import type { Correlation } from './correlation.js';

type ConvolveFields = Fields<'ConvolveArguments'>;

/** Fields of a convolve phase that only its blocking determines. */
export type BlockingFields = Pick<
  ConvolveFields,
  | 'packed'
  | 'tapsInside'
  | 'innerDepth'
  | 'phaseLength'
  | 'unitRows'
  | 'unitColumns'
  | 'unitImages'
  | 'blockRows'
  | 'blockColumns'
  | 'blockDepth'
  | 'splits'
  | 'splitDepth'
  | 'splitBytes'
>;

/** The blocking fields of kernels without packed blocks. */
export const noBlocking = {
  packed: 0,
  tapsInside: 0,
  innerDepth: 0,
  phaseLength: 0,
  unitRows: 0,
  unitColumns: 0,
  unitImages: 0,
  blockRows: 0,
  blockColumns: 0,
  blockDepth: 0,
  splits: 1,
  splitDepth: 0,
  splitBytes: 0,
} satisfies BlockingFields;

/** Sizes of the product that a correlation is: its rows, columns and depth. */
export const productSizes = (kernel: ConvolveKernel, { axes }: Correlation) => ({
  m: kernel.outputChannels,
  n: kernel.batch * sizeOf(axes.map((axis) => axis.positions)),
  k: kernel.inputChannels * sizeOf(axes.map((axis) => axis.taps)),
});

/** Arguments of a convolve phase: where the operands are, the geometry, and the given blocking. */
export const convolveArguments = (
  kernel: ConvolveKernel,
  correlation: Correlation,
  blocking: BlockingFields,
  bases: { readonly target?: Base; readonly packed?: Base | undefined; readonly epilogue: Base | undefined },
): Arguments => {
  const { groups, left, right } = kernel;
  const { m, n, k } = productSizes(kernel, correlation);
  const leftDtype = kernel.inputs[left.input] as DType;
  const rightDtype = kernel.inputs[right.input] as DType;
  const [leftBytes, rightBytes] = [byteSize(leftDtype), byteSize(rightDtype)];
  const targetBytes = byteSize(accumulatorOf(kernel.dtype));
  const outputBytes = sizeOf(kernel.outputSize) * targetBytes;
  const [first, second, third] = correlation.axes;
  const fields: ConvolveFields = {
    ...blocking,
    left: left.offset * leftBytes,
    right: (right.offset + correlation.rightOffset) * rightBytes,
    target: correlation.targetOffset * targetBytes,
    epilogue: 0,
    leftIsHalf: Number(leftDtype === 'float16'),
    rightIsHalf: Number(rightDtype === 'float16'),
    batch: kernel.batch,
    groups,
    rows: m,
    columns: n,
    depth: k,
    channels: kernel.inputChannels,
    positions0: first.positions,
    positions1: second.positions,
    positions2: third.positions,
    size0: first.size,
    size1: second.size,
    size2: third.size,
    taps0: first.taps,
    taps1: second.taps,
    taps2: third.taps,
    step0: first.step,
    step1: second.step,
    step2: third.step,
    start0: first.start,
    start1: second.start,
    start2: third.start,
    dilation0: first.dilation,
    dilation1: second.dilation,
    dilation2: third.dilation,
    leftBatch: (left.strides[0] as number) * leftBytes,
    leftGroup: (left.strides[1] as number) * leftBytes,
    leftChannel: (left.strides[2] as number) * leftBytes,
    left0: first.left * leftBytes,
    left1: second.left * leftBytes,
    left2: third.left * leftBytes,
    rightGroup: (right.strides[0] as number) * rightBytes,
    rightRow: (right.strides[1] as number) * rightBytes,
    rightChannel: (right.strides[2] as number) * rightBytes,
    right0: first.right * rightBytes,
    right1: second.right * rightBytes,
    right2: third.right * rightBytes,
    targetBatch: groups * m * outputBytes,
    targetGroup: m * outputBytes,
    targetRow: outputBytes,
    target0: first.target * targetBytes,
    target1: second.target * targetBytes,
    target2: third.target * targetBytes,
  };
  return makeArguments('ConvolveArguments', fields, {
    left: inputBase(left.input),
    right: inputBase(right.input),
    target: accumulatorBase,
    ...bases,
  });
};
