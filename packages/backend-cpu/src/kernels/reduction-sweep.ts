import type { Block } from '../emit/block.js';
import type { Graph, Node } from '../emit/graph.js';
import type { Position } from '../emit/indices.js';
import { type AxisCut, type AxisRange, nestLoops } from './nest.js';
import type { ReductionLayout } from './reduction-layout.js';

/** Results that are accumulated together: one where lanes lie along an inner axis, else up to four neighbours. */
export interface ResultGroup {
  /** Outer coordinates; those of lane 0 along the last axis where lanes are results. */
  readonly coordinates: readonly Node[];
  readonly lanes: number;
  /** Position in the row-major list of all groups. */
  readonly number: Node;
}

/** How the groups of a layout are cut into units of one group. */
export const groupCuts = ({ outer, lanesAlong }: ReductionLayout): AxisCut[] =>
  outer.map((size, axis) => ({
    size,
    chunk: lanesAlong === 'outer' && axis === outer.length - 1 ? Math.min(4, size) : 1,
  }));

/** Position of a group's results alone. */
export const outerPosition = ({ outer, lanesAlong }: ReductionLayout, group: ResultGroup): Position => ({
  coordinates: group.coordinates,
  vectorAxis: lanesAlong === 'outer' ? outer.length - 1 : -1,
  lanes: group.lanes,
});

const linearNumber = (graph: Graph, coordinates: readonly Node[], sizes: readonly number[]): Node =>
  coordinates.reduce((sum, c, axis) => graph.add(graph.scale(sum, sizes[axis] as number), c), graph.integer(0));

/** Runs `fill` for all groups in the ranges of the outer axes, `columns` neighbours at a time where there are as many. */
export const forEachGroup = (
  block: Block,
  layout: ReductionLayout,
  ranges: readonly AxisRange[],
  columns: number,
  fill: (block: Block, groups: readonly ResultGroup[]) => void,
): void => {
  const { graph } = block;
  const { outer, lanesAlong } = layout;
  if (lanesAlong === 'inner') {
    nestLoops(block, ranges, (body, coordinates) => {
      fill(body, [{ coordinates, lanes: 1, number: linearNumber(graph, coordinates, outer) }]);
    });
    return;
  }
  const along = ranges.at(-1) as AxisRange;
  const length = outer.at(-1) as number;
  const groupsAlong = Math.ceil(length / 4);
  nestLoops(block, ranges.slice(0, -1), (body, before) => {
    const row = graph.scale(linearNumber(graph, before, outer), groupsAlong);
    if (length < 4) {
      fill(body, [{ coordinates: [...before, graph.integer(0)], lanes: length, number: row }]);
      return;
    }
    const group = (first: Node): ResultGroup => {
      const number = graph.add(row, graph.op('i32.shr_u', first, graph.integer(2)));
      // The last four results may overlap those before: they come out the same again.
      const clipped = length % 4 === 0 ? first : graph.smaller(first, graph.integer(length - 4));
      return { coordinates: [...before, clipped], lanes: 4, number };
    };
    if (columns === 1) {
      body.loop(along.begin, along.end, 4, (inside, first) => fill(inside, [group(first)]));
      return;
    }
    const step = 4 * columns;
    const rest = body.pin(graph.op('i32.and', graph.op('i32.sub', along.end, along.begin), graph.integer(-step)));
    const middle = graph.add(along.begin, rest);
    body.loop(along.begin, middle, step, (inside, first) => {
      fill(
        inside,
        Array.from({ length: columns }, (_, c) => group(graph.add(first, graph.integer(4 * c)))),
      );
    });
    body.loop(middle, along.end, 4, (inside, first) => fill(inside, [group(first)]));
  });
};

/** One or more positions of the inner axes that the body is evaluated at in a row. */
export interface InnerStep {
  readonly coordinates: readonly Node[];
  /** Lanes in use where lanes lie along the inner axis. */
  readonly lanes: number;
}

/** Runs `visit` over the ranges of the inner axes, several steps at a time where the axis is long enough. */
export const sweepInner = (
  block: Block,
  layout: ReductionLayout,
  ranges: readonly AxisRange[],
  visit: (block: Block, steps: readonly InnerStep[]) => void,
): void => {
  const { graph } = block;
  const { inner, lanesAlong, unroll } = layout;
  const along = ranges.at(-1);
  const length = inner.at(-1);
  if (!along || length === undefined) {
    visit(block, [{ coordinates: [], lanes: 1 }]);
    return;
  }
  const lanes = lanesAlong === 'inner' ? 4 : 1;
  const step = lanes * unroll;
  const lengthInSteps = length - (length % step);
  const lengthInLanes = length - (length % lanes);
  nestLoops(block, ranges.slice(0, -1), (body, before) => {
    const at = (first: Node, u: number, used = lanes): InnerStep => {
      return { coordinates: [...before, graph.add(first, graph.integer(u * lanes))], lanes: used };
    };
    const bounded = (end: number) => (end === length ? along.end : graph.smaller(along.end, graph.integer(end)));
    const stepsEnd = bounded(lengthInSteps);
    if (unroll > 1 && lengthInSteps > 0) {
      body.loop(along.begin, stepsEnd, step, (inside, first) => {
        visit(
          inside,
          Array.from({ length: unroll }, (_, u) => at(first, u)),
        );
      });
    }
    if (unroll === 1 || lengthInLanes > lengthInSteps) {
      const begin = unroll > 1 && lengthInSteps > 0 ? graph.larger(along.begin, stepsEnd) : along.begin;
      body.loop(begin, bounded(lengthInLanes), lanes, (inside, first) => visit(inside, [at(first, 0)]));
    }
    if (lengthInLanes < length) {
      body.branch(graph.op('i32.gt_s', along.end, graph.integer(lengthInLanes)), (inside) => {
        const first = inside.pin(graph.integer(lengthInLanes));
        visit(inside, [at(first, 0, length - lengthInLanes)]);
      });
    }
  });
};
