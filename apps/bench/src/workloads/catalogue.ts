import { attentionWorkloads } from './attention.js';
import { convolutionWorkloads } from './convolution.js';
import { elementwiseWorkloads } from './elementwise.js';
import { indexingWorkloads } from './indexing.js';
import { lovaszWorkloads } from './lovasz.js';
import { matmulWorkloads } from './matmul.js';
import { normalizationWorkloads } from './normalization.js';
import { orderingWorkloads } from './ordering.js';
import { overheadWorkloads } from './overhead.js';
import type { Workload } from './problem.js';
import { reductionWorkloads } from './reduction.js';
import { trainingWorkloads } from './training.js';

/** Everything that is timed, in the order of the report. */
export const workloads: readonly Workload[] = [
  ...matmulWorkloads,
  ...elementwiseWorkloads,
  ...reductionWorkloads,
  ...convolutionWorkloads,
  ...orderingWorkloads,
  ...indexingWorkloads,
  ...attentionWorkloads,
  ...normalizationWorkloads,
  ...lovaszWorkloads,
  ...trainingWorkloads,
  ...overheadWorkloads,
];
