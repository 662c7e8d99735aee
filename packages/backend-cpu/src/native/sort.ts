import { byteSize, type DType, isFloat, type SortKernel, sizeOf } from '@cotangent/ir';
import { accumulatorBase, type Base, makeArguments, outputBase, scratchBase } from './arguments.js';
import { ceilDivide, makePlan, type NativePlan, roundUp, type Step } from './plan.js';

/** Numbers of key types in assembly/order.ts. */
const keyTypes: { readonly [D in DType]: number } = {
  float32: 0,
  float64: 0,
  float16: 1,
  int32: 2,
  uint32: 3,
  bool: 4,
};

/** Longest row on which counting smaller elements beats counting digits. */
const maxRankLength = 80;
/** Shortest row that repays the longer counts of wide digits with fewer passes. */
const minWideLength = 4096;
const narrowDigitBits = 8;
const wideDigitBits = 11;
/** Shortest row that threads share, and shortest part of it. */
const minSharedLength = 2 ** 16;
const minBlockLength = 2 ** 13;
const blocksPerThread = 4;

/** What a sort is over, and where its operands are. */
interface SortProblem {
  readonly dtype: DType;
  readonly rows: number;
  readonly length: number;
  readonly flip: number;
  readonly digitBits: number;
  /** Bits of an ordered key, and bytes of an entry: a key, and its position where those are asked for. */
  readonly width: 32 | 64;
  readonly entryBytes: number;
  readonly bases: {
    readonly keys: Base;
    readonly values: Base | undefined;
    readonly permutation: Base | undefined;
  };
}

/** Bits of an ordered key that can differ. */
const keyBits = (dtype: DType): number => (dtype === 'bool' ? 1 : 8 * byteSize(dtype));

/** Whole rows as units. */
const planRows = ({ dtype, rows, length, flip, digitBits, width, entryBytes, bases }: SortProblem): NativePlan => {
  const ranks = Number(length <= maxRankLength);
  const key = { keyType: keyTypes[dtype], keyBytes: byteSize(dtype), keyBits: keyBits(dtype) };
  const fields = { keys: 0, values: 0, permutation: 0, ...key, length, flip, digitBits, ranks };
  const sort: Step = {
    entry: `sortRows${width}`,
    units: length === 0 ? 0 : rows,
    unitNanoseconds: 15 * length,
    arguments: makeArguments('SortArguments', fields, bases),
  };
  return makePlan([sort], {
    accumulator: dtype,
    epilogue: 'during',
    scratchByteLength: 0,
    threadScratchByteLength: (roundUp(length, 4) * width) / 8 + 2 * length * entryBytes + 4 * 2 ** digitBits,
  });
};

/** Blocks of rows as units, for fewer rows than threads: three phases for each pass over the digits. */
const planBlocks = (problem: SortProblem, threads: number): NativePlan => {
  const { dtype, rows, length, flip, digitBits, width, entryBytes, bases } = problem;
  const wanted = ceilDivide(blocksPerThread * threads, rows);
  const blockLength = roundUp(Math.max(minBlockLength, ceilDivide(length, wanted)), 4);
  const blocks = ceilDivide(length, blockLength);
  const capacity = roundUp(length, 4);
  const passes = ceilDivide(keyBits(dtype), digitBits);
  const entriesByteLength = roundUp(rows * capacity * entryBytes, 64);
  const countsByteLength = 4 * rows * blocks * 2 ** digitBits;
  const shared = {
    ...{
      keys: 0,
      values: 0,
      permutation: 0,
      keyType: keyTypes[dtype],
      keyBytes: byteSize(dtype),
      length,
      capacity,
      flip,
      digitBits,
      passes,
      blockLength,
      blocks,
    },
    entries: 0,
    other: entriesByteLength,
    counts: 2 * entriesByteLength,
    state: 2 * entriesByteLength + countsByteLength,
  };
  const scratch = { entries: scratchBase, other: scratchBase, counts: scratchBase, state: scratchBase };
  const stepsOf = (
    pass: number,
    entries: readonly [entry: Step['entry'], units: number, elementCost: number][],
  ): Step[] => {
    const ownArguments = makeArguments('SortBlocksArguments', { ...shared, pass }, { ...bases, ...scratch });
    return entries.map(([entry, units, elementCost]) => ({
      entry,
      units,
      unitNanoseconds: (elementCost * rows * length) / units,
      arguments: ownArguments,
    }));
  };
  const units = rows * blocks;
  const steps = stepsOf(0, [[`orderKeys${width}`, units, 1]]);
  for (let pass = 0; pass < passes; pass++) {
    steps.push(
      ...stepsOf(pass, [
        [`countDigits${width}`, units, 1],
        ['placeDigits', rows, 0],
        [`scatterDigits${width}`, units, 3],
      ]),
    );
  }
  steps.push(...stepsOf(passes, [[`restoreKeys${width}`, units, 1]]));
  if (bases.values && isFloat(dtype)) steps.push(...stepsOf(passes, [[`signZeros${width}`, rows, 0.5]]));
  return makePlan(steps, {
    accumulator: dtype,
    epilogue: 'during',
    scratchByteLength: shared.state + 4 * rows * (passes + blocks),
    threadScratchByteLength: (blockLength * width) / 8,
  });
};

/** Plans a sort for a number of threads; keys are read from the plan's accumulator. */
export const planSort = (kernel: SortKernel, { threads = 1 }: { threads?: number } = {}): NativePlan => {
  const { length, descending, outputs } = kernel;
  const dtype = (kernel.body[kernel.key] as { readonly dtype: DType }).dtype;
  const rows = sizeOf(kernel.outer);
  const baseOf = (wanted: 'values' | 'permutation'): Base | undefined => {
    const index = outputs.findIndex(({ content }) => content === wanted);
    return index < 0 ? undefined : outputBase(index);
  };
  const permutation = baseOf('permutation');
  const width = dtype === 'float64' ? 64 : 32;
  const problem: SortProblem = {
    dtype,
    rows,
    length,
    flip: descending ? -1 : 0,
    digitBits: length < minWideLength ? narrowDigitBits : wideDigitBits,
    width,
    entryBytes: (permutation ? 2 * width : width) / 8,
    bases: { keys: accumulatorBase, values: baseOf('values'), permutation },
  };
  const isShared = threads > 1 && rows > 0 && rows < 2 * threads && length >= minSharedLength;
  return isShared ? planBlocks(problem, threads) : planRows(problem);
};
