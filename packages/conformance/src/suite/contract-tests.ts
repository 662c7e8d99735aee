import {
  type Backend,
  byteSize,
  createHostArray,
  type DeviceBuffer,
  type DType,
  dtypes,
  type HostArray,
  type Kernel,
  OutOfMemoryError,
} from '@cotangent/ir';
import { DisagreementError, requireValues } from './agreement.js';
import type { DeviceTest } from './suite-test.js';

const contract = (name: string, run: (backend: Backend) => Promise<void>): DeviceTest => ({
  name,
  run: ({ backend }) => run(backend),
});

const supported = ({ limits }: Backend): readonly DType[] => dtypes.filter((dtype) => limits.dtypes.includes(dtype));

/** 0, 1, 0, 1, … which every dtype holds; as bits of float16 they are the smallest numbers. */
const alternating = (dtype: DType, length: number): HostArray =>
  createHostArray(dtype, length).map((_, i) => i % 2) as HostArray;

const upload = (backend: Backend, dtype: DType, data: HostArray): DeviceBuffer => {
  const buffer = backend.allocate(backend.byteLength(dtype, data.length));
  backend.write(buffer, dtype, data);
  return buffer;
};

/** `out = in + 1` on float32. */
const increment = (length: number): Kernel => ({
  kind: 'map',
  shape: [length],
  inputs: ['float32'],
  body: [
    {
      op: 'load',
      dtype: 'float32',
      input: 0,
      index: { terms: [{ coefficient: 1, atom: { kind: 'axis', axis: 0, size: length } }], offset: 0 },
      guards: [],
    },
    { op: 'constant', dtype: 'float32', value: 1 },
    { op: 'add', dtype: 'float32', operands: [0, 1] },
  ],
  outputs: [{ dtype: 'float32', length, value: 2, space: 'full' }],
});

const requireThrow = (body: () => unknown, error: new (...all: never[]) => Error): void => {
  try {
    body();
  } catch (thrown) {
    if (thrown instanceof error) return;
    throw new DisagreementError(`${String(thrown)}, not ${error.name}`);
  }
  throw new DisagreementError(`no ${error.name}`);
};

const reusedByteLength = 2 ** 20;
const reuseCount = 2000;

/** Memory and order of execution: what a backend owes below the kernels. */
export const contractTests: readonly DeviceTest[] = [
  contract('reads back what was written, of every dtype and length', async (backend) => {
    for (const dtype of supported(backend)) {
      for (const length of [0, 1, 3, 1027]) {
        const data = alternating(dtype, length);
        const buffer = upload(backend, dtype, data);
        requireValues(`${dtype} [${length}]`, await backend.read(buffer, dtype, length), data);
        backend.free(buffer);
      }
    }
  }),
  contract('reads the first elements of a longer buffer', async (backend) => {
    const buffer = upload(backend, 'int32', Int32Array.of(5, 6, 7, 8));
    requireValues('read', await backend.read(buffer, 'int32', 2), [5, 6]);
    backend.free(buffer);
  }),
  contract('lets the host reuse the array it wrote from', async (backend) => {
    const data = Float32Array.of(1, 2);
    const buffer = upload(backend, 'float32', data);
    data.fill(9);
    requireValues('read', await backend.read(buffer, 'float32', 2), [1, 2]);
    backend.free(buffer);
  }),
  contract('gives the host arrays of its own', async (backend) => {
    const buffer = upload(backend, 'float32', Float32Array.of(1, 2));
    (await backend.read(buffer, 'float32', 2)).fill(9);
    requireValues('read again', await backend.read(buffer, 'float32', 2), [1, 2]);
    backend.free(buffer);
  }),
  contract('reads at once what it reads later, where it can', async (backend) => {
    if (backend.readSync === undefined) return;
    const buffer = upload(backend, 'uint32', Uint32Array.of(7, 4294967295));
    requireValues('readSync', backend.readSync(buffer, 'uint32', 2), [7, 4294967295]);
    backend.free(buffer);
  }),
  contract('says how many bytes a buffer takes', async (backend) => {
    for (const dtype of supported(backend)) {
      const byteLength = backend.byteLength(dtype, 10);
      if (byteLength < 10 * byteSize(dtype) && dtype !== 'bool') {
        throw new DisagreementError(`${dtype}: ${byteLength} bytes for 10 elements`);
      }
      const buffer = backend.allocate(byteLength);
      if (buffer.byteLength < byteLength) throw new DisagreementError(`${buffer.byteLength} of ${byteLength} bytes`);
      backend.free(buffer);
    }
  }),
  contract('runs launches in order, and reads after them', async (backend) => {
    const length = 1027;
    const executable = backend.prepare(increment(length));
    const first = upload(backend, 'float32', new Float32Array(length));
    const second = backend.allocate(backend.byteLength('float32', length));
    backend.submit([
      { executable, buffers: [first, second] },
      { executable, buffers: [second, first] },
    ]);
    backend.submit([{ executable, buffers: [first, second] }]);
    requireValues('three increments', await backend.read(second, 'float32', length), new Float32Array(length).fill(3));
    await backend.settled();
    backend.free(first);
    backend.free(second);
  }),
  contract('lets launches that were submitted see memory that is freed after them', async (backend) => {
    const length = 4096;
    const executable = backend.prepare(increment(length));
    const source = upload(backend, 'float32', new Float32Array(length).fill(41));
    const result = backend.allocate(backend.byteLength('float32', length));
    backend.submit([{ executable, buffers: [source, result] }]);
    backend.free(source);
    const next = upload(backend, 'float32', new Float32Array(length));
    requireValues('incremented', await backend.read(result, 'float32', length), new Float32Array(length).fill(42));
    backend.free(result);
    backend.free(next);
  }),
  contract('gives freed memory out again', async (backend) => {
    for (let i = 0; i < reuseCount; i++) backend.free(backend.allocate(reusedByteLength));
  }),
  contract('throws OutOfMemoryError for more than it has', async (backend) => {
    requireThrow(() => backend.allocate(2 ** 50), OutOfMemoryError);
  }),
  contract('settles with nothing to do', (backend) => backend.settled()),
];
