import { createHostArray, type DType, type HostArray } from '@cotangent/ir';
import { hasRelaxedSimd, nativeModuleBytes } from '../../src/native/module.js';
import type { NativePlan, PhaseEntry } from '../../src/native/plan.js';
import type { Random } from './random.js';

type PhaseFunction = (args: number, begin: number, end: number, scratch: number) => void;

/** Bytes put around every buffer, to see writes outside. */
const guardByteLength = 64;
const guardByte = 0xa5;

const memory = new WebAssembly.Memory({ initial: 4, maximum: 16384, shared: true });
const table = new WebAssembly.Table({ initial: 2, element: 'anyfunc' });
const instances = new Map<boolean, Record<PhaseEntry, PhaseFunction>>();

/** The native module's phases, in the variant with or without relaxed SIMD. */
const phasesOf = (isRelaxed: boolean): Record<PhaseEntry, PhaseFunction> => {
  const known = instances.get(isRelaxed);
  if (known) return known;
  const module = new WebAssembly.Module(nativeModuleBytes(isRelaxed));
  const { exports } = new WebAssembly.Instance(module, { env: { memory, table } });
  const phases = exports as unknown as Record<PhaseEntry, PhaseFunction>;
  instances.set(isRelaxed, phases);
  return phases;
};

/** A module that exports its one import, a function of three i32: what a table slot accepts. */
const trampoline = new WebAssembly.Module(
  new Uint8Array([
    ...[0, 97, 115, 109, 1, 0, 0, 0, 1, 7, 1, 96, 3, 127, 127, 127, 0],
    ...[2, 7, 1, 1, 101, 1, 102, 0, 0, 7, 5, 1, 1, 102, 0, 0],
  ]),
);

/** Lays buffers out in the native memory, one launch at a time. */
class Arena {
  #top = 1024;
  readonly #guards: number[] = [];

  allocate(byteLength: number): number {
    const pointer = this.#top + guardByteLength;
    this.#top = Math.ceil((pointer + byteLength + guardByteLength) / 64) * 64;
    const missing = this.#top - memory.buffer.byteLength;
    if (missing > 0) memory.grow(Math.ceil(missing / 65536));
    const bytes = new Uint8Array(memory.buffer);
    for (const start of [pointer - guardByteLength, pointer + byteLength]) {
      bytes.fill(guardByte, start, start + guardByteLength);
      this.#guards.push(start);
    }
    return pointer;
  }

  /** Whether nothing was written around the buffers. */
  isIntact(): boolean {
    const bytes = new Uint8Array(memory.buffer);
    return this.#guards.every((start) =>
      bytes.subarray(start, start + guardByteLength).every((byte) => byte === guardByte),
    );
  }
}

const viewOf = (dtype: DType, pointer: number, length: number): HostArray => {
  const type = createHostArray(dtype, 0).constructor as new (
    buffer: ArrayBufferLike,
    offset: number,
    length: number,
  ) => HostArray;
  return new type(memory.buffer, pointer, length);
};

/** What one launch of a plan gives back. */
export interface PlanResult {
  readonly accumulator: HostArray;
  readonly outputs: readonly HostArray[];
  /** Ranges of output positions that the epilogue was called on, with the accumulators that it saw, in order of calls. */
  readonly finished: readonly { readonly begin: number; readonly end: number; readonly seen: HostArray }[];
}

/** Runs a plan on this thread, its units in random order and in random batches. */
export const runPlan = (
  plan: NativePlan,
  operands: {
    readonly inputs: readonly HostArray[];
    readonly accumulator: HostArray | number;
    readonly outputs?: readonly { readonly dtype: DType; readonly length: number }[];
    readonly random?: Random;
    readonly isRelaxed?: boolean;
  },
): PlanResult => {
  const arena = new Arena();
  const write = (data: HostArray): number => {
    const pointer = arena.allocate(data.byteLength);
    new Uint8Array(memory.buffer).set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), pointer);
    return pointer;
  };
  const inputs = operands.inputs.map(write);
  const initial =
    typeof operands.accumulator === 'number'
      ? createHostArray(plan.accumulator, operands.accumulator).fill(77)
      : operands.accumulator;
  const accumulator = write(initial as HostArray);
  const specifications = operands.outputs ?? [];
  const outputs = specifications.map(({ dtype, length }) =>
    write(createHostArray(dtype, length).fill(77) as HostArray),
  );
  const scratch = arena.allocate(plan.scratchByteLength);
  const block = arena.allocate(plan.argumentsByteLength);
  const threadScratch = arena.allocate(plan.threadScratchByteLength);
  const finished: PlanResult['finished'][number][] = [];
  const { exports } = new WebAssembly.Instance(trampoline, {
    e: {
      f: (_epilogue: number, begin: number, end: number) => {
        const seen = viewOf(plan.accumulator, accumulator, initial.length).slice(begin, end) as HostArray;
        finished.push({ begin, end, seen });
      },
    },
  });
  table.set(1, exports['f'] as never);
  plan.fill(new Int32Array(memory.buffer, block, plan.argumentsByteLength / 4), {
    inputs,
    accumulator,
    outputs,
    scratch,
    epilogue: block,
  });
  const phases = phasesOf(operands.isRelaxed ?? hasRelaxedSimd());
  for (const { entry, units, argumentsOffset } of plan.phases) {
    const ranges: [number, number][] = [];
    for (let begin = 0; begin < units; ) {
      const end = operands.random ? Math.min(units, begin + 1 + operands.random.below(4)) : units;
      ranges.push([begin, end]);
      begin = end;
    }
    if (operands.random) operands.random.shuffle(ranges);
    for (const [begin, end] of ranges) phases[entry](block + argumentsOffset, begin, end, threadScratch);
  }
  if (!arena.isIntact()) throw new Error('A kernel wrote outside its buffers.');
  return {
    accumulator: viewOf(plan.accumulator, accumulator, initial.length).slice() as HostArray,
    outputs: specifications.map(
      ({ dtype, length }, i) => viewOf(dtype, outputs[i] as number, length).slice() as HostArray,
    ),
    finished,
  };
};

/** What is wrong with the epilogue's calls: each position has to be finished once, in whole rows or inside one row. */
export const faultsOfEpilogue = ({ finished, accumulator }: PlanResult, width: number): string[] => {
  const counts = new Array<number>(accumulator.length).fill(0);
  const faults: string[] = [];
  for (const { begin, end, seen } of finished) {
    const isWithinRow = Math.floor(begin / width) === Math.floor((end - 1) / width);
    if (!isWithinRow && (begin % width !== 0 || end % width !== 0)) faults.push(`${begin} to ${end} cuts rows`);
    if (seen.some((value, i) => value !== accumulator[begin + i])) faults.push(`${begin} to ${end} wasn't finished`);
    for (let i = begin; i < end; i++) counts[i] = (counts[i] as number) + 1;
  }
  const other = counts.findIndex((count) => count !== 1);
  if (other >= 0) faults.push(`${other} was finished ${counts[other]} times`);
  return faults;
};
