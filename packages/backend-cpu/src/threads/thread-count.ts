import { ValueError } from '@cotangent/ir';
import { nodeModule } from './node-module.js';

/** More threads than this gain nothing and cost scratch. */
const maxThreads = 256;

/** Whether workers may share memory with this thread: pages need to be isolated from other origins for that. */
const mayShareMemory = (): boolean => nodeModule('node:os') !== undefined || globalThis.crossOriginIsolated === true;

const hardwareThreads = (): number => nodeModule('node:os')?.availableParallelism() ?? navigator.hardwareConcurrency;

/** Number of threads that `threads` stands for: one where memory can't be shared. */
export const countThreads = (threads: number | 'auto'): number => {
  const wanted = threads === 'auto' ? Math.min(maxThreads, Math.max(1, hardwareThreads())) : threads;
  if (!Number.isInteger(wanted) || wanted < 1 || wanted > maxThreads) {
    throw new ValueError('createCpuBackend', `threads is not an integer from 1 to ${maxThreads}, or 'auto'.`, {
      sides: { threads },
    });
  }
  return mayShareMemory() ? wanted : 1;
};
