import { bytesOf, input, type Problem, problem, type Workload } from './problem.js';

interface ProductSize {
  readonly batch?: number;
  readonly m: number;
  readonly n: number;
  readonly k: number;
}

const flopsOf = ({ batch = 1, m, n, k }: ProductSize): number => 2 * batch * m * n * k;

const product = (size: ProductSize): Problem => {
  const { batch, m, n, k } = size;
  const lead = batch === undefined ? [] : [batch];
  return problem(
    'matmul',
    { a: input.uniform(...lead, m, k), b: input.uniform(...lead, k, n) },
    {
      options: undefined,
      cost: { flops: flopsOf(size), bytes: (batch ?? 1) * bytesOf(m * k, k * n, m * n) },
    },
  );
};

const productGradients = (size: ProductSize): Problem => {
  const { m, n, k } = size;
  return problem(
    'matmulGradients',
    { a: input.uniform(m, k), b: input.uniform(k, n), cotangent: input.uniform(m, n) },
    { options: undefined, cost: { flops: 2 * flopsOf(size), bytes: bytesOf(2 * m * k, 2 * k * n, m * n) } },
  );
};

const square = (extent: number): ProductSize => ({ m: extent, n: extent, k: extent });

export const matmulWorkloads: readonly Workload[] = [
  ...[256, 512, 1024, 2048].map((extent) => ({
    name: `matmul-${extent}`,
    full: product(square(extent)),
    small: product({ m: 5, n: 9, k: 7 }),
  })),
  {
    name: 'matmul-transposed',
    full: productGradients(square(1024)),
    small: productGradients({ m: 5, n: 9, k: 7 }),
  },
  {
    name: 'matmul-batched',
    full: product({ batch: 16, ...square(256) }),
    small: product({ batch: 3, m: 5, n: 9, k: 7 }),
  },
];
