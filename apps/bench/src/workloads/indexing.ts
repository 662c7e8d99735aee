import { bytesOf, input, type Problem, problem, type Workload } from './problem.js';

interface LookupSize {
  /** Rows of the table. */
  readonly table: number;
  readonly width: number;
  /** Rows looked up or updated. */
  readonly rows: number;
}

const gather = ({ table, width, rows }: LookupSize): Problem =>
  problem(
    'gather',
    { table: input.uniform(table, width), rows: input.labels(table, rows) },
    { options: undefined, cost: { bytes: bytesOf(2 * rows * width, rows) } },
  );

const scatterAdd = ({ table, width, rows }: LookupSize): Problem =>
  problem(
    'scatterAdd',
    {
      target: input.uniform(table, width),
      rows: input.labels(table, rows),
      updates: input.uniform(rows, width),
    },
    { options: undefined, cost: { bytes: bytesOf(2 * table * width, rows * width, rows) } },
  );

const embeddingGradient = ({ table, width, rows }: LookupSize): Problem =>
  problem(
    'gather',
    {
      table: input.uniform(table, width),
      rows: input.labels(table, rows),
      cotangent: input.uniform(rows, width),
    },
    {
      options: undefined,
      mode: 'gradient',
      variables: ['table'],
      cost: { bytes: bytesOf(3 * rows * width, table * width, rows) },
    },
  );

const small: LookupSize = { table: 7, width: 3, rows: 11 };

export const indexingWorkloads: readonly Workload[] = [
  { name: 'gather', full: gather({ table: 100_000, width: 64, rows: 65_536 }), small: gather(small) },
  { name: 'scatter-add', full: scatterAdd({ table: 10_000, width: 64, rows: 65_536 }), small: scatterAdd(small) },
  {
    name: 'embedding-grad',
    full: embeddingGradient({ table: 10_000, width: 128, rows: 8_192 }),
    small: embeddingGradient(small),
  },
];
