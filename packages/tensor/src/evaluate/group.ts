import { type Shape, sizeOf } from '@cotangent/ir';
import type { GraphNode } from './graph.js';

/** Vertices computed by one kernel. */
export interface Group {
  /** The stored vertex that comes last: kernels run in the order of their roots. */
  readonly root: number;
  /** Stored vertices, the root among them. */
  readonly outputs: number[];
  /** A reduce, scan, matmul or convolve whose result the other vertices are an epilogue of. */
  core: number | undefined;
  /** Reductions inside the kernel, over the same axes of one shape. */
  rows: Rows | undefined;
  /** Outputs with one element for each row. */
  readonly rowOutputs: Set<number>;
  /** Vertices it still reads from elsewhere, as far as known. */
  readonly frontier: Set<number>;
  instructionCount: number;
}

/** The loop nest of a kernel with reductions: `axes` of `shape` are swept for each position of the others. */
export interface Rows {
  readonly shape: Shape;
  readonly axes: readonly number[];
  readonly reductions: number[];
  /** Where the reductions read their inputs. */
  readonly view: View;
}

/** A loop nest of a kernel: whether what it computes can be stored, and for which positions. */
export interface Nest {
  storage: 'full' | 'outer' | 'none';
}

/** A place that a vertex is read from: the positions of one loop nest, seen through movement ops. */
export interface View {
  readonly group: Group;
  readonly nest: Nest;
  /** Times that a vertex read here is computed. */
  readonly positions: number;
  /** Only reshapes lie between. */
  readonly isFlat: boolean;
  /** A broadcast lies between, which repeats each row: all along `axes` of `shape`, at `parent`. */
  readonly row: { readonly parent: View; readonly shape: Shape; readonly axes: readonly number[] } | undefined;
  readonly children: Map<number | string, View>;
}

export const createView = (group: Group, positions: number, storage: Nest['storage']): View => ({
  group,
  nest: { storage },
  positions,
  isFlat: true,
  row: undefined,
  children: new Map(),
});

/** The same loop nest seen through one more movement op. */
export const viewThrough = (view: View, n: number | string, node: GraphNode, input: GraphNode): View => {
  let found = view.children.get(n);
  if (found === undefined) {
    const isReshape = node.op === 'reshape';
    const row = isReshape
      ? view.row
      : node.op === 'broadcast'
        ? repeatedRows(view, node.shape, input.shape)
        : undefined;
    const positions = row === undefined || isReshape ? view.positions : rowCount(view, row);
    found = { ...view, positions, isFlat: view.isFlat && isReshape, row, children: new Map() };
    view.children.set(n, found);
  }
  return found;
};

const repeatedRows = (view: View, shape: Shape, from: Shape): View['row'] => {
  if (!view.isFlat || view.nest.storage !== 'full') return undefined;
  const lead = shape.length - from.length;
  const axes = shape.flatMap((extent, axis) =>
    extent !== 1 && (axis < lead || from[axis - lead] === 1) ? [axis] : [],
  );
  return { parent: view, shape, axes };
};

/** A vertex repeated along the innermost axis is computed once for each row; along others alone, once for each position. */
const rowCount = (view: View, { shape, axes }: NonNullable<View['row']>): number => {
  const innermost = shape.reduce((last, extent, axis) => (extent !== 1 ? axis : last), -1);
  return axes.includes(innermost) ? sizeOf(shape.filter((_, axis) => !axes.includes(axis))) : view.positions;
};

export const sameNumbers = (a: readonly number[], b: readonly number[]): boolean =>
  a.length === b.length && a.every((value, i) => value === b[i]);

/** Read once for each row, where a kernel with reductions computes its results. */
export const isRowResult = ({ nest, isFlat }: View): boolean => nest.storage === 'outer' && isFlat;

/** Whether a core can take the view's loop nest for its results. */
export const isFree = ({ group }: View): boolean => group.core === undefined && group.rows === undefined;
