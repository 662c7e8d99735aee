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
import { hostFunctionImports } from './host-functions.js';
import { planKernel } from './kernels/lower.js';
import type { Phase, Plan } from './kernels/plan.js';
import { type MemoryBlock, MemoryPool } from './memory.js';
import { nativeModuleBytes } from './native/module.js';

export interface CpuBackendOptions {
  /** Most bytes that buffers may take in all; 4 GiB at most. */
  readonly maxBytes?: number;
}

type PhaseFunction = (argumentsAddress: number, begin: number, end: number, scratch: number) => void;
type EpilogueFunction = (argumentsAddress: number, begin: number, end: number) => void;

/** Where the fixed kernels look for the epilogue; see the README. */
const epilogueSlot = 1;

/** A kernel with its code ready to run. */
class CpuExecutable implements Executable {
  readonly kernel: Kernel;
  readonly plan: Plan;
  readonly functions: readonly PhaseFunction[];
  /** What the fixed kernels call on what they finish. */
  readonly epilogue: EpilogueFunction | undefined;

  constructor(plan: Plan, functions: readonly PhaseFunction[], epilogue: EpilogueFunction | undefined) {
    this.kernel = plan.kernel;
    this.plan = plan;
    this.functions = functions;
    this.epilogue = epilogue;
  }
}

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

class CpuBackend implements Backend {
  readonly name = 'cpu';
  readonly limits: Limits;
  readonly #pool: MemoryPool;
  readonly #imports: WebAssembly.Imports;
  readonly #shared: ScratchBlock;
  readonly #thread: ScratchBlock;
  readonly #arguments: ScratchBlock;
  /** The launch under way; reused, so that a launch allocates nothing. */
  readonly #pointers = { buffers: [] as number[], scratch: 0, arguments: 0 };
  readonly #table = new WebAssembly.Table({ initial: 2, element: 'anyfunc' });
  #native: WebAssembly.Instance | undefined;
  #argumentWords: Int32Array = new Int32Array(0);

  constructor({ maxBytes }: CpuBackendOptions) {
    this.#pool = new MemoryPool(maxBytes);
    this.limits = {
      dtypes,
      maxBuffersPerKernel: 32,
      maxInstructions: 256,
      maxBufferByteLength: this.#pool.maximumByteLength / 2,
      maxBytes: this.#pool.maximumByteLength,
    };
    this.#imports = { env: { ...hostFunctionImports, memory: this.#pool.memory } };
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
    const plan = planKernel(kernel);
    this.#shared.reserve(plan.scratchByteLength);
    this.#thread.reserve(plan.threadScratchByteLength);
    this.#arguments.reserve(plan.argumentsByteLength);
    const emitted = plan.code && new WebAssembly.Instance(new WebAssembly.Module(plan.code), this.#imports);
    const functions = plan.phases.map(({ entry, module }) => {
      const { exports } = module === 'native' ? this.#nativeInstance() : (emitted as WebAssembly.Instance);
      return exports[entry] as PhaseFunction;
    });
    const epilogue = plan.epilogue === undefined ? undefined : emitted?.exports[plan.epilogue];
    return new CpuExecutable(plan, functions, epilogue as EpilogueFunction | undefined);
  }

  submit(launches: readonly Launch[]): void {
    for (const launch of launches) this.#run(launch);
  }

  #run({ executable, buffers }: Launch): void {
    const { plan, functions, epilogue } = executable as CpuExecutable;
    if (epilogue) this.#table.set(epilogueSlot, epilogue);
    const pointers = this.#pointers;
    pointers.scratch = this.#shared.address;
    pointers.arguments = this.#arguments.address;
    for (let i = 0; i < buffers.length; i++) pointers.buffers[i] = (buffers[i] as MemoryBlock).address;
    pointers.buffers.length = buffers.length;
    plan.fill(this.#wordsOfArguments(), pointers);
    for (let i = 0; i < functions.length; i++) {
      const { units, argumentsOffset } = plan.phases[i] as Phase;
      (functions[i] as PhaseFunction)(pointers.arguments + argumentsOffset, 0, units, this.#thread.address);
    }
  }

  /** The fixed kernels, compiled when first needed. */
  #nativeInstance(): WebAssembly.Instance {
    this.#native ??= new WebAssembly.Instance(new WebAssembly.Module(nativeModuleBytes()), {
      env: { memory: this.#pool.memory, table: this.#table },
    });
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

  async settled(): Promise<void> {}

  dispose(): void {}
}

/** The CPU as a device: WebAssembly SIMD kernels over one memory. */
export const createCpuBackend = (options: CpuBackendOptions = {}): Backend => new CpuBackend(options);
