import { type Instruction, type SortKernel, sizeOf } from '@cotangent/ir';
import { emitFunction } from '../emit/function.js';
import { ModuleCode } from '../emit/module.js';
import { planSort as planNativeSort } from '../native/sort.js';
import { costOf } from './cost.js';
import { cutMap, emitMap } from './map.js';
import { countUnits } from './nest.js';
import { emittedArgumentsByteLength, fillEmittedArguments, type Phase, type Plan } from './plan.js';
import { rowMajorIndex, simplifySpace } from './space.js';

/** The input that already holds the keys in order, if one does. */
const inputOfKeys = (key: Instruction, sizes: readonly number[]): number | undefined => {
  if (key.op !== 'load' || key.guards.length > 0 || key.index.offset !== 0 || sizes.length > 1) return undefined;
  const [term] = key.index.terms;
  const isContiguous = sizes.length === 0 || (key.index.terms.length === 1 && term?.atom.kind === 'axis');
  return isContiguous && (term?.coefficient ?? 1) === 1 ? key.input : undefined;
};

/** A phase that writes the keys, where they aren't in a buffer already, then the fixed kernel. */
export const planSort = (kernel: SortKernel, threads: number): Plan => {
  const native = planNativeSort(kernel, { threads });
  const shape = [...kernel.outer, kernel.length];
  const { groups, instructions } = simplifySpace([shape], kernel.body);
  const sizes = groups[0] as readonly number[];
  const key = instructions[kernel.key] as Instruction;
  const keysInput = inputOfKeys(key, sizes);
  const inputCount = kernel.inputs.length;
  const emittedOffset = native.argumentsByteLength;
  const keysByteLength = keysInput === undefined ? sizeOf(shape) * 8 : 0;
  const keysOffset = Math.ceil(native.scratchByteLength / 64) * 64;

  const emitted = (): { code: Uint8Array<ArrayBuffer>; phase: Phase } => {
    const cuts = cutMap(sizes, instructions);
    const module = new ModuleCode();
    emitFunction(module, kernel, 'keys', (scope) => {
      const destination = {
        dtype: key.dtype,
        value: kernel.key,
        index: rowMajorIndex(sizes),
        buffer: scope.sharedScratch,
      };
      emitMap(scope, cuts, { instructions, bound: new Map() }, [destination]);
    });
    const units = countUnits(cuts.cuts);
    const unitNanoseconds = (costOf(instructions) * sizeOf(shape)) / Math.max(1, units);
    const phase: Phase = { entry: 'keys', module: 'emitted', units, unitNanoseconds, argumentsOffset: emittedOffset };
    return { code: module.encode(), phase };
  };
  const keys = keysInput === undefined ? emitted() : undefined;

  return {
    kernel,
    ...(keys && { code: keys.code }),
    phases: [...(keys ? [keys.phase] : []), ...native.phases.map((phase) => ({ ...phase, module: 'native' as const }))],
    argumentsByteLength: emittedOffset + emittedArgumentsByteLength(kernel),
    scratchByteLength: keysOffset + keysByteLength,
    threadScratchByteLength: native.threadScratchByteLength,
    fill(block, { buffers, scratch }) {
      const accumulator = keysInput === undefined ? scratch + keysOffset : (buffers[keysInput] as number);
      const inputs = buffers.slice(0, inputCount);
      native.fill(block, { inputs, outputs: buffers.slice(inputCount), accumulator, scratch, epilogue: 0 });
      fillEmittedArguments(block, { buffers, scratch: scratch + keysOffset }, emittedOffset);
    },
  };
};
