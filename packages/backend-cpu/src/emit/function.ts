import type { Kernel } from '@cotangent/ir';
import { Block } from './block.js';
import { Graph, type Node } from './graph.js';
import type { FunctionKind, ModuleCode } from './module.js';

/** Words of an emitted function's arguments: shared scratch, then the launch's buffers (inputs, then outputs). */
export const emittedArguments = { scratch: 0, buffers: 1 } as const;

/** An emitted function under construction. */
export interface FunctionScope {
  readonly graph: Graph;
  readonly root: Block;
  /** First unit and end of units. */
  readonly begin: Node;
  readonly end: Node;
  /** Address of the running thread's scratch. */
  readonly threadScratch: Node;
  /** Address of the scratch that all threads share. */
  readonly sharedScratch: Node;
  readonly inputs: readonly Node[];
  readonly outputs: readonly Node[];
}

/** Adds a function to the module; `fill` says what it does. */
export const emitFunction = (
  module: ModuleCode,
  kernel: Pick<Kernel, 'inputs' | 'outputs'>,
  entry: string,
  fill: (scope: FunctionScope) => void,
  kind: FunctionKind = 'phase',
): void => {
  const code = module.function(entry, kind);
  const graph = new Graph(module);
  const root = new Block(graph, code);
  const parameter = (local: number) => graph.local(local, 'i32', 0);
  const word = (position: number) => graph.op('i32.load', graph.add(parameter(0), graph.integer(position * 4)));
  const buffer = (_: unknown, position: number) => word(emittedArguments.buffers + position);
  const buffers = [...kernel.inputs, ...kernel.outputs].map(buffer);
  fill({
    graph,
    root,
    begin: parameter(1),
    end: parameter(2),
    threadScratch: parameter(3),
    sharedScratch: word(emittedArguments.scratch),
    inputs: buffers.slice(0, kernel.inputs.length),
    outputs: buffers.slice(kernel.inputs.length),
  });
  root.write();
};
