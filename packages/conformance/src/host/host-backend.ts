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
  OutOfMemoryError,
} from '@cotangent/ir';
import { decodeFloat16, encodeFloat16 } from '../interpreter/float16.js';
import { execute } from './execute.js';

interface HostBuffer extends DeviceBuffer {
  readonly bytes: Uint8Array<ArrayBuffer>;
}

const bytesOf = (array: HostArray): Uint8Array<ArrayBuffer> =>
  new Uint8Array(array.buffer, array.byteOffset, array.byteLength);

/** Copies elements out of a buffer. */
const elementsOf = <D extends DType>({ bytes }: HostBuffer, dtype: D, length: number): HostArrays[D] => {
  const data = createHostArray(dtype, length);
  bytesOf(data).set(bytes.subarray(0, data.byteLength));
  return data;
};

const numbersOf = (buffer: HostBuffer, dtype: DType): ArrayLike<number> => {
  const data = elementsOf(buffer, dtype, Math.floor(buffer.byteLength / byteSize(dtype)));
  return dtype === 'float16' ? Float64Array.from(data, decodeFloat16) : data;
};

const run = ({ executable: { kernel }, buffers }: Launch): void => {
  const inputs = kernel.inputs.map((dtype, i) => numbersOf(buffers[i] as HostBuffer, dtype));
  const outputs = kernel.outputs.map(({ dtype, length }) => createHostArray(dtype, length));
  execute(kernel, inputs, (output, position, value) => {
    const isFloat16 = kernel.outputs[output]?.dtype === 'float16';
    (outputs[output] as HostArray)[position] = isFloat16 ? encodeFloat16(value) : value;
  });
  for (const [i, data] of outputs.entries()) {
    (buffers[kernel.inputs.length + i] as HostBuffer).bytes.set(bytesOf(data));
  }
};

/**
 * A backend that runs kernels in plain JavaScript, an instruction at a time: the kernel contract as code.
 *
 * It is for tests, of what is above backends and of what other backends compute, and slow.
 */
export class HostBackend implements Backend {
  readonly name = 'host';
  readonly limits = {
    dtypes,
    maxBuffersPerKernel: 64,
    maxInstructions: 1024,
    maxRowLength: 4096,
    maxBufferByteLength: 2 ** 31,
    maxBytes: 2 ** 33,
  };

  byteLength(dtype: DType, length: number): number {
    return byteSize(dtype) * length;
  }

  allocate(byteLength: number): HostBuffer {
    if (byteLength > this.limits.maxBufferByteLength) {
      throw new OutOfMemoryError('allocate', 'the buffer is larger than the host allows.', {
        sides: { requested: byteLength, largest: this.limits.maxBufferByteLength },
      });
    }
    return { byteLength, bytes: new Uint8Array(byteLength) };
  }

  free(): void {}

  write(buffer: DeviceBuffer, _dtype: DType, data: HostArray): void {
    (buffer as HostBuffer).bytes.set(bytesOf(data));
  }

  readSync<D extends DType>(buffer: DeviceBuffer, dtype: D, length: number): HostArrays[D] {
    return elementsOf(buffer as HostBuffer, dtype, length);
  }

  async read<D extends DType>(buffer: DeviceBuffer, dtype: D, length: number): Promise<HostArrays[D]> {
    return this.readSync(buffer, dtype, length);
  }

  prepare(kernel: Kernel): Executable {
    return { kernel };
  }

  submit(launches: readonly Launch[]): void {
    for (const launch of launches) run(launch);
  }

  async settled(): Promise<void> {}

  dispose(): void {}
}
