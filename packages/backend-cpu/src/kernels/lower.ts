import { type Kernel, UnsupportedError } from '@cotangent/ir';
import { planMap } from './map.js';
import type { Plan } from './plan.js';
import { planReduce } from './reduce.js';

/** How a kernel runs on this backend. */
export const planKernel = (kernel: Kernel): Plan => {
  switch (kernel.kind) {
    case 'map':
      return planMap(kernel);
    case 'reduce':
      return planReduce(kernel);
    default:
      throw new UnsupportedError('prepare', `kernel kind '${kernel.kind}' is not there yet.`);
  }
};
