import type { Block } from '../emit/block.js';
import type { Graph, Node } from '../emit/graph.js';

/** How an axis is cut: units take `chunk` positions of it each. */
export interface AxisCut {
  readonly size: number;
  readonly chunk: number;
}

export interface AxisRange {
  readonly begin: Node;
  readonly end: Node;
  /** Whether a unit has a single position of the axis, `begin`. */
  readonly isSingle: boolean;
}

const tilesOf = ({ size, chunk }: AxisCut): number => (size === 0 ? 0 : Math.ceil(size / chunk));

/** Units that the cuts make, the last axis varying fastest. */
export const countUnits = (cuts: readonly AxisCut[]): number => cuts.reduce((units, cut) => units * tilesOf(cut), 1);

/** The part of each axis that belongs to a unit. */
export const rangesOf = (graph: Graph, unit: Node, cuts: readonly AxisCut[]): AxisRange[] => {
  const ranges = new Array<AxisRange>(cuts.length);
  let rest = unit;
  let remaining = countUnits(cuts);
  for (let axis = cuts.length - 1; axis >= 0; axis--) {
    const cut = cuts[axis] as AxisCut;
    const tiles = tilesOf(cut);
    const isSingle = cut.chunk === 1;
    if (tiles <= 1) {
      ranges[axis] = { begin: graph.integer(0), end: graph.integer(cut.size), isSingle: cut.size === 1 };
      continue;
    }
    remaining /= tiles;
    const divisor = graph.integer(tiles);
    const quotient = remaining === 1 ? undefined : graph.op('i32.div_u', rest, divisor);
    const tile = quotient ? graph.op('i32.sub', rest, graph.scale(quotient, tiles)) : rest;
    if (quotient) rest = quotient;
    const begin = graph.scale(tile, cut.chunk);
    const whole = cut.size % cut.chunk === 0;
    const next = graph.add(begin, graph.integer(cut.chunk));
    ranges[axis] = { begin, end: whole ? next : graph.smaller(next, graph.integer(cut.size)), isSingle };
  }
  return ranges;
};

/** Loops over the listed axes, outermost first; `fill` gets a coordinate for each of them. */
export const nestLoops = (
  block: Block,
  ranges: readonly AxisRange[],
  fill: (block: Block, coordinates: readonly Node[]) => void,
  coordinates: readonly Node[] = [],
): void => {
  const range = ranges[coordinates.length];
  if (!range) fill(block, coordinates);
  else if (range.isSingle) nestLoops(block, ranges, fill, [...coordinates, range.begin]);
  else {
    block.loop(range.begin, range.end, 1, (body, counter) => nestLoops(body, ranges, fill, [...coordinates, counter]));
  }
};

/** Positions that one unit should have at least, so that finding its place costs little. */
export const unitPositions = 4096;

/** Cuts axes so that a unit has about `unitPositions`, from the last axis on; chunks of the last are multiples of `multiple`. */
export const cutAxes = (sizes: readonly number[], positions = unitPositions): AxisCut[] => {
  let inside = 1;
  const cuts = sizes.map((size): AxisCut => ({ size, chunk: 1 }));
  for (let axis = sizes.length - 1; axis >= 0 && inside < positions; axis--) {
    const size = sizes[axis] as number;
    // A last axis a little longer than a unit stays whole.
    const chunk = size * inside <= 2 * positions ? size : Math.ceil(positions / inside);
    cuts[axis] = { size, chunk };
    inside *= chunk;
  }
  return cuts;
};

/** Runs `fill` for each vector of a range along an axis of size `length`, the last one with fewer lanes where need be. */
export const forEachVector = (
  block: Block,
  { begin, end }: AxisRange,
  length: number,
  fill: (block: Block, first: Node, lanes: number) => void,
): void => {
  const { graph } = block;
  const whole = length - (length % 4);
  const wholeEnd = whole === length ? end : graph.smaller(end, graph.integer(whole));
  if (whole > 0) block.loop(begin, wholeEnd, 4, (body, first) => fill(body, first, 4));
  if (whole === length) return;
  block.branch(graph.op('i32.gt_s', end, graph.integer(whole)), (body) => {
    fill(body, body.pin(graph.integer(whole)), length - whole);
  });
};
