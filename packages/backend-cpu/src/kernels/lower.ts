import type { Kernel } from '@cotangent/ir';
import { planContraction } from './contraction.js';
import { planMap } from './map.js';
import type { Plan } from './plan.js';
import { planReduce } from './reduce.js';
import { planScan } from './scan.js';
import { planScatter } from './scatter.js';
import { planSort } from './sort.js';

/** How a kernel runs on a number of threads, which changes how it is cut up but no bit of the result. */
export const planKernel = (kernel: Kernel, threads: number): Plan => {
  switch (kernel.kind) {
    case 'map':
      return planMap(kernel);
    case 'reduce':
      return planReduce(kernel);
    case 'scan':
      return planScan(kernel, threads);
    case 'scatter':
      return planScatter(kernel);
    case 'sort':
      return planSort(kernel, threads);
    case 'matmul':
    case 'convolve':
      return planContraction(kernel, threads);
  }
};
