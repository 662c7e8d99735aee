import { sizeOf, type Tensor } from '@cotangent/tensor';

/** A module in a summary: where it is, what it is, and its own tensors by name. */
export interface SummaryRow {
  readonly path: string;
  readonly kind: string;
  readonly parameters: Readonly<Record<string, Tensor & { readonly trainable: boolean }>>;
  readonly buffers: readonly Tensor[];
}

const countElements = (tensors: readonly Tensor[]): number =>
  tensors.reduce((total, { shape }) => total + sizeOf(shape), 0);

const grouped = (count: number): string => count.toLocaleString('en-US');

const pad = (cells: readonly (readonly string[])[]): string[] => {
  const widths = cells.reduce<number[]>((most, row) => row.map((cell, i) => Math.max(most[i] ?? 0, cell.length)), []);
  return cells.map((row) =>
    row
      .map((cell, i) => cell.padEnd(widths[i] as number))
      .join('  ')
      .trimEnd(),
  );
};

/** A table of modules, their parameters' shapes and how many elements these have, with the totals below. */
export const summarize = (rows: readonly SummaryRow[]): string => {
  const parameters = rows.flatMap((row) => Object.values(row.parameters));
  const trainable = countElements(parameters.filter((parameter) => parameter.trainable));
  const buffers = countElements(rows.flatMap((row) => row.buffers));
  const table = rows.map((row) => {
    const own = Object.entries(row.parameters);
    const shapes = own.map(([name, { shape }]) => `${name} [${shape.join(', ')}]`).join(', ');
    const count = countElements(own.map(([, parameter]) => parameter));
    return [row.path, row.kind, own.length === 0 ? '' : grouped(count), shapes];
  });
  return [
    ...pad([['module', 'kind', 'elements', 'parameters'], ...table]),
    `parameters: ${grouped(countElements(parameters))}, ${grouped(trainable)} of them trainable; buffers: ${grouped(buffers)}`,
  ].join('\n');
};
