import { byteSize, type DType, type MatmulKernel } from '@cotangent/ir';
import { accumulatorBase, epilogueBase, inputBase, makeArguments, scratchBase } from './arguments.js';
import { accumulatorOf, blockScratchByteLength, chooseBlocking, suffixes } from './blocking.js';
import { ceilDivide, makePlan, type NativePlan, type Step } from './plan.js';
import { partialSum } from './sum.js';

/** One operand of a single product: where it is and how it is read, in elements. */
interface Matrix {
  readonly input: number;
  readonly offset: number;
  readonly dtype: DType;
  /** Along the output's rows (the left operand) or columns (the right one). */
  readonly lane: number;
  readonly depth: number;
  readonly batch: readonly number[];
}

/** A batch of products; exchanged ones compute the output's transpose. */
interface Problem {
  readonly batch: readonly number[];
  readonly m: number;
  readonly n: number;
  readonly k: number;
  readonly left: Matrix;
  readonly right: Matrix;
  readonly isExchanged: boolean;
}

/** How a product is computed. */
interface Strategy {
  readonly usesDots: boolean;
  readonly packsLeft: boolean;
  readonly packsRight: boolean;
  /** Depth of a block, where the strategy restricts it. */
  readonly depth?: number;
}

/** The kernel with neighbouring batch axes merged where both operands allow it, and those that only the left has made rows. */
const simplify = (kernel: MatmulKernel): Problem => {
  const { n, k, left, right } = kernel;
  const rank = kernel.batch.length;
  const axes: { size: number; left: number; right: number }[] = [];
  kernel.batch.forEach((size, axis) => {
    if (size === 1) return;
    const next = { size, left: left.strides[axis] as number, right: right.strides[axis] as number };
    const last = axes.at(-1);
    if (last && last.left === next.left * size && last.right === next.right * size) {
      axes[axes.length - 1] = { ...next, size: last.size * size };
    } else axes.push(next);
  });
  let m = kernel.m;
  let leftRow = left.strides[rank] as number;
  for (let last = axes.at(-1); last?.right === 0 && (m === 1 || last.left === m * leftRow); last = axes.at(-1)) {
    if (m === 1) leftRow = last.left;
    m *= last.size;
    axes.pop();
  }
  return {
    batch: axes.map(({ size }) => size),
    m,
    n,
    k,
    left: {
      ...left,
      dtype: kernel.inputs[left.input] as DType,
      lane: leftRow,
      depth: left.strides[rank + 1] as number,
      batch: axes.map((axis) => axis.left),
    },
    right: {
      ...right,
      dtype: kernel.inputs[right.input] as DType,
      lane: right.strides[rank + 1] as number,
      depth: right.strides[rank] as number,
      batch: axes.map((axis) => axis.right),
    },
    isExchanged: false,
  };
};

const exchange = (problem: Problem): Problem => ({
  ...problem,
  m: problem.n,
  n: problem.m,
  left: problem.right,
  right: problem.left,
  isExchanged: !problem.isExchanged,
});

/** Most rows or columns that are worth a strategy of their own: half a panel. */
const maxSkinny = 4;
/** Shortest depth that repays the sums across lanes at the end of dot products. */
const minDotDepth = 16;
/** Bytes that stay in the L1 cache beside everything else. */
const residentByteLength = 2 ** 14;
/** Rows below which a right operand isn't used often enough to repay copying it into panels. */
const minPackedRows = 20;
/** Columns below which the same holds for the left one. */
const minPackedColumns = 40;
/** Depth of blocks read from a right operand that the L1 cache doesn't hold: its rows may share a few cache sets. */
const streamedDepth = 16;

const orientAndChoose = (original: Problem): { problem: Problem; strategy: Strategy } => {
  const isHalf = original.left.dtype === 'float16' || original.right.dtype === 'float16';
  const panels = { usesDots: false, packsLeft: true, packsRight: true };
  if (isHalf) return { problem: original, strategy: panels };
  for (const problem of [original, exchange(original)]) {
    const { m, n, k, left, right } = problem;
    if (n > maxSkinny || m < n) continue;
    if (left.depth === 1 && k >= minDotDepth) {
      return { problem, strategy: { usesDots: true, packsLeft: false, packsRight: right.depth !== 1 } };
    }
  }
  const isTall = original.n <= maxSkinny && original.m > original.n && original.left.lane === 1;
  const problem = isTall ? exchange(original) : original;
  const { m, n, k, left, right } = problem;
  const bytes = byteSize(left.dtype);
  const packsLeft =
    !(left.depth === 1 || left.lane === 1) || (n >= minPackedColumns && m * k * bytes > residentByteLength);
  const isResident = Math.abs(right.depth) * k * bytes <= residentByteLength;
  const packsRight = right.lane !== 1 || (m >= minPackedRows && !(isResident && m < 4 * minPackedRows));
  return {
    problem,
    strategy: { ...panels, packsLeft, packsRight, ...(packsRight || isResident ? {} : { depth: streamedDepth }) },
  };
};

/** Bytes at the start of a thread's scratch; `headBytes` in assembly/matmul.ts. */
const headByteLength = 256;

/** Plans a matmul for a number of threads, which changes how it is shared out but no bit of the result. */
export const planMatmul = (kernel: MatmulKernel, { threads = 1 }: { threads?: number } = {}): NativePlan => {
  const { problem, strategy } = orientAndChoose(simplify(kernel));
  const { batch, m, n, k, left, right, isExchanged } = problem;
  const items = batch.reduce((product, size) => product * size, 1);
  const accumulator = accumulatorOf(kernel.dtype);
  const [leftBytes, rightBytes, targetBytes] = [byteSize(left.dtype), byteSize(right.dtype), byteSize(accumulator)];
  const blocking = chooseBlocking(accumulator, { items, m, n, k, threads, depth: strategy.depth });
  const { splits } = blocking;
  const length = items * m * n;
  const rowUnits = ceilDivide(m, blocking.unitRows);
  const columnUnits = ceilDivide(n, blocking.unitColumns);
  const itemUnits = rowUnits * columnUnits * splits;
  const units = length === 0 ? 0 : items * itemUnits;
  const sum = splits > 1 ? partialSum(accumulator, length, splits) : undefined;
  const multiply: Step = {
    entry: `matmul${suffixes[accumulator]}`,
    units,
    unitNanoseconds: 30 + (length * k) / (20 * Math.max(1, units)),
    arguments: makeArguments(
      'MatmulArguments',
      {
        ...blocking,
        rowUnits,
        columnUnits,
        itemUnits,
        left: left.offset * leftBytes,
        right: right.offset * rightBytes,
        target: 0,
        epilogue: 0,
        m,
        n,
        k,
        leftRow: left.lane * leftBytes,
        leftDepth: left.depth * leftBytes,
        rightDepth: right.depth * rightBytes,
        rightColumn: right.lane * rightBytes,
        targetRow: (isExchanged ? 1 : n) * targetBytes,
        targetColumn: (isExchanged ? m : 1) * targetBytes,
        targetItem: m * n * targetBytes,
        isExchanged: Number(isExchanged),
        leftIsHalf: Number(left.dtype === 'float16'),
        rightIsHalf: Number(right.dtype === 'float16'),
        usesDots: Number(strategy.usesDots),
        packsLeft: Number(strategy.packsLeft),
        packsRight: Number(strategy.packsRight),
        splitBytes: sum?.stride ?? 0,
        batchRank: batch.length,
      },
      {
        left: inputBase(left.input),
        right: inputBase(right.input),
        target: sum ? scratchBase : accumulatorBase,
        epilogue: sum ? undefined : epilogueBase,
      },
      [
        ...batch,
        ...left.batch.map((stride) => stride * leftBytes),
        ...right.batch.map((stride) => stride * rightBytes),
      ],
    ),
  };
  return makePlan(sum ? [multiply, sum.step] : [multiply], {
    accumulator,
    epilogue: 'during',
    scratchByteLength: sum?.scratchByteLength ?? 0,
    threadScratchByteLength: headByteLength + blockScratchByteLength(accumulator, blocking),
  });
};
