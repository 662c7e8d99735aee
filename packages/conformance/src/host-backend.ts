import {
  type Backend,
  byteSize,
  createHostArray,
  type DeviceBuffer,
  type DType,
  dtypes,
  type HostArray,
  type HostArrays,
  UnsupportedError,
} from '@cotangent/ir';

interface HostBuffer extends DeviceBuffer {
  readonly bytes: Uint8Array;
}

const bytesOf = (array: HostArray): Uint8Array => new Uint8Array(array.buffer, array.byteOffset, array.byteLength);

/** A backend that holds values and computes nothing: graphs on it are for the interpreter. */
export class HostBackend implements Backend {
  readonly name = 'host';
  readonly limits = {
    dtypes,
    maxBuffersPerKernel: 1024,
    maxInstructions: 65536,
    maxBufferByteLength: 2 ** 31,
    maxBytes: 2 ** 33,
  };

  byteLength(dtype: DType, length: number): number {
    return byteSize(dtype) * length;
  }

  allocate(byteLength: number): HostBuffer {
    return { byteLength, bytes: new Uint8Array(byteLength) };
  }

  free(): void {}

  write(buffer: DeviceBuffer, _dtype: DType, data: HostArray): void {
    (buffer as HostBuffer).bytes.set(bytesOf(data));
  }

  readSync<D extends DType>(buffer: DeviceBuffer, dtype: D, length: number): HostArrays[D] {
    const data = createHostArray(dtype, length);
    bytesOf(data).set((buffer as HostBuffer).bytes.subarray(0, data.byteLength));
    return data;
  }

  async read<D extends DType>(buffer: DeviceBuffer, dtype: D, length: number): Promise<HostArrays[D]> {
    return this.readSync(buffer, dtype, length);
  }

  prepare(): never {
    throw new UnsupportedError('prepare', 'the host backend computes nothing.', {
      hint: 'Use interpret() on tensors of this device.',
    });
  }

  submit(): void {}

  async settled(): Promise<void> {}

  dispose(): void {}
}
