import { type Instruction, type ReduceKernel, type Reduction, sizeOf, strideAlong } from '@cotangent/ir';
import { costOf, isExpensive } from './cost.js';
import { type AxisCut, countUnits, cutAxes, unitPositions } from './nest.js';
import { simplifySpace } from './space.js';
import { closureOf, stagesOf } from './stages.js';

/** A `reduce` instruction. */
export interface ReduceStep {
  readonly number: number;
  readonly reduction: Reduction;
  readonly operand: number;
  /** Sweep in which it accumulates. */
  readonly sweep: number;
}

/** How a reduction walks its space. */
export interface ReductionLayout {
  readonly instructions: readonly Instruction[];
  readonly outer: readonly number[];
  readonly inner: readonly number[];
  readonly innerSize: number;
  /** Lanes are positions along the last inner axis, or separate results along the last outer axis. */
  readonly lanesAlong: 'inner' | 'outer';
  readonly reduces: readonly ReduceStep[];
  readonly stages: readonly number[];
  readonly sweeps: number;
  readonly outerCuts: readonly AxisCut[];
  /** Parts of the inner axes that are reduced apart and then joined; undefined where each result is reduced in one go. */
  readonly innerCuts: readonly AxisCut[] | undefined;
  /** Neighbouring vectors of results that one sweep serves, so that it uses whole cache lines and pages less often. */
  readonly columns: number;
  /** Steps along the last inner axis in one turn of the loop. */
  readonly unroll: number;
  /** What the last accumulating sweep leaves in an output's place, for the final sweep to read back. */
  readonly staged: StagedValue | undefined;
}

/** An expensive value that waits in the output that is computed from it. */
export interface StagedValue {
  readonly number: number;
  readonly output: number;
}

/** The last expensive value that both the last accumulating sweep and a final output of its dtype need (softmax: the exponential). */
const chooseStaged = (
  kernel: ReduceKernel,
  instructions: readonly Instruction[],
  stages: readonly number[],
  reduces: readonly ReduceStep[],
  sweeps: number,
): StagedValue | undefined => {
  const accumulated = closureOf(
    instructions,
    reduces.filter(({ sweep }) => sweep === sweeps - 1).map(({ operand }) => operand),
  );
  for (const [output, { dtype, value, space }] of kernel.outputs.entries()) {
    if (space !== 'full' || dtype === 'float16' || stages[value] !== sweeps) continue;
    const needed = closureOf(instructions, [value]);
    const number = instructions.findLastIndex(
      (instruction, i) =>
        isExpensive(instruction) &&
        instruction.dtype === dtype &&
        needed.has(i) &&
        accumulated.has(i) &&
        stages[i] !== sweeps,
    );
    if (number >= 0) return { number, output };
  }
  return undefined;
};

/** Rough cost of one position with lanes along an axis of a size: adjacent elements are cheap, scattered ones are not. */
const laneCost = (kernel: ReduceKernel, instructions: readonly Instruction[], axis: number, size: number): number => {
  let cost = 1;
  for (const instruction of instructions) {
    if (instruction.op !== 'load') continue;
    const stride = strideAlong(instruction.index, axis);
    cost += stride === 0 ? 0.25 : stride === 1 ? 1 : 4;
  }
  const filled = size / (Math.ceil(size / 4) * 4);
  const stores = kernel.outputs.filter(({ space }) => space === 'full').length;
  return (cost + stores) / (4 * filled);
};

/** Rough cost, in the same unit, of folding the lanes of one result. */
const foldCost = 6;

const chooseLanes = (kernel: ReduceKernel, instructions: readonly Instruction[], outer: number[], inner: number[]) => {
  const lastInner = inner.at(-1);
  const lastOuter = outer.at(-1);
  if (lastOuter === undefined) return 'inner';
  if (lastInner === undefined) return 'outer';
  const rows = sizeOf(inner) / lastInner;
  const alongInner =
    laneCost(kernel, instructions, outer.length + inner.length - 1, lastInner) + foldCost / (rows * lastInner);
  const strayStores = kernel.outputs.filter(({ space }) => space === 'full').length;
  const alongOuter = laneCost(kernel, instructions, outer.length - 1, lastOuter) + strayStores * 0.75;
  return alongOuter < alongInner ? 'outer' : 'inner';
};

/** Fewer units than this, over long inner axes, and the inner axes are split into parts. */
const fewUnits = 32;
const partsWanted = 128;
const shortestPart = 8192;

const cutInner = (inner: readonly number[], innerSize: number, units: number): readonly AxisCut[] | undefined => {
  if (units >= fewUnits || innerSize < 2 * shortestPart) return undefined;
  const parts = Math.ceil(partsWanted / units);
  const positions = Math.max(shortestPart, Math.ceil(innerSize / parts / 64) * 64);
  const cuts = cutAxes(inner, positions);
  return countUnits(cuts) > 1 ? cuts : undefined;
};

const cutOuter = (outer: readonly number[], innerSize: number, lanesAlong: 'inner' | 'outer'): readonly AxisCut[] => {
  const positions = Math.max(1, Math.ceil(unitPositions / Math.max(1, innerSize)));
  return cutAxes(outer, lanesAlong === 'inner' ? positions : Math.max(64, Math.ceil(positions / 64) * 64));
};

const columnsFor = (length: number, isCheap: boolean): number => {
  if (!isCheap || length < 16) return 1;
  return length < 64 ? 4 : 8;
};

export const layOutReduction = (kernel: ReduceKernel): ReductionLayout => {
  const { groups, instructions } = simplifySpace([kernel.outer, kernel.inner], kernel.body);
  const [outer, inner] = groups as [number[], number[]];
  const stages = stagesOf(instructions);
  const reduces = instructions.flatMap((instruction, number): ReduceStep[] => {
    if (instruction.op !== 'reduce') return [];
    const [operand] = instruction.operands;
    return [{ number, reduction: instruction.reduction, operand, sweep: stages[operand] as number }];
  });
  const sweeps = Math.max(0, ...reduces.map(({ sweep }) => sweep + 1));
  const innerSize = sizeOf(inner);
  const lanesAlong = chooseLanes(kernel, instructions, outer, inner);
  const whole = cutOuter(outer, innerSize, lanesAlong);
  const innerCuts = cutInner(inner, innerSize, countUnits(whole));
  const lastOuter = outer.length - 1;
  const split = outer.map((size, axis) => {
    return { size, chunk: lanesAlong === 'outer' && axis === lastOuter ? Math.min(size, 64) : 1 };
  });
  // Results that two groups compute would be read back by one after the other has replaced them.
  const isOverlapping = lanesAlong === 'outer' && (outer.at(-1) as number) % 4 !== 0;
  const isCheap = costOf(instructions) < 2;
  const isLong = innerSize >= 8;
  return {
    instructions,
    outer,
    inner,
    innerSize,
    lanesAlong,
    reduces,
    stages,
    sweeps,
    outerCuts: innerCuts ? split : whole,
    innerCuts,
    columns: lanesAlong === 'outer' && isLong ? columnsFor(outer.at(-1) as number, isCheap) : 1,
    unroll: isCheap ? 4 : 1,
    staged: isOverlapping ? undefined : chooseStaged(kernel, instructions, stages, reduces, sweeps),
  };
};
