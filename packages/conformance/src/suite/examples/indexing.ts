import { dtypes, type Shape } from '@cotangent/ir';
import { scatterAdd, scatterSet, sort, type Tensor, takeAlongAxis } from '@cotangent/tensor';
import type { Inputs } from '../inputs.js';
import { type Example, numbers, one } from './example.js';

const sortShapes: readonly Shape[] = [[1], [0], [2, 0], [9], [4, 6], [3, 64], [2, 1031]];

/** Rows from a few elements to more than a block sorts at once. */
export const sortExamples: readonly Example[] = sortShapes.flatMap((shape) =>
  [false, true].flatMap((descending) => [
    one(
      `${descending ? 'descending' : 'ascending'} [${shape.join(', ')}]`,
      numbers,
      // Few values, so that stability shows.
      (inputs, dtype) => [inputs.whole(shape, dtype, dtype === 'uint32' ? 0 : -5, 5)],
      (x) => {
        const { values, indices } = sort(x, { descending });
        return [values, indices];
      },
    ),
  ]),
);

const indicesOf = (inputs: Inputs, shape: Shape, extent: number): Tensor => inputs.whole(shape, 'int32', -1, extent);

/** Reads through indices, of which some are out of range. */
export const gatherExamples: readonly Example[] = (
  [
    [[1], [1], 0],
    [[5], [0], 0],
    [[5], [9], 0],
    [[4, 6], [4, 3], 1],
    [[4, 6], [7, 6], 0],
    [[2, 3, 50], [2, 3, 41], 2],
  ] as const
).map(([source, indices, axis]) =>
  one(
    `[${source.join(', ')}] at [${indices.join(', ')}] along ${axis}, some out of range`,
    dtypes,
    (inputs, dtype) => [inputs.values(source, dtype), indicesOf(inputs, indices, source[axis] as number)],
    (x, at) => takeAlongAxis(x, at, axis),
    true,
  ),
);

const scatterShapes = [
  [[1], [1], 0],
  [[5], [0], 0],
  [[5], [17], 0],
  [[4, 6], [4, 9], 1],
  [[4, 6], [11, 6], 0],
] as const;

/** Writes through indices, of which some collide. */
export const scatterExamples: readonly Example[] = scatterShapes.flatMap(([operand, indices, axis]) =>
  (['add', 'set'] as const).map((combine) =>
    one(
      `${combine} [${indices.join(', ')}] into [${operand.join(', ')}] along ${axis}, colliding and out of range`,
      combine === 'add' ? numbers : dtypes,
      (inputs, dtype) => [
        inputs.values(operand, dtype),
        indicesOf(inputs, indices, operand[axis] as number),
        inputs.values(indices, dtype),
      ],
      (x, at, updates) => (combine === 'add' ? scatterAdd : scatterSet)(x, at, updates, { axis }),
      combine === 'add',
    ),
  ),
);
