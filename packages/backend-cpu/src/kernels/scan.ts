import { type Instruction, type ScanKernel, sizeOf, UnsupportedError } from '@cotangent/ir';
import { selectLanes } from '../emit/arithmetic.js';
import type { Block } from '../emit/block.js';
import { Body } from '../emit/body.js';
import { emitFunction, type FunctionScope } from '../emit/function.js';
import type { Node, Variable } from '../emit/graph.js';
import { ModuleCode } from '../emit/module.js';
import { createPrefix, reverseLanes } from '../emit/prefix.js';
import type { Vector } from '../emit/vector.js';
import { costOf } from './cost.js';
import { type Destination, storesOf } from './map.js';
import { countUnits, cutAxes, nestLoops, rangesOf, unitPositions } from './nest.js';
import { emittedArgumentsByteLength, fillEmittedArguments, type Plan } from './plan.js';
import { rowMajorIndex, simplifySpace } from './space.js';
import { dependenciesOf } from './stages.js';

type ScanInstruction = Extract<Instruction, { op: 'scan' }>;

interface Pass {
  readonly isReverse: boolean;
  readonly scans: readonly { readonly number: number; readonly scan: ScanInstruction }[];
  /** Numbers of the kernel's outputs that are stored in this pass. */
  readonly outputs: readonly number[];
}

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

/** Emits one pass over the row at `coordinates`. */
const emitPass = (
  scope: FunctionScope,
  block: Block,
  { isReverse, scans, outputs }: Pass,
  instructions: readonly Instruction[],
  coordinates: readonly Node[],
  length: number,
  destinations: readonly Destination[],
): void => {
  const { graph, inputs } = scope;
  const prefixes = scans.map(({ scan }) => createPrefix(graph, scan.combine, scan.dtype));
  const carries: Variable[] = prefixes.map(({ initial }) => block.variable(initial));
  const step = (body: Block, first: Node, lanes: number): void => {
    const bound = new Map<number, Vector>();
    const vectorAxis = coordinates.length;
    const position = { coordinates: [...coordinates, first], vectorAxis, lanes };
    const here = new Body({ graph, instructions, inputs, bound }, position);
    const next = scans.map(({ number, scan }, i) => {
      const prefix = prefixes[i] as (typeof prefixes)[number];
      let values = here.value(scan.operands[0]).nodes;
      if (lanes < 4) {
        const used = graph.int32x4(-1, lanes > 1 ? -1 : 0, lanes > 2 ? -1 : 0, 0);
        values = selectLanes(graph, used, values, prefix.neutral);
      }
      const ordered = isReverse ? reverseLanes(graph, values) : values;
      const result = prefix.advance(body.read(carries[i] as Variable), ordered, scan.exclusive);
      bound.set(number, { nodes: isReverse ? reverseLanes(graph, result.values) : result.values, uniform: false });
      return result.carry;
    });
    const stores = storesOf(
      here,
      outputs.map((output) => destinations[output] as Destination),
    );
    body.do(...stores, { kind: 'assign', variables: carries, values: next });
  };
  const rest = length % 4;
  const whole = length - rest;
  if (whole > 0) {
    block.loop(graph.integer(0), graph.integer(whole), 4, (body, counter) => {
      step(body, isReverse ? graph.op('i32.sub', graph.integer(length - 4), counter) : counter, 4);
    });
  }
  if (rest > 0) step(block, graph.integer(isReverse ? 0 : whole), rest);
};

export const planScan = (kernel: ScanKernel): Plan => {
  const { groups, instructions } = simplifySpace([kernel.outer, [kernel.length]], kernel.body);
  const [outer] = groups as [number[]];
  const passes = passesOf(kernel, instructions);
  const cuts = cutAxes(outer, Math.max(1, Math.ceil(unitPositions / Math.max(1, kernel.length))));
  const module = new ModuleCode();
  emitFunction(module, kernel, 'scan', (scope) => {
    const { graph } = scope;
    const index = rowMajorIndex([...outer, kernel.length]);
    const destinations = kernel.outputs.map(({ dtype, value }, i): Destination => {
      return { dtype, value, index, buffer: scope.outputs[i] as Node };
    });
    scope.root.loop(scope.begin, scope.end, 1, (units, unit) => {
      nestLoops(units, rangesOf(graph, unit, cuts), (row, coordinates) => {
        for (const pass of passes) {
          emitPass(scope, row, pass, instructions, coordinates, kernel.length, destinations);
        }
      });
    });
  });
  const units = countUnits(cuts);
  const positions = sizeOf(kernel.outer) * kernel.length * passes.length;
  const unitNanoseconds = ((costOf(instructions) + 1) * positions) / Math.max(1, units);
  return {
    kernel,
    code: module.encode(),
    phases: [{ entry: 'scan', module: 'emitted', units, unitNanoseconds, argumentsOffset: 0 }],
    argumentsByteLength: emittedArgumentsByteLength(kernel),
    scratchByteLength: 0,
    threadScratchByteLength: 0,
    fill: (block, pointers) => fillEmittedArguments(block, pointers),
  };
};
