import { bytesOf, input, type Problem, problem, type Workload } from './problem.js';

const chainOfFunctions = (length: number): Problem =>
  problem(
    'elementwise',
    { x: input.normal(1, length) },
    { options: undefined, mode: 'gradient', variables: ['x'], cost: { bytes: bytesOf(2 * length) } },
  );

const softmax = (rows: number, width: number): Problem =>
  problem(
    'softmax',
    { x: input.normal(2, rows, width), cotangent: input.uniform(rows, width) },
    { options: undefined, mode: 'gradient', variables: ['x'], cost: { bytes: bytesOf(4 * rows * width) } },
  );

export const elementwiseWorkloads: readonly Workload[] = [
  { name: 'elementwise', full: chainOfFunctions(4 * 2 ** 20), small: chainOfFunctions(37) },
  { name: 'softmax', full: softmax(4096, 1000), small: softmax(5, 11) },
];
