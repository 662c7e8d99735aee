import { bytesOf, input, type Problem, problem, type Workload } from './problem.js';

const layerNorm = (rows: number, width: number): Problem =>
  problem(
    'layerNorm',
    {
      x: input.normal(2, rows, width),
      weight: input.uniform(width),
      bias: input.uniform(width),
      cotangent: input.uniform(rows, width),
    },
    {
      options: undefined,
      mode: 'gradient',
      variables: ['x', 'weight', 'bias'],
      cost: { bytes: bytesOf(4 * rows * width) },
    },
  );

const batchNorm = (batch: number, channels: number, extent: number): Problem => {
  const shape = [batch, channels, extent, extent] as const;
  return problem(
    'batchNorm',
    {
      x: input.normal(2, ...shape),
      weight: input.uniform(channels),
      bias: input.uniform(channels),
      cotangent: input.uniform(...shape),
    },
    {
      options: undefined,
      mode: 'gradient',
      variables: ['x', 'weight', 'bias'],
      cost: { bytes: bytesOf(4 * batch * channels * extent ** 2) },
    },
  );
};

export const normalizationWorkloads: readonly Workload[] = [
  { name: 'layernorm', full: layerNorm(4096, 768), small: layerNorm(5, 7) },
  { name: 'batchnorm', full: batchNorm(8, 64, 64), small: batchNorm(2, 3, 4) },
];
