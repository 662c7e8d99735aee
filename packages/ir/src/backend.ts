import type { DType, HostArray, HostArrays } from './dtype.js';
import type { Kernel } from './kernel.js';

/** Device memory; opaque above the backend. */
export interface DeviceBuffer {
  readonly byteLength: number;
}

/** A compiled kernel; opaque above the backend. */
export interface Executable {
  readonly kernel: Kernel;
}

/** One run of a kernel: its input buffers, then its output buffers. */
export interface Launch {
  readonly executable: Executable;
  readonly buffers: readonly DeviceBuffer[];
}

/** What steers fusion for a backend. */
export interface Limits {
  readonly dtypes: readonly DType[];
  /** Input and output buffers of one kernel. */
  readonly maxBuffersPerKernel: number;
  /** Instructions in one kernel's body. */
  readonly maxInstructions: number;
  /** Most inner positions that a reduce kernel may sweep more than once, or store; reductions stay apart where absent. */
  readonly maxRowLength?: number;
  /** Largest single buffer, bytes. */
  readonly maxBufferByteLength: number;
  /** Bytes the device can hold in all. */
  readonly maxBytes: number;
}

/** A device that compiles kernels and moves bytes. Shapes and dtypes were checked by the public op; backends don't re-check. */
export interface Backend {
  readonly name: string;
  readonly limits: Limits;
  /** Bytes that `length` elements of a dtype take on this backend. */
  byteLength(dtype: DType, length: number): number;
  /** Uninitialized memory; throws OutOfMemoryError. */
  allocate(byteLength: number): DeviceBuffer;
  /** Returns memory; launches submitted before still see it. */
  free(buffer: DeviceBuffer): void;
  /** Copies from the host; the array may be reused on return. */
  write(buffer: DeviceBuffer, dtype: DType, data: HostArray): void;
  /** Copies the first `length` elements to a new host array, after everything submitted before. */
  read<D extends DType>(buffer: DeviceBuffer, dtype: D, length: number): Promise<HostArrays[D]>;
  /** The same at once, where the backend can. */
  readSync?<D extends DType>(buffer: DeviceBuffer, dtype: D, length: number): HostArrays[D];
  /** Compiles a kernel; the caller caches by kernel. A backend whose compilation is asynchronous may wait for it in `submit`. */
  prepare(kernel: Kernel): Executable;
  /** Runs launches in order. */
  submit(launches: readonly Launch[]): void;
  /** Resolves when everything submitted is done; rejects with the first error since the last call. */
  settled(): Promise<void>;
  /** Frees the device. */
  dispose(): void;
}
