import type {
  Backend,
  DeviceBuffer,
  DType,
  Executable,
  HostArray,
  HostArrays,
  Kernel,
  Launch,
  Limits,
} from 'cotangent';
import type { DispatchCounts } from './peer.js';

/** A kernel and how long it ran. */
export interface TimedKernel {
  readonly kernel: Kernel;
  readonly ms: number;
}

/** Another backend, with a count of what is handed to it and, when asked, times. */
export class ObservedBackend implements Backend {
  readonly name: string;
  readonly limits: Limits;
  readonly readSync?: NonNullable<Backend['readSync']>;
  readonly #backend: Backend;
  #launches = 0;
  #submits = 0;
  #log: TimedKernel[] | undefined;

  constructor(backend: Backend) {
    this.#backend = backend;
    this.name = backend.name;
    this.limits = backend.limits;
    if (backend.readSync !== undefined) this.readSync = backend.readSync.bind(backend);
  }

  get counts(): DispatchCounts {
    return { launches: this.#launches, submits: this.#submits };
  }

  reset(): void {
    this.#launches = 0;
    this.#submits = 0;
  }

  /** Submits launches one by one during `run`, and says what each took; for backends that are done when `submit` returns. */
  async timeLaunches(run: () => Promise<void>): Promise<TimedKernel[]> {
    const log: TimedKernel[] = [];
    this.#log = log;
    try {
      await run();
    } finally {
      this.#log = undefined;
    }
    return log;
  }

  submit(launches: readonly Launch[]): void {
    this.#launches += launches.length;
    this.#submits++;
    if (this.#log === undefined) this.#backend.submit(launches);
    else for (const launch of launches) this.#submitTimed(launch, this.#log);
  }

  #submitTimed(launch: Launch, log: TimedKernel[]): void {
    const begin = performance.now();
    this.#backend.submit([launch]);
    log.push({ kernel: launch.executable.kernel, ms: performance.now() - begin });
  }

  byteLength(dtype: DType, length: number): number {
    return this.#backend.byteLength(dtype, length);
  }
  allocate(byteLength: number): DeviceBuffer {
    return this.#backend.allocate(byteLength);
  }
  free(buffer: DeviceBuffer): void {
    this.#backend.free(buffer);
  }
  write(buffer: DeviceBuffer, dtype: DType, data: HostArray): void {
    this.#backend.write(buffer, dtype, data);
  }
  read<D extends DType>(buffer: DeviceBuffer, dtype: D, length: number): Promise<HostArrays[D]> {
    return this.#backend.read(buffer, dtype, length);
  }
  prepare(kernel: Kernel): Executable {
    return this.#backend.prepare(kernel);
  }
  settled(): Promise<void> {
    return this.#backend.settled();
  }
  dispose(): void {
    this.#backend.dispose();
  }
}
