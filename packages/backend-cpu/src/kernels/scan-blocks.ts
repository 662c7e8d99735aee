import { type ScanKernel, sizeOf } from '@cotangent/ir';
import type { Block, Statement } from '../emit/block.js';
import { emitFunction, type FunctionScope } from '../emit/function.js';
import type { Node, Variable } from '../emit/graph.js';
import type { ModuleCode } from '../emit/module.js';
import type { Prefix } from '../emit/prefix.js';
import { type AxisRange, countUnits, nestLoops, rangesOf } from './nest.js';
import { type Pass, type Running, ScanEmitter, type ScanLayout } from './scan-emitter.js';
import { dependenciesOf } from './stages.js';

/** What the phases over blocks need. */
export interface BlockPhases {
  readonly units: number;
  readonly rows: number;
  readonly scratchByteLength: number;
}

/** Rows in one go, with the carries that blocks would give: the results of `emitBlocks` from one thread. */
export const emitBlocksInOrder = (
  module: ModuleCode,
  kernel: ScanKernel,
  layout: ScanLayout,
  blockLength: number,
): void =>
  emitFunction(module, kernel, 'scan', (scope) => {
    const { graph, root } = scope;
    const emitter = new ScanEmitter(scope, layout, kernel);
    const length = graph.integer(layout.length);
    root.loop(scope.begin, scope.end, 1, (units, unit) => {
      nestLoops(units, rangesOf(graph, unit, layout.rowCuts), (row, coordinates) => {
        for (const pass of layout.passes) {
          const prefixes = emitter.prefixesOf(pass);
          const offsets = prefixes.map(({ initial }) => row.variable(initial));
          row.loop(graph.integer(0), length, blockLength, (inside, begin) => {
            const end = graph.smaller(graph.add(begin, graph.integer(blockLength)), length);
            const carries = offsets.map((offset) => inside.variable(inside.read(offset)));
            const totals = emitter.totalsOf(pass, inside);
            emitter.run(inside, pass, coordinates, { begin, end, isSingle: false }, { carries, totals });
            const values = emitter
              .finish(pass, inside, totals)
              .map((total, i) => (prefixes[i] as Prefix).join(inside.read(offsets[i] as Variable), total));
            inside.do({ kind: 'assign', variables: offsets, values });
          });
        }
      });
    });
  });

/** One pass over one block of a row. */
interface BlockTask {
  readonly emitter: ScanEmitter;
  readonly block: Block;
  readonly pass: Pass;
  /** Addresses of the carries of the pass's scans. */
  readonly slots: readonly Node[];
  readonly run: (running: Running) => void;
}

const carryBytes = 16;

const storeCarry = (address: Node, value: Node): Statement => ({ kind: 'store', name: 'v128.store', address, value });

/**
 * Blocks of rows as units: a phase that finds the carry after each block alone, one that joins those of a row into the carry before
 * each block, and one that scans the blocks.
 */
export const emitBlocks = (
  module: ModuleCode,
  kernel: ScanKernel,
  layout: ScanLayout,
  blockLength: number,
): BlockPhases => {
  const { outer, length, passes } = layout;
  const cuts = [...outer.map((size) => ({ size, chunk: 1 })), { size: length, chunk: blockLength }];
  const units = countUnits(cuts);
  const rows = sizeOf(outer);
  const blocks = units / rows;
  const carriesOfBlock = passes.reduce((sum, { scans }) => sum + scans.length, 0);
  /** Where a block keeps the carry of the scan that is `place` scans into the passes. */
  const slot = (scope: FunctionScope, unit: Node, place: number): Node => {
    const { graph, sharedScratch } = scope;
    return graph.sum([
      sharedScratch,
      graph.scale(unit, carriesOfBlock * carryBytes),
      graph.integer(place * carryBytes),
    ]);
  };
  const emitPhase = (entry: string, fill: (task: BlockTask) => void): void =>
    emitFunction(module, kernel, entry, (scope) => {
      const { graph, root } = scope;
      const emitter = new ScanEmitter(scope, layout, kernel);
      root.loop(scope.begin, scope.end, 1, (block, unit) => {
        const ranges = rangesOf(graph, unit, cuts);
        const along = ranges.pop() as AxisRange;
        const coordinates = ranges.map(({ begin }) => begin);
        let place = 0;
        for (const pass of passes) {
          const slots = pass.scans.map(() => slot(scope, unit, place++));
          const run = (running: Running) => emitter.run(block, pass, coordinates, along, running);
          fill({ emitter, block, pass, slots, run });
        }
      });
    });

  emitPhase('totals', ({ emitter, block, pass, slots, run }) => {
    const totals = emitter.totalsOf(pass, block);
    run({ totals });
    block.do(...emitter.finish(pass, block, totals).map((total, i) => storeCarry(slots[i] as Node, total)));
  });
  emitFunction(module, kernel, 'offsets', (scope) => {
    const { graph, root } = scope;
    const emitter = new ScanEmitter(scope, layout, kernel);
    root.loop(scope.begin, scope.end, 1, (body, row) => {
      const prefixes = passes.flatMap((pass) => emitter.prefixesOf(pass));
      const offsets = prefixes.map(({ initial }) => body.variable(initial));
      body.loop(graph.integer(0), graph.integer(blocks), 1, (inside, block) => {
        const unit = graph.add(graph.scale(row, blocks), block);
        const slots = prefixes.map((_, i) => slot(scope, unit, i));
        const totals = slots.map((address) => inside.pin(emitter.load(address)));
        inside.do(...offsets.map((offset, i) => storeCarry(slots[i] as Node, inside.read(offset))));
        const values = prefixes.map(({ join }, i) => join(inside.read(offsets[i] as Variable), totals[i] as Node));
        inside.do({ kind: 'assign', variables: offsets, values });
      });
    });
  });
  emitPhase('scan', ({ emitter, block, slots, run }) => {
    run({ carries: slots.map((address) => block.variable(emitter.load(address))) });
  });
  return { units, rows, scratchByteLength: units * carriesOfBlock * carryBytes };
};

/** Fewer rows than this, if they are long, are cut into blocks. */
const fewRows = 8;
const minBlockLength = 8192;
const maxBlocks = 64;

/** Length of the blocks of a row; undefined where rows stay whole. It depends on the kernel alone: carries are rounded at blocks. */
export const chooseBlockLength = ({ outer, length, passes, instructions }: ScanLayout): number | undefined => {
  const rows = sizeOf(outer);
  if (rows === 0 || rows >= fewRows || length < 2 * minBlockLength) return undefined;
  const waitsForScan = instructions.map(() => false);
  instructions.forEach((instruction, number) => {
    waitsForScan[number] =
      instruction.op === 'scan' || dependenciesOf(instruction).some((other) => waitsForScan[other]);
  });
  if (passes.some(({ scans }) => scans.some(({ scan }) => waitsForScan[scan.operands[0]]))) return undefined;
  return Math.max(minBlockLength, 64 * Math.ceil(length / maxBlocks / 64));
};
