import { bytesOf, input, type Problem, problem, type Workload } from './problem.js';

/** Errors that round alike may come in either order, which changes the gradient of a few pixels. */
const tolerance = 2e-2;

const lovasz = (batch: number, classes: number, extent: number): Problem => {
  const pixels = batch * extent ** 2;
  return problem(
    'lovasz',
    {
      logits: input.normal(2, batch, classes, extent, extent),
      labels: input.labels(classes, batch, extent, extent),
    },
    {
      options: undefined,
      mode: 'gradient',
      variables: ['logits'],
      cost: { bytes: bytesOf(2 * pixels * classes, pixels) },
      tolerance,
    },
  );
};

export const lovaszWorkloads: readonly Workload[] = [
  { name: 'lovasz-256', full: lovasz(1, 21, 256), small: lovasz(1, 4, 5) },
  { name: 'lovasz-512', full: lovasz(1, 21, 512), small: lovasz(1, 3, 7) },
  { name: 'lovasz-batch', full: lovasz(4, 21, 256), small: lovasz(2, 4, 5) },
];
