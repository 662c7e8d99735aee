import { type DType, type Instruction, type KernelOutput, sizeOf } from '@cotangent/ir';
import type { Block } from '../emit/block.js';
import { Body } from '../emit/body.js';
import { emitFunction, type FunctionScope } from '../emit/function.js';
import type { Node } from '../emit/graph.js';
import type { ModuleCode } from '../emit/module.js';
import type { Vector } from '../emit/vector.js';
import { type Destination, storesOf } from './map.js';
import { rowMajorIndex, simplifySpace } from './space.js';

/** What follows the sums of a matmul or convolve. */
export interface Epilogue {
  readonly shape: readonly number[];
  readonly inputs: readonly DType[];
  readonly body: readonly Instruction[];
  readonly outputs: readonly KernelOutput[];
  /** dtype of the sums in memory; the function finds them, row-major, at its scratch address. */
  readonly accumulator: DType;
}

/** Flat positions that the epilogue as a phase of its own does in one unit. */
const phasePositions = 4096;

/** Whether sums of `accumulator` may lie in a buffer of `dtype`: signed and unsigned integers have the same bits. */
export const holdsSums = (dtype: DType, accumulator: DType): boolean =>
  dtype === accumulator || (dtype === 'uint32' && accumulator === 'int32');

/** Whether there is nothing to do once the sums lie in the output buffer. */
export const isIdentity = ({ body, outputs, accumulator }: Epilogue): boolean => {
  const [output] = outputs;
  if (!output || outputs.length !== 1) return false;
  return body[output.value]?.op === 'accumulator' && holdsSums(output.dtype, accumulator);
};

/** Runs the body at flat positions `[begin, end)`. */
const emitRange = (scope: FunctionScope, block: Block, epilogue: Epilogue, begin: Node, end: Node): void => {
  const { graph } = scope;
  const { groups, instructions } = simplifySpace([epilogue.shape], epilogue.body);
  const sizes = groups[0] as readonly number[];
  const index = rowMajorIndex(sizes);
  const vectorAxis = sizes.length - 1;
  const length = graph.integer(sizes[vectorAxis] ?? 1);
  const destinations = epilogue.outputs.map(({ dtype, value }, i): Destination => {
    return { dtype, value, index, buffer: scope.outputs[i] as Node };
  });
  // The sums are one more input, read where the kernel's outputs are written.
  const inputs = [...scope.inputs, scope.sharedScratch];
  const withLoads = instructions.map((instruction): Instruction => {
    if (instruction.op !== 'accumulator') return instruction;
    const dtype = holdsSums(instruction.dtype, epilogue.accumulator) ? instruction.dtype : epilogue.accumulator;
    return { op: 'load', dtype, input: scope.inputs.length, index, guards: [] };
  });
  const put = (body: Block, coordinates: readonly Node[], lanes: number): void => {
    const environment = { graph, instructions: withLoads, inputs, bound: new Map<number, Vector>() };
    body.do(...storesOf(new Body(environment, { coordinates, vectorAxis, lanes }), destinations));
  };
  if (vectorAxis < 0) {
    put(block, [], 1);
    return;
  }
  const firstRow = graph.op('i32.div_u', begin, length);
  const lastRow = graph.op('i32.div_u', graph.add(end, graph.integer(-1)), length);
  block.loop(firstRow, graph.add(lastRow, graph.integer(1)), 1, (rows, row) => {
    const start = graph.op('i32.mul', row, length);
    const first = graph.larger(graph.op('i32.sub', begin, start), graph.integer(0));
    const last = graph.smaller(graph.op('i32.sub', end, start), length);
    const before: Node[] = [];
    let rest = row;
    for (let axis = vectorAxis - 1; axis >= 0; axis--) {
      const size = sizes[axis] as number;
      const quotient = graph.op('i32.div_u', rest, graph.integer(size));
      before.unshift(axis === 0 ? rest : graph.op('i32.sub', rest, graph.scale(quotient, size)));
      rest = quotient;
    }
    const wholes = graph.op('i32.and', graph.op('i32.sub', last, first), graph.integer(-4));
    const middle = graph.add(first, wholes);
    rows.loop(first, middle, 4, (body, x) => put(body, [...before, x], 4));
    rows.loop(middle, last, 1, (body, x) => put(body, [...before, x], 1));
  });
};

/** Adds the function that the fixed kernels call on ranges of flat positions. */
export const emitEpilogue = (module: ModuleCode, epilogue: Epilogue): void =>
  emitFunction(
    module,
    epilogue,
    'epilogue',
    (scope) => {
      scope.root.branch(scope.graph.op('i32.lt_s', scope.begin, scope.end), (block) => {
        emitRange(scope, block, epilogue, scope.begin, scope.end);
      });
    },
    'epilogue',
  );

/** Adds the epilogue as a phase over everything. */
export const emitEpiloguePhase = (module: ModuleCode, epilogue: Epilogue): number => {
  const length = sizeOf(epilogue.shape);
  emitFunction(module, epilogue, 'epiloguePhase', (scope) => {
    const { graph } = scope;
    scope.root.loop(scope.begin, scope.end, 1, (block, unit) => {
      const begin = graph.scale(unit, phasePositions);
      const end = graph.smaller(graph.add(begin, graph.integer(phasePositions)), graph.integer(length));
      emitRange(scope, block, epilogue, begin, end);
    });
  });
  return Math.ceil(length / phasePositions);
};
