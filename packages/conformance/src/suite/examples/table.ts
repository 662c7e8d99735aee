import type { OpName } from '@cotangent/tensor';
import { convolveExamples, matmulExamples } from './contraction.js';
import { elementwiseExamples } from './elementwise.js';
import type { Example } from './example.js';
import { gatherExamples, scatterExamples, sortExamples } from './indexing.js';
import { movementExamples } from './movement.js';
import { reduceExamples, scanExamples } from './reduction.js';
import { sourceExamples } from './source.js';

/** Examples of every op, with sizes 0 and 1, for every dtype that it takes. */
export const examples: { readonly [K in OpName]: readonly Example[] } = {
  ...sourceExamples,
  ...elementwiseExamples,
  ...movementExamples,
  reduce: reduceExamples,
  scan: scanExamples,
  matmul: matmulExamples,
  convolve: convolveExamples,
  gather: gatherExamples,
  scatter: scatterExamples,
  sort: sortExamples,
};
