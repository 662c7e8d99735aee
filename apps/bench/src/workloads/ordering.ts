import { bytesOf, input, type Problem, problem, type Workload } from './problem.js';

const ordering = (formula: 'sort' | 'argsort', length: number): Problem =>
  problem(
    formula,
    { x: input.distinct(length) },
    { options: undefined, cost: { bytes: bytesOf(2 * length) }, tolerance: 0 },
  );

const largest = (length: number, k: number): Problem =>
  problem(
    'topk',
    { x: input.distinct(length) },
    { options: { k }, cost: { bytes: bytesOf(length, 2 * k), isReading: true }, tolerance: 0 },
  );

export const orderingWorkloads: readonly Workload[] = [
  { name: 'sort-1m', full: ordering('sort', 2 ** 20), small: ordering('sort', 23) },
  { name: 'argsort-1m', full: ordering('argsort', 2 ** 20), small: ordering('argsort', 23) },
  { name: 'topk', full: largest(2 ** 20, 100), small: largest(23, 5) },
];
