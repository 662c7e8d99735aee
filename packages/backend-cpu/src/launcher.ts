import type { DeviceBuffer, Kernel } from '@cotangent/ir';
import { CpuExecutable, type ExecutablePhase, type LaunchAddresses } from './executable.js';
import { createHostFunctions } from './host-functions.js';
import { planKernel } from './kernels/lower.js';
import type { Plan } from './kernels/plan.js';
import type { MemoryBlock, MemoryPool } from './memory.js';
import { nativeModuleBytes } from './native/module.js';
import { roundUp } from './native/plan.js';
import { ScratchBlock } from './scratch.js';
import { chooseChunk, type Sharing } from './threads/sharing.js';
import { runAlone, ThreadPool } from './threads/thread-pool.js';
import type { EpilogueFunction, PhaseFunction } from './threads/worker-body.js';

/** Where the fixed kernels look for the epilogue; see the README. */
const epilogueSlot = 1;
/** Scratch of different threads shares no cache lines, nor those that processors fetch in pairs. */
const scratchAlignment = 128;

/** Code in the memory of this thread, and to send to others. */
interface Code {
  readonly module: WebAssembly.Module;
  readonly instance: WebAssembly.Instance;
}

/** Compiles kernels and runs them, one at a time. */
export class Launcher {
  readonly #pool: MemoryPool;
  readonly #threads: number;
  readonly #sharing: Sharing;
  readonly #workers: ThreadPool | undefined;
  readonly #imports: WebAssembly.Imports;
  readonly #table = new WebAssembly.Table({ initial: 2, element: 'anyfunc' });
  readonly #sharedScratch: ScratchBlock;
  readonly #threadScratch: ScratchBlock;
  readonly #arguments: ScratchBlock;
  readonly #forgotten = new FinalizationRegistry<number>((number) => this.#workers?.drop(number));
  /** The launch under way; reused, so that a launch allocates nothing. */
  readonly #addresses = { buffers: [] as number[], scratch: 0, arguments: 0, threadScratch: 0, scratchStride: 0 };
  #argumentWords: Int32Array = new Int32Array(0);
  #native: Code | undefined;
  #executables = 0;

  constructor(pool: MemoryPool, threads: number, sharing: Sharing) {
    this.#pool = pool;
    this.#threads = threads;
    this.#sharing = sharing;
    this.#workers = threads > 1 ? new ThreadPool(pool.memory, threads, sharing) : undefined;
    this.#imports = { env: { ...createHostFunctions(), memory: pool.memory } };
    this.#sharedScratch = new ScratchBlock(pool);
    this.#threadScratch = new ScratchBlock(pool);
    this.#arguments = new ScratchBlock(pool);
  }

  /** Worker threads that have started so far. */
  get startedWorkers(): number {
    return this.#workers?.startedWorkers ?? 0;
  }

  prepare(kernel: Kernel): CpuExecutable {
    const plan = planKernel(kernel, this.#threads);
    this.#sharedScratch.reserve(plan.scratchByteLength);
    this.#threadScratch.reserve(this.#threads * roundUp(plan.threadScratchByteLength, scratchAlignment));
    this.#arguments.reserve(plan.argumentsByteLength);
    const emitted = plan.code && this.#compile(plan.code, this.#imports);
    const number = this.#executables++;
    const phases = plan.phases.map((phase, i): ExecutablePhase => {
      const { entry, module, units, unitNanoseconds, argumentsOffset } = phase;
      const { instance } = module === 'native' ? this.#nativeCode() : (emitted as Code);
      return {
        executable: number,
        phase: i,
        run: instance.exports[entry] as PhaseFunction,
        units,
        chunk: chooseChunk(phase, this.#threads, this.#sharing),
        nanoseconds: units * unitNanoseconds,
        argumentsOffset,
      };
    });
    const epilogue = plan.epilogue === undefined ? undefined : emitted?.instance.exports[plan.epilogue];
    const executable = new CpuExecutable(plan, phases, epilogue as EpilogueFunction | undefined);
    if (this.#workers && phases.some(({ chunk, units }) => chunk < units)) {
      this.#shareCode(this.#workers, plan, number, emitted);
      this.#forgotten.register(executable, number);
    }
    return executable;
  }

  /** Runs a launch to its end. */
  run(executable: CpuExecutable, buffers: readonly DeviceBuffer[]): void {
    const addresses = this.#begin(executable, buffers);
    const { phases } = executable;
    for (let i = 0; i < phases.length; i++) {
      const phase = phases[i] as ExecutablePhase;
      const { units, argumentsOffset } = phase;
      if (this.#workers && phase.chunk < units) this.#workers.run(phase, addresses);
      else phase.run(addresses.arguments + argumentsOffset, 0, units, addresses.threadScratch);
    }
  }

  /** The same in steps, between which nothing else may run but other things may be done. */
  *runInSteps(executable: CpuExecutable, buffers: readonly DeviceBuffer[]): Generator<void> {
    const addresses = this.#begin(executable, buffers);
    for (const phase of executable.phases) {
      if (this.#workers && phase.chunk < phase.units) yield* this.#workers.runInSteps(phase, addresses);
      else yield* runAlone(phase, addresses);
    }
  }

  dispose(): void {
    this.#workers?.dispose();
  }

  /** Puts everything that the phases look for in its place. */
  #begin({ plan, epilogue }: CpuExecutable, buffers: readonly DeviceBuffer[]): LaunchAddresses {
    if (epilogue) this.#table.set(epilogueSlot, epilogue);
    const addresses = this.#addresses;
    for (let i = 0; i < buffers.length; i++) addresses.buffers[i] = (buffers[i] as MemoryBlock).address;
    addresses.buffers.length = buffers.length;
    addresses.scratch = this.#sharedScratch.address;
    addresses.arguments = this.#arguments.address;
    addresses.threadScratch = this.#threadScratch.address;
    addresses.scratchStride = roundUp(plan.threadScratchByteLength, scratchAlignment);
    plan.fill(this.#wordsOfArguments(), addresses);
    return addresses;
  }

  #shareCode(workers: ThreadPool, { phases, epilogue }: Plan, number: number, emitted: Code | undefined): void {
    const isNative = phases.some(({ module }) => module === 'native');
    workers.add({
      number,
      emitted: emitted?.module,
      native: isNative ? this.#nativeCode().module : undefined,
      phases: phases.map(({ entry, module }) => ({ entry, module })),
      epilogue,
    });
  }

  #compile(bytes: Uint8Array<ArrayBuffer>, imports: WebAssembly.Imports): Code {
    const module = new WebAssembly.Module(bytes);
    return { module, instance: new WebAssembly.Instance(module, imports) };
  }

  /** The fixed kernels, compiled when first needed. */
  #nativeCode(): Code {
    this.#native ??= this.#compile(nativeModuleBytes(), { env: { memory: this.#pool.memory, table: this.#table } });
    return this.#native;
  }

  /** The argument block; a new view only after memory moved. */
  #wordsOfArguments(): Int32Array {
    const { address, byteLength } = this.#arguments;
    const { buffer } = this.#pool.memory;
    const view = this.#argumentWords;
    if (view.buffer !== buffer || view.byteOffset !== address || view.length * 4 !== byteLength) {
      this.#argumentWords = this.#pool.elements('int32', address, byteLength / 4);
    }
    return this.#argumentWords;
  }
}
