import {
  type Backend,
  byteSize,
  createHostArray,
  type DeviceBuffer,
  DisposedError,
  type DType,
  dtypes,
  type Executable,
  type HostArray,
  type HostArrays,
  type Kernel,
  type Launch,
  type Limits,
} from '@cotangent/ir';
import type { CpuExecutable } from './executable.js';
import { Launcher } from './launcher.js';
import { type MemoryBlock, MemoryPool } from './memory.js';
import { mayWait } from './threads/may-wait.js';
import { defaultSharing, type Sharing } from './threads/sharing.js';
import { countThreads } from './threads/thread-count.js';
import { WorkQueue } from './threads/work-queue.js';

export interface CpuBackendOptions {
  /** Most bytes that buffers may take in all; 4 GiB at most. */
  readonly maxBytes?: number;
  /**
   * Threads that kernels run on, the calling one included; `auto`, the default, is one for each hardware thread. Pages that are
   * not cross-origin isolated have one.
   */
  readonly threads?: number | 'auto';
}

/** How a backend works; results don't depend on it. */
export interface Conduct {
  readonly sharing?: Sharing;
  /** Whether `submit` may hold the calling thread until launches are done; otherwise it leaves the event loop its turns. */
  readonly mayWait?: boolean;
}

/** Ends the workers of backends that were dropped without `dispose`. */
const abandoned = new FinalizationRegistry<Launcher>((launcher) => launcher.dispose());

export class CpuBackend implements Backend {
  readonly name = 'cpu';
  readonly limits: Limits;
  readonly threads: number;
  readonly #pool: MemoryPool;
  readonly #launcher: Launcher;
  /** What is submitted but not done, where the calling thread may not wait for it. */
  readonly #queue: WorkQueue | undefined;

  constructor(
    { maxBytes, threads = 'auto' }: CpuBackendOptions,
    { sharing = defaultSharing, ...conduct }: Conduct = {},
  ) {
    this.#pool = new MemoryPool(maxBytes);
    this.threads = countThreads(threads);
    this.#launcher = new Launcher(this.#pool, this.threads, sharing);
    abandoned.register(this, this.#launcher);
    this.#queue = (conduct.mayWait ?? mayWait(this.#pool.memory)) ? undefined : new WorkQueue();
    this.limits = {
      dtypes,
      maxBuffersPerKernel: 32,
      maxInstructions: 256,
      maxBufferByteLength: this.#pool.maximumByteLength / 2,
      maxBytes: this.#pool.maximumByteLength,
    };
  }

  /** Worker threads that have started so far. */
  get startedWorkers(): number {
    return this.#launcher.startedWorkers;
  }

  byteLength(dtype: DType, length: number): number {
    return byteSize(dtype) * length;
  }

  allocate(byteLength: number): DeviceBuffer {
    return this.#pool.allocate(byteLength);
  }

  /** Memory may be handed out again at once: whatever touches it next waits for its turn after the launches before. */
  free(buffer: DeviceBuffer): void {
    this.#pool.free(buffer as MemoryBlock);
  }

  write(buffer: DeviceBuffer, dtype: DType, data: HostArray): void {
    if (!this.#queue || this.#queue.isEmpty) this.#write(buffer, dtype, data);
    else {
      const copy = data.slice();
      this.#queue.add({ run: () => this.#write(buffer, dtype, copy) });
    }
  }

  read<D extends DType>(buffer: DeviceBuffer, dtype: D, length: number): Promise<HostArrays[D]> {
    return this.#afterwards(() => this.#read(buffer, dtype, length));
  }

  readSync<D extends DType>(buffer: DeviceBuffer, dtype: D, length: number): HostArrays[D] {
    this.#queue?.drain();
    this.#throwFailure();
    return this.#read(buffer, dtype, length);
  }

  prepare(kernel: Kernel): Executable {
    return this.#launcher.prepare(kernel);
  }

  submit(launches: readonly Launch[]): void {
    for (const { executable, buffers } of launches) {
      if (!this.#queue) this.#launcher.run(executable as CpuExecutable, buffers);
      else {
        const own = buffers.slice();
        this.#queue.add({ run: () => this.#launcher.runInSteps(executable as CpuExecutable, own) });
      }
    }
  }

  settled(): Promise<void> {
    return this.#afterwards(() => {});
  }

  dispose(): void {
    this.#launcher.dispose();
    this.#queue?.cancel(new DisposedError('read', 'the device was disposed before its work was done.'));
  }

  #write(buffer: DeviceBuffer, dtype: DType, data: HostArray): undefined {
    this.#pool.elements(dtype, (buffer as MemoryBlock).address, data.length).set(data);
  }

  #read<D extends DType>(buffer: DeviceBuffer, dtype: D, length: number): HostArrays[D] {
    const array = createHostArray(dtype, length);
    array.set(this.#pool.elements(dtype, (buffer as MemoryBlock).address, length));
    return array;
  }

  /** What `take` gives once everything submitted before is done, or the first failure of that. */
  async #afterwards<T>(take: () => T): Promise<T> {
    const queue = this.#queue;
    if (!queue) return take();
    return new Promise<T>((resolve, reject) => {
      const run = (): undefined => {
        try {
          this.#throwFailure();
          resolve(take());
        } catch (error) {
          reject(error);
        }
      };
      queue.add({ run, cancel: reject });
    });
  }

  #throwFailure(): void {
    const failure = this.#queue?.takeFailure();
    if (failure !== undefined) throw failure;
  }
}

/** The CPU as a device: WebAssembly SIMD kernels over one memory, on as many threads as there are. */
export const createCpuBackend = (options: CpuBackendOptions = {}): Backend => new CpuBackend(options);
