import { type Instruction, type ScanKernel, sizeOf, UnsupportedError } from '@cotangent/ir';
import { emitFunction } from '../emit/function.js';
import { ModuleCode } from '../emit/module.js';
import { costOf } from './cost.js';
import { countUnits, cutAxes, nestLoops, rangesOf, unitPositions } from './nest.js';
import { emittedArgumentsByteLength, fillEmittedArguments, type Phase, type Plan } from './plan.js';
import { chooseBlockLength, emitBlocks, emitBlocksInOrder } from './scan-blocks.js';
import { type Pass, ScanEmitter, type ScanLayout } from './scan-emitter.js';
import { simplifySpace } from './space.js';
import { dependenciesOf } from './stages.js';

/** Directions of the scans that each instruction waits for. */
const directionsOf = (instructions: readonly Instruction[]): ReadonlySet<boolean>[] => {
  const directions: Set<boolean>[] = [];
  for (const instruction of instructions) {
    const own = new Set<boolean>(dependenciesOf(instruction).flatMap((number) => [...(directions[number] ?? [])]));
    if (instruction.op === 'scan') own.add(instruction.reverse);
    directions.push(own);
  }
  return directions;
};

/** One pass over a row for each direction; a value that needs both has no place in a single sweep. */
const passesOf = (kernel: ScanKernel, instructions: readonly Instruction[]): Pass[] => {
  const directions = directionsOf(instructions);
  if (directions.some(({ size }) => size > 1)) {
    throw new UnsupportedError('prepare', 'a scan kernel has a value that waits for a forward and a reverse scan.');
  }
  return [false, true].flatMap((isReverse): Pass[] => {
    const runsHere = (number: number) => (directions[number]?.has(true) ?? false) === isReverse;
    const outputs = kernel.outputs.flatMap(({ value }, i) => (runsHere(value) ? [i] : []));
    const scans = instructions.flatMap((scan, number) =>
      scan.op === 'scan' && runsHere(number) ? [{ number, scan }] : [],
    );
    return outputs.length > 0 ? [{ isReverse, scans, outputs }] : [];
  });
};

/** Whole rows, each in one go. */
const emitRows = (module: ModuleCode, kernel: ScanKernel, layout: ScanLayout): void =>
  emitFunction(module, kernel, 'scan', (scope) => {
    const { graph, root } = scope;
    const emitter = new ScanEmitter(scope, layout, kernel);
    const range = { begin: graph.integer(0), end: graph.integer(layout.length), isSingle: false };
    root.loop(scope.begin, scope.end, 1, (units, unit) => {
      nestLoops(units, rangesOf(graph, unit, layout.rowCuts), (row, coordinates) => {
        for (const pass of layout.passes) {
          const carries = emitter.prefixesOf(pass).map(({ initial }) => row.variable(initial));
          emitter.run(row, pass, coordinates, range, { carries });
        }
      });
    });
  });

export const planScan = (kernel: ScanKernel, threads: number): Plan => {
  const { groups, instructions } = simplifySpace([kernel.outer, [kernel.length]], kernel.body);
  const [outer] = groups as [number[]];
  const rowCuts = cutAxes(outer, Math.max(1, Math.ceil(unitPositions / Math.max(1, kernel.length))));
  const passes = passesOf(kernel, instructions);
  const layout: ScanLayout = { outer, length: kernel.length, instructions, passes, rowCuts };
  const module = new ModuleCode();
  const positions = sizeOf(kernel.outer) * kernel.length * passes.length;
  const phase = (entry: string, units: number, cost: number): Phase => {
    const unitNanoseconds = cost / Math.max(1, units);
    return { entry, module: 'emitted', units, unitNanoseconds, argumentsOffset: 0 };
  };
  const cost = (costOf(instructions) + 1) * positions;
  const blockLength = chooseBlockLength(layout);
  let phases = [phase('scan', countUnits(rowCuts), cost)];
  let scratchByteLength = 0;
  if (blockLength === undefined) emitRows(module, kernel, layout);
  else if (threads === 1) emitBlocksInOrder(module, kernel, layout, blockLength);
  else {
    const blocks = emitBlocks(module, kernel, layout, blockLength);
    scratchByteLength = blocks.scratchByteLength;
    phases = [
      phase('totals', blocks.units, cost / 2),
      phase('offsets', blocks.rows, 2 * blocks.units),
      phase('scan', blocks.units, cost),
    ];
  }
  return {
    kernel,
    code: module.encode(),
    phases,
    argumentsByteLength: emittedArgumentsByteLength(kernel),
    scratchByteLength,
    threadScratchByteLength: 0,
    fill: (block, pointers) => fillEmittedArguments(block, pointers),
  };
};
