import { isFloat, type Shape } from '@cotangent/ir';
import { argmax, argmin, cummax, cummin, cumprod, cumsum, max, min, prod, sum, type Tensor } from '@cotangent/tensor';
import { type Example, numbers, one } from './example.js';

const reductions: Readonly<Record<string, (x: Tensor, axes: readonly number[]) => Tensor>> = {
  sum: (x, axes) => sum(x, { axes }),
  product: (x, axes) => prod(x, { axes }),
  maximum: (x, axes) => max(x, { axes }),
  minimum: (x, axes) => min(x, { axes }),
};

const reductionCases: readonly (readonly [Shape, readonly number[]])[] = [
  [[1], [0]],
  [[7], [0]],
  [
    [3, 4, 5],
    [0, 2],
  ],
  [[3, 4, 5], [1]],
  [
    [2, 3, 4],
    [0, 1, 2],
  ],
  [[5, 1], [1]],
  [[2, 1031], [1]],
  [[1031, 2], [0]],
];

/** Reductions over one axis, several and all, and of nothing. */
export const reduceExamples: readonly Example[] = [
  ...Object.entries(reductions).flatMap(([name, compute]) =>
    reductionCases.map(([shape, axes]) =>
      one(
        `${name} of [${shape.join(', ')}] over ${axes.join(', ')}`,
        numbers,
        // Products stay in range: factors near 1 for floating point, wrapped for integers.
        (inputs, dtype) => [
          name === 'product' && isFloat(dtype) ? inputs.values(shape, dtype, 0.98, 1.02) : inputs.values(shape, dtype),
        ],
        (x) => compute(x, axes),
        name === 'sum' || name === 'product',
      ),
    ),
  ),
  ...(['sum', 'product'] as const).map((name) =>
    one(
      `${name} of nothing`,
      numbers,
      (inputs, dtype) => [inputs.values([3, 0], dtype)],
      (x) => (reductions[name] as (typeof reductions)['sum'])(x, [1]),
    ),
  ),
  ...[argmax, argmin].flatMap((find) =>
    [[1], [7], [3, 4, 5], [2, 1031]].map((shape) =>
      one(
        `${find === argmax ? 'argmax' : 'argmin'} of [${shape.join(', ')}]`,
        numbers,
        (inputs, dtype) => [inputs.whole(shape, dtype, 0, 9)],
        (x) => [find(x), ...shape.map((_, axis) => find(x, { axis }))],
      ),
    ),
  ),
];

const scans = { sum: cumsum, product: cumprod, maximum: cummax, minimum: cummin };

/** Running combinations in both directions, with and without the element itself. */
export const scanExamples: readonly Example[] = Object.entries(scans).flatMap(([name, compute]) =>
  [
    { reverse: false, exclusive: false },
    { reverse: true, exclusive: false },
    { reverse: false, exclusive: true },
    { reverse: true, exclusive: true },
  ].flatMap((options) =>
    (
      [
        [[1], 0],
        [[0], 0],
        [[9], 0],
        [[3, 4, 5], 1],
        [[2, 1031], 1],
        [[1031, 2], 0],
      ] as const
    ).map(([shape, axis]) =>
      one(
        `${options.reverse ? 'reverse ' : ''}${options.exclusive ? 'exclusive ' : ''}${name} along ${axis} of [${shape.join(', ')}]`,
        // The identities of exclusive extremes are infinite, which float16 and bounds of integers hold as well.
        numbers,
        (inputs, dtype) => [
          name === 'product' && isFloat(dtype) ? inputs.values(shape, dtype, 0.98, 1.02) : inputs.values(shape, dtype),
        ],
        (x) => compute(x, { axis, ...options }),
        name === 'sum' || (name === 'product' && (shape[0] as number) < 10),
      ),
    ),
  ),
);
