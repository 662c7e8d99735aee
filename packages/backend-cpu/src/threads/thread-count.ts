import { ValueError } from '@cotangent/ir';
import { nodeModule } from './node-module.js';

/** More threads than this gain nothing and cost scratch. */
const maxThreads = 256;

/** Hardware threads that a backend may use: one in pages that may not share memory. */
const availableThreads = (): number => {
  const os = nodeModule('node:os');
  if (os) return os.availableParallelism();
  return globalThis.crossOriginIsolated ? navigator.hardwareConcurrency : 1;
};

/** Number of threads that `threads` stands for. */
export const countThreads = (threads: number | 'auto'): number => {
  if (threads === 'auto') return Math.min(maxThreads, Math.max(1, availableThreads()));
  if (Number.isInteger(threads) && threads >= 1 && threads <= maxThreads) return threads;
  throw new ValueError('createCpuBackend', `threads is not an integer from 1 to ${maxThreads}, or 'auto'.`, {
    sides: { threads },
  });
};
