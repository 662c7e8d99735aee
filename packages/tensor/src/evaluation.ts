import { evaluateNodes, kernelCounts } from './evaluate/evaluate.js';
import type { KernelCounts } from './evaluate/program.js';
import type { Tensor } from './tensor.js';

/** Computes tensors in one program, with every assigned variable of their device, and keeps their values. */
export const evaluate = (...tensors: readonly Tensor[]): Promise<void> =>
  evaluateNodes(tensors.map((tensor) => tensor.node));

/** How many kernels of each kind evaluating the tensors takes, for tests and curious readers; evaluates nothing. */
export const countKernels = (...tensors: readonly Tensor[]): KernelCounts =>
  kernelCounts(tensors.map((tensor) => tensor.node));
