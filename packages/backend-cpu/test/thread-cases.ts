import { axisIndex, type Instruction, type Kernel, type ReduceKernel } from '@cotangent/ir';
import type { CpuBackend } from '../src/backend.js';
import { defaultSharing, type Sharing } from '../src/threads/sharing.js';

/** Shares everything that has two units, one unit at a time. */
export const shareAll: Sharing = { ...defaultSharing, minPhase: 0, minChunk: 0, maxChunk: 0, start: 0, wake: 1 };

/** Adds 1 to each of `length` numbers. */
export const increment = (length: number): Kernel => ({
  kind: 'map',
  shape: [length],
  inputs: ['float32'],
  body: [
    { op: 'load', dtype: 'float32', input: 0, index: axisIndex(0, length), guards: [] },
    { op: 'constant', dtype: 'float32', value: 1 },
    { op: 'add', dtype: 'float32', operands: [0, 1] },
  ],
  outputs: [{ dtype: 'float32', length, value: 2, space: 'full' }],
});

/** Something to keep threads busy for `length` times about ten nanoseconds. */
export const slowSum = (length: number): ReduceKernel => {
  const chain = Array.from({ length: 6 }, (_, i): Instruction => ({ op: 'tanh', dtype: 'float32', operands: [i] }));
  return {
    kind: 'reduce',
    outer: [],
    inner: [length],
    inputs: ['float32'],
    body: [
      { op: 'load', dtype: 'float32', input: 0, index: axisIndex(0, length), guards: [] },
      ...chain,
      { op: 'reduce', dtype: 'float32', reduction: 'sum', operands: [6] },
    ],
    outputs: [{ dtype: 'float32', length: 1, value: 7, space: 'outer' }],
  };
};

/** Waits until all workers of a backend have started; something must have been shared before. */
export const allStarted = async (backend: CpuBackend): Promise<void> => {
  while (backend.startedWorkers < backend.threads - 1) await new Promise((resolve) => setTimeout(resolve, 1));
};
