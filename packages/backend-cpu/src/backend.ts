import {
  type Backend,
  byteSize,
  createHostArray,
  type DeviceBuffer,
  type DType,
  dtypes,
  type Executable,
  type HostArray,
  type HostArrays,
  type Kernel,
  type Launch,
  type Limits,
} from '@cotangent/ir';
import { CpuExecutable, type ExecutablePhase } from './executable.js';
import { createHostFunctions } from './host-functions.js';
import { planKernel } from './kernels/lower.js';
import { type MemoryBlock, MemoryPool } from './memory.js';
import { nativeModuleBytes } from './native/module.js';
import { roundUp } from './native/plan.js';
import { chooseChunk, defaultSharing, type Sharing } from './threads/sharing.js';
import { countThreads } from './threads/thread-count.js';
import { ThreadPool } from './threads/thread-pool.js';
import type { EpilogueFunction, PhaseFunction } from './threads/worker-body.js';

export interface CpuBackendOptions {
  /** Most bytes that buffers may take in all; 4 GiB at most. */
  readonly maxBytes?: number;
  /** Threads that kernels run on, the calling one included; `auto`, the default, is one for each hardware thread. */
  readonly threads?: number | 'auto';
}

/** Where the fixed kernels look for the epilogue; see the README. */
const epilogueSlot = 1;
/** Scratch of different threads shares no cache lines, nor those that processors fetch in pairs. */
const cacheLineByteLength = 128;

/** One block that grows to the largest request; its content means nothing between launches. */
class ScratchBlock {
  readonly #pool: MemoryPool;
  #block: MemoryBlock | undefined;

  constructor(pool: MemoryPool) {
    this.#pool = pool;
  }

  get address(): number {
    return this.#block?.address ?? 0;
  }

  get byteLength(): number {
    return this.#block?.byteLength ?? 0;
  }

  reserve(byteLength: number): void {
    if (byteLength <= (this.#block?.byteLength ?? 0)) return;
    if (this.#block) this.#pool.free(this.#block);
    this.#block = undefined;
    this.#block = this.#pool.allocate(byteLength);
  }
}

export class CpuBackend implements Backend {
  readonly name = 'cpu';
  readonly limits: Limits;
  /** Threads that kernels run on, the calling one included. */
  readonly threads: number;
  readonly #pool: MemoryPool;
  readonly #imports: WebAssembly.Imports;
  readonly #shared: ScratchBlock;
  readonly #thread: ScratchBlock;
  readonly #arguments: ScratchBlock;
  /** The launch under way; reused, so that a launch allocates nothing. */
  readonly #pointers = { buffers: [] as number[], scratch: 0, arguments: 0 };
  readonly #table = new WebAssembly.Table({ initial: 2, element: 'anyfunc' });
  readonly #sharing: Sharing;
  readonly #workers: ThreadPool | undefined;
  readonly #forgotten = new FinalizationRegistry<number>((number) => this.#workers?.drop(number));
  #native: { readonly module: WebAssembly.Module; readonly instance: WebAssembly.Instance } | undefined;
  #argumentWords: Int32Array = new Int32Array(0);
  #executables = 0;

  constructor({ maxBytes, threads = 'auto' }: CpuBackendOptions, sharing: Sharing) {
    this.#sharing = sharing;
    this.#pool = new MemoryPool(maxBytes);
    this.threads = countThreads(threads);
    this.#workers = this.threads > 1 ? new ThreadPool(this.#pool.memory, this.threads, sharing) : undefined;
    this.limits = {
      dtypes,
      maxBuffersPerKernel: 32,
      maxInstructions: 256,
      maxBufferByteLength: this.#pool.maximumByteLength / 2,
      maxBytes: this.#pool.maximumByteLength,
    };
    this.#imports = { env: { ...createHostFunctions(), memory: this.#pool.memory } };
    this.#shared = new ScratchBlock(this.#pool);
    this.#thread = new ScratchBlock(this.#pool);
    this.#arguments = new ScratchBlock(this.#pool);
  }

  byteLength(dtype: DType, length: number): number {
    return byteSize(dtype) * length;
  }

  allocate(byteLength: number): DeviceBuffer {
    return this.#pool.allocate(byteLength);
  }

  free(buffer: DeviceBuffer): void {
    this.#pool.free(buffer as MemoryBlock);
  }

  write(buffer: DeviceBuffer, dtype: DType, data: HostArray): void {
    this.#pool.elements(dtype, (buffer as MemoryBlock).address, data.length).set(data);
  }

  async read<D extends DType>(buffer: DeviceBuffer, dtype: D, length: number): Promise<HostArrays[D]> {
    return this.readSync(buffer, dtype, length);
  }

  readSync<D extends DType>(buffer: DeviceBuffer, dtype: D, length: number): HostArrays[D] {
    const array = createHostArray(dtype, length);
    array.set(this.#pool.elements(dtype, (buffer as MemoryBlock).address, length));
    return array;
  }

  prepare(kernel: Kernel): Executable {
    const threads = this.threads;
    const plan = planKernel(kernel, threads);
    const scratchStride = roundUp(plan.threadScratchByteLength, cacheLineByteLength);
    this.#shared.reserve(plan.scratchByteLength);
    this.#thread.reserve(scratchStride * threads);
    this.#arguments.reserve(plan.argumentsByteLength);
    const emitted = plan.code && new WebAssembly.Module(plan.code);
    const instance = emitted && new WebAssembly.Instance(emitted, this.#imports);
    const number = this.#executables++;
    const phases = plan.phases.map((phase, i): ExecutablePhase => {
      const { entry, module, units, unitNanoseconds, argumentsOffset } = phase;
      const { exports } = module === 'native' ? this.#nativeCode().instance : (instance as WebAssembly.Instance);
      const run = exports[entry] as PhaseFunction;
      const chunk = chooseChunk(phase, threads, this.#sharing);
      const nanoseconds = units * unitNanoseconds;
      const shared = chunk < units ? { executable: number, phase: i, run, units, chunk, nanoseconds } : undefined;
      return { run, units, argumentsOffset, shared };
    });
    const epilogue = plan.epilogue === undefined ? undefined : instance?.exports[plan.epilogue];
    const executable = new CpuExecutable(plan, phases, epilogue as EpilogueFunction | undefined, scratchStride);
    if (phases.some(({ shared }) => shared)) {
      this.#workers?.add({
        number,
        emitted,
        native: plan.phases.some(({ module }) => module === 'native') ? this.#nativeCode().module : undefined,
        phases: plan.phases.map(({ entry, module }) => ({ entry, module })),
        epilogue: plan.epilogue,
      });
      this.#forgotten.register(executable, number);
    }
    return executable;
  }

  submit(launches: readonly Launch[]): void {
    for (const launch of launches) this.#run(launch);
  }

  #run({ executable, buffers }: Launch): void {
    const { plan, phases, epilogue, scratchStride } = executable as CpuExecutable;
    if (epilogue) this.#table.set(epilogueSlot, epilogue);
    const pointers = this.#pointers;
    pointers.scratch = this.#shared.address;
    pointers.arguments = this.#arguments.address;
    for (let i = 0; i < buffers.length; i++) pointers.buffers[i] = (buffers[i] as MemoryBlock).address;
    pointers.buffers.length = buffers.length;
    plan.fill(this.#wordsOfArguments(), pointers);
    const scratch = this.#thread.address;
    for (let i = 0; i < phases.length; i++) {
      const { run, units, argumentsOffset, shared } = phases[i] as ExecutablePhase;
      const address = pointers.arguments + argumentsOffset;
      if (shared) (this.#workers as ThreadPool).run(shared, address, scratch, scratchStride);
      else run(address, 0, units, scratch);
    }
  }

  /** The fixed kernels, compiled when first needed. */
  #nativeCode(): { readonly module: WebAssembly.Module; readonly instance: WebAssembly.Instance } {
    if (!this.#native) {
      const module = new WebAssembly.Module(nativeModuleBytes());
      const imports = { env: { memory: this.#pool.memory, table: this.#table } };
      this.#native = { module, instance: new WebAssembly.Instance(module, imports) };
    }
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

  /** Worker threads that have started so far. */
  get startedWorkers(): number {
    return this.#workers?.startedWorkers ?? 0;
  }

  async settled(): Promise<void> {}

  dispose(): void {
    this.#workers?.dispose();
  }
}

/** The CPU as a device: WebAssembly SIMD kernels over one memory, on as many threads as there are. */
export const createCpuBackend = (options: CpuBackendOptions = {}): Backend => new CpuBackend(options, defaultSharing);
