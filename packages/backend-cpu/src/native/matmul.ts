import type { MatmulKernel } from '@cotangent/ir';
import { byteSize } from '@cotangent/ir';
import { accumulatorOf, blockScratchByteLength, chooseBlocking, suffixes } from './blocking.js';
import { argumentsByteLength, argumentWords, ceilDivide, type NativePlan, type Phase } from './plan.js';
import { partialSum } from './sum.js';

/** A batch axis, with strides in elements. */
interface BatchAxis {
  readonly size: number;
  readonly left: number;
  readonly right: number;
}

/** The kernel's batch axes, without those of size 1 and with neighbours merged where both operands allow it. */
const mergeBatch = ({ batch, left, right }: MatmulKernel): BatchAxis[] => {
  const axes: BatchAxis[] = [];
  batch.forEach((size, axis) => {
    if (size === 1) return;
    const next = { size, left: left.strides[axis] as number, right: right.strides[axis] as number };
    const last = axes.at(-1);
    if (last && last.left === next.left * size && last.right === next.right * size) {
      axes[axes.length - 1] = { ...next, size: last.size * size };
    } else axes.push(next);
  });
  return axes;
};

/** Plans a matmul for a number of threads, which changes how it is shared out but no bit of the result. */
export const planMatmul = (kernel: MatmulKernel, { threads = 1 }: { threads?: number } = {}): NativePlan => {
  const { n, k, left, right } = kernel;
  const rank = kernel.batch.length;
  const axes = mergeBatch(kernel);
  let m = kernel.m;
  let leftRow = left.strides[rank] as number;
  for (let last = axes.at(-1); last?.right === 0 && (m === 1 || last.left === m * leftRow); last = axes.at(-1)) {
    if (m === 1) leftRow = last.left;
    m *= last.size;
    axes.pop();
  }
  const items = axes.reduce((product, { size }) => product * size, 1);
  const accumulator = accumulatorOf(kernel.dtype);
  const leftDtype = kernel.inputs[left.input] as MatmulKernel['dtype'];
  const rightDtype = kernel.inputs[right.input] as MatmulKernel['dtype'];
  const leftBytes = byteSize(leftDtype);
  const rightBytes = byteSize(rightDtype);
  const blocking = chooseBlocking(accumulator, { items, m, n, k, threads });
  const { splits } = blocking;
  const length = items * m * n;
  const units =
    length === 0 ? 0 : items * splits * ceilDivide(m, blocking.unitRows) * ceilDivide(n, blocking.unitColumns);
  const sum = splits > 1 ? partialSum(accumulator, length, splits) : undefined;
  const blockBytes = argumentsByteLength('MatmulArguments', 3 * axes.length);
  const phases: Phase[] = [
    {
      entry: `matmul${suffixes[accumulator]}`,
      units,
      unitNanoseconds: (length * k) / (15 * Math.max(1, units)),
      argumentsOffset: 0,
    },
  ];
  if (sum) phases.push({ ...sum.phase, argumentsOffset: blockBytes });
  return {
    phases,
    accumulator,
    epilogue: 'during',
    argumentsByteLength: blockBytes + (sum?.argumentsByteLength ?? 0),
    scratchByteLength: sum?.scratchByteLength ?? 0,
    threadScratchByteLength: blockScratchByteLength(accumulator, blocking),
    fill(block, pointers) {
      const words = argumentWords(
        'MatmulArguments',
        {
          ...blocking,
          left: (pointers.inputs[left.input] as number) + left.offset * leftBytes,
          right: (pointers.inputs[right.input] as number) + right.offset * rightBytes,
          target: sum ? pointers.scratch : pointers.accumulator,
          epilogue: sum ? 0 : pointers.epilogue,
          m,
          n,
          k,
          leftRow: leftRow * leftBytes,
          leftDepth: (left.strides[rank + 1] as number) * leftBytes,
          rightDepth: (right.strides[rank] as number) * rightBytes,
          rightColumn: (right.strides[rank + 1] as number) * rightBytes,
          leftIsHalf: leftDtype === 'float16' ? 1 : 0,
          rightIsHalf: rightDtype === 'float16' ? 1 : 0,
          splitBytes: sum?.stride ?? 0,
          batchRank: axes.length,
        },
        [
          ...axes.map(({ size }) => size),
          ...axes.map((axis) => axis.left * leftBytes),
          ...axes.map((axis) => axis.right * rightBytes),
        ],
      );
      block.set(words);
      if (sum) block.set(sum.words(pointers), words.length);
    },
  };
};
