import { bytesOf, input, type Problem, problem, type Workload } from './problem.js';

const attention = (heads: number, length: number, width: number): Problem => {
  const shape = [heads, length, width] as const;
  const product = 2 * heads * length ** 2 * width;
  return problem(
    'attention',
    {
      query: input.normal(1, ...shape),
      key: input.normal(1, ...shape),
      value: input.normal(1, ...shape),
      cotangent: input.uniform(...shape),
    },
    {
      options: undefined,
      mode: 'gradient',
      variables: ['query', 'key', 'value'],
      cost: { flops: 6 * product, bytes: bytesOf(8 * heads * length * width) },
    },
  );
};

export const attentionWorkloads: readonly Workload[] = [
  { name: 'attention', full: attention(8, 512, 64), small: attention(2, 5, 3) },
];
