import { input, type Problem, problem, type Workload } from './problem.js';

const chain = (length: number): Problem => problem('chain', { x: input.uniform(16) }, { options: { length } });

const firstProduct = (extent: number): Problem =>
  problem('matmul', { a: input.uniform(extent, extent), b: input.uniform(extent, extent) }, { options: undefined });

export const overheadWorkloads: readonly Workload[] = [
  { name: 'dispatch', full: chain(1000), small: chain(10) },
  { name: 'startup', full: firstProduct(64), small: firstProduct(4), isStartup: true },
];
