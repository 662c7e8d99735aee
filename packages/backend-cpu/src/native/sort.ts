import { byteSize, type DType, type SortKernel, sizeOf } from '@cotangent/ir';
import { accumulatorBase, makeArguments, outputBase } from './arguments.js';
import { makePlan, type NativePlan, type PhaseEntry, roundUp, type Step } from './plan.js';

const entries: { readonly [D in DType]: PhaseEntry } = {
  float32: 'sortFloat32',
  float16: 'sortFloat16',
  float64: 'sortFloat64',
  int32: 'sortInt32',
  uint32: 'sortUint32',
  bool: 'sortBool',
};

/** Longest row that merging beats counting on. */
const maxMergeLength = 128;
/** Shortest row that repays the longer counts of wide digits with fewer passes. */
const minWideLength = 4096;
const narrowDigitBits = 8;
const wideDigitBits = 11;

/** Plans a sort; keys are read from the plan's accumulator. */
export const planSort = (kernel: SortKernel): NativePlan => {
  const { length, descending, outputs } = kernel;
  const dtype = (kernel.body[kernel.key] as { readonly dtype: DType }).dtype;
  const rows = sizeOf(kernel.outer);
  const values = outputs.findIndex(({ content }) => content === 'values');
  const permutation = outputs.findIndex(({ content }) => content === 'permutation');
  const digitBits = length < minWideLength ? narrowDigitBits : wideDigitBits;
  const keyBytes = Math.max(4, byteSize(dtype));
  const entryBytes = permutation < 0 ? keyBytes : 2 * keyBytes;
  const sort: Step = {
    entry: entries[dtype],
    units: length === 0 ? 0 : rows,
    unitNanoseconds: 20 * length,
    arguments: makeArguments(
      'SortArguments',
      {
        keys: 0,
        values: 0,
        permutation: 0,
        length,
        flip: descending ? -1 : 0,
        digitBits,
        merges: Number(length <= maxMergeLength),
      },
      {
        keys: accumulatorBase,
        values: values < 0 ? undefined : outputBase(values),
        permutation: permutation < 0 ? undefined : outputBase(permutation),
      },
    ),
  };
  return makePlan([sort], {
    accumulator: dtype,
    epilogue: 'during',
    scratchByteLength: 0,
    threadScratchByteLength: roundUp(length, 4) * keyBytes + 2 * length * entryBytes + 4 * 2 ** digitBits,
  });
};
