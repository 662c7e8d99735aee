import { bytesOf, input, type Problem, problem, type Workload } from './problem.js';

const axisSum = (rows: number, columns: number, axis: 0 | 1): Problem =>
  problem(
    'sum',
    { x: input.uniform(rows, columns) },
    { options: { axis }, cost: { bytes: bytesOf(rows * columns, axis === 0 ? columns : rows), isReading: true } },
  );

const runningSum = (rows: number, length: number): Problem =>
  problem(
    'cumsum',
    { x: input.uniform(rows, length) },
    { options: undefined, cost: { bytes: bytesOf(2 * rows * length) } },
  );

export const reductionWorkloads: readonly Workload[] = [
  { name: 'reduce-axis0', full: axisSum(4096, 4096, 0), small: axisSum(6, 11, 0) },
  { name: 'reduce-axis1', full: axisSum(4096, 4096, 1), small: axisSum(6, 11, 1) },
  { name: 'cumsum', full: runningSum(21, 65536), small: runningSum(3, 17) },
];
