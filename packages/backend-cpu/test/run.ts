import type { Backend, HostArray, Kernel } from '@cotangent/ir';
import { toNumbers } from './reference.js';

/** Runs a kernel once on fresh buffers and returns its outputs. */
export const runForArrays = (backend: Backend, kernel: Kernel, inputs: readonly HostArray[]): HostArray[] => {
  const inputBuffers = kernel.inputs.map((dtype, i) => {
    const data = inputs[i] as HostArray;
    const buffer = backend.allocate(backend.byteLength(dtype, data.length));
    backend.write(buffer, dtype, data);
    return buffer;
  });
  const outputBuffers = kernel.outputs.map(({ dtype, length }) => backend.allocate(backend.byteLength(dtype, length)));
  const buffers = [...inputBuffers, ...outputBuffers];
  backend.submit([{ executable: backend.prepare(kernel), buffers }]);
  const results = kernel.outputs.map(({ dtype, length }, i) => backend.readSync!(outputBuffers[i]!, dtype, length));
  for (const buffer of buffers) backend.free(buffer);
  return results;
};

/** The same as numbers. */
export const runKernel = (backend: Backend, kernel: Kernel, inputs: readonly HostArray[]): number[][] =>
  runForArrays(backend, kernel, inputs).map((array, i) => toNumbers(kernel.outputs[i]!.dtype, array));
