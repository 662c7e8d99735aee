import { type DType, type Index, type Instruction, type ReduceKernel, sizeOf } from '@cotangent/ir';
import { type Accumulation, createAccumulation } from '../emit/accumulation.js';
import { selectLanes } from '../emit/arithmetic.js';
import type { Block, Statement } from '../emit/block.js';
import { Body } from '../emit/body.js';
import { emitFunction, type FunctionScope } from '../emit/function.js';
import type { Graph, Node, Variable } from '../emit/graph.js';
import type { Position } from '../emit/indices.js';
import { ModuleCode } from '../emit/module.js';
import type { Vector } from '../emit/vector.js';
import { costOf } from './cost.js';
import { type Destination, storesOf } from './map.js';
import { type AxisRange, countUnits, rangesOf } from './nest.js';
import { emittedArgumentsByteLength, fillEmittedArguments, type Phase, type Plan } from './plan.js';
import { layOutReduction, type ReduceStep, type ReductionLayout, type StagedValue } from './reduction-layout.js';
import {
  forEachGroup,
  groupCuts,
  type InnerStep,
  outerPosition,
  type ResultGroup,
  sweepInner,
} from './reduction-sweep.js';
import { rowMajorIndex } from './space.js';

/** Results known so far, of one group. */
type Results = Map<number, Vector>;

const v128Bytes = 16;
/** Bytes that one result takes in scratch: a vector of up to 64-bit elements. */
const resultBytes = 2 * v128Bytes;

/** Emits the pieces of a reduction into one function. */
class ReductionEmitter {
  readonly #scope: FunctionScope;
  readonly #graph: Graph;
  readonly #layout: ReductionLayout;
  readonly #kernel: ReduceKernel;
  readonly #accumulations: ReadonlyMap<ReduceStep, Accumulation>;

  constructor(scope: FunctionScope, layout: ReductionLayout, kernel: ReduceKernel) {
    this.#scope = scope;
    this.#graph = scope.graph;
    this.#layout = layout;
    this.#kernel = kernel;
    this.#accumulations = new Map(layout.reduces.map((step) => [step, this.#accumulation(step)]));
  }

  #accumulation({ reduction, operand }: ReduceStep): Accumulation {
    return createAccumulation(this.#graph, reduction, (this.#layout.instructions[operand] as Instruction).dtype);
  }

  /** The staged value, read back at an inner position of the final sweep. */
  #unstage({ number, output }: StagedValue, position: Position): Vector {
    const { instructions, outer, inner } = this.#layout;
    const { dtype } = instructions[number] as Instruction;
    const index = rowMajorIndex([...outer, ...inner]);
    const read: Instruction = { op: 'load', dtype, input: 0, index, guards: [] };
    const inputs = [this.#scope.outputs[output] as Node];
    return new Body({ graph: this.#graph, instructions: [read], inputs, bound: new Map() }, position).value(0);
  }

  #body(results: Results, group: ResultGroup, step?: InnerStep, sweep?: number): Body {
    const { instructions, outer, inner, lanesAlong, staged, sweeps } = this.#layout;
    const position = outerPosition(this.#layout, group);
    const environment = { graph: this.#graph, instructions, inputs: this.#scope.inputs, bound: results };
    if (!step) return new Body(environment, position);
    const alongInner = { vectorAxis: inner.length === 0 ? -1 : outer.length + inner.length - 1, lanes: step.lanes };
    const lanes = lanesAlong === 'inner' ? alongInner : position;
    const innerPosition = { ...lanes, coordinates: [...group.coordinates, ...step.coordinates] };
    if (!staged || sweep !== sweeps) return new Body(environment, innerPosition);
    const bound = new Map(results).set(staged.number, this.#unstage(staged, innerPosition));
    return new Body({ ...environment, bound }, innerPosition);
  }

  /** Outputs that are stored at inner positions in a sweep, or, without one, at outer positions. */
  #destinations(space: 'outer' | 'full', stage?: number): Destination[] {
    const { outer, inner, stages, sweeps, staged } = this.#layout;
    const index: Index = rowMajorIndex(space === 'outer' ? outer : [...outer, ...inner]);
    return this.#kernel.outputs.flatMap((output, i): Destination[] => {
      if (staged && i === staged.output && stage === sweeps - 1) {
        return [{ dtype: output.dtype, value: staged.number, buffer: this.#scope.outputs[i] as Node, index }];
      }
      const isDue = stage === undefined || Math.min(stages[output.value] as number, sweeps) === stage;
      if (output.space !== space || !isDue) return [];
      return [{ dtype: output.dtype, value: output.value, buffer: this.#scope.outputs[i] as Node, index }];
    });
  }

  /** Whether sweep `sweep` stores anything besides accumulating. */
  storesIn(sweep: number): boolean {
    return this.#destinations('full', sweep).length > 0;
  }

  stepsOf(sweep: number): ReduceStep[] {
    return this.#layout.reduces.filter((step) => step.sweep === sweep);
  }

  #accumulationOf(step: ReduceStep): Accumulation {
    return this.#accumulations.get(step) as Accumulation;
  }

  /** Values of a step's operand at several positions, with lanes beyond the end made neutral. */
  #update(step: ReduceStep, state: readonly Node[], bodies: readonly Body[]): readonly Node[] {
    const accumulation = this.#accumulationOf(step);
    const { lanesAlong, outer, inner } = this.#layout;
    const values = bodies.map((body) => {
      const value = body.value(step.operand).nodes;
      const { lanes } = body.indices.position;
      if (lanesAlong === 'outer' || lanes === 4) return value;
      const used = this.#graph.int32x4(-1, lanes > 1 ? -1 : 0, lanes > 2 ? -1 : 0, 0);
      return selectLanes(this.#graph, used, value, accumulation.neutral);
    });
    const isPositional = step.reduction === 'argmax' || step.reduction === 'argmin';
    const flat = rowMajorIndex(inner, outer.length);
    const positions = isPositional ? bodies.map((body) => body.indices.vector(flat).nodes[0] as Node) : [];
    return accumulation.update(state, values, positions);
  }

  /** Sweeps the inner ranges once, and returns what the steps of this sweep accumulated for each group. */
  sweep(
    block: Block,
    sweep: number,
    groups: readonly ResultGroup[],
    results: readonly Results[],
    ranges: readonly AxisRange[],
  ): (readonly Node[])[][] {
    const steps = this.stepsOf(sweep);
    const destinations = this.#destinations('full', sweep);
    const states = groups.map(() =>
      steps.map((step) => this.#accumulationOf(step).initial.map((node) => block.variable(node))),
    );
    if (this.#layout.innerSize > 0) {
      sweepInner(block, this.#layout, ranges, (inside, innerSteps) => {
        const variables: Variable[] = [];
        const values: Node[] = [];
        const stores: Statement[] = [];
        groups.forEach((group, g) => {
          const bodies = innerSteps.map((step) => this.#body(results[g] as Results, group, step, sweep));
          steps.forEach((step, s) => {
            const state = states[g]?.[s] as Variable[];
            variables.push(...state);
            values.push(
              ...this.#update(
                step,
                state.map((variable) => inside.read(variable)),
                bodies,
              ),
            );
          });
          for (const body of bodies) stores.push(...storesOf(body, destinations));
        });
        inside.do({ kind: 'assign', variables, values }, ...stores);
      });
    }
    return states.map((group) => group.map((state) => state.map((variable) => block.read(variable))));
  }

  /** The final value of a step from its state. */
  finish(step: ReduceStep, state: readonly Node[]): Vector {
    const isAlongInner = this.#layout.lanesAlong === 'inner';
    return { nodes: this.#accumulationOf(step).finish(state, isAlongInner), uniform: isAlongInner };
  }

  merge(step: ReduceStep, state: readonly Node[], other: readonly Node[]): readonly Node[] {
    return this.#accumulationOf(step).merge(state, other);
  }

  initial(step: ReduceStep): readonly Node[] {
    return this.#accumulationOf(step).initial;
  }

  storeOuter(block: Block, group: ResultGroup, results: Results): void {
    block.do(...storesOf(this.#body(results, group), this.#destinations('outer')));
  }
}

/** Each result reduced in one go: as many sweeps over its inner positions as reductions depend on each other. */
const emitWhole = (module: ModuleCode, kernel: ReduceKernel, layout: ReductionLayout): void =>
  emitFunction(module, kernel, 'reduce', (scope) => {
    const { graph } = scope;
    const emitter = new ReductionEmitter(scope, layout, kernel);
    const innerRanges = layout.inner.map((size) => ({
      begin: graph.integer(0),
      end: graph.integer(size),
      isSingle: false,
    }));
    scope.root.loop(scope.begin, scope.end, 1, (units, unit) => {
      const ranges = rangesOf(graph, unit, layout.outerCuts);
      forEachGroup(units, layout, ranges, layout.columns, (block, groups) => {
        const results = groups.map((): Results => new Map());
        for (let sweep = 0; sweep < layout.sweeps; sweep++) {
          const states = emitter.sweep(block, sweep, groups, results, innerRanges);
          emitter.stepsOf(sweep).forEach((step, s) => {
            results.forEach((known, g) => {
              known.set(step.number, emitter.finish(step, states[g]?.[s] as Node[]));
            });
          });
        }
        groups.forEach((group, g) => {
          emitter.storeOuter(block, group, results[g] as Results);
        });
        if (emitter.storesIn(layout.sweeps)) emitter.sweep(block, layout.sweeps, groups, results, innerRanges);
      });
    });
  });

/** Where parts keep their states, and finished reductions their results, in the scratch that all threads share. */
const createScratchLayout = (layout: ReductionLayout, groups: number, parts: number) => {
  const { instructions, reduces } = layout;
  const wideNodes = (dtype: DType) => (dtype === 'int32' || dtype === 'uint32' || dtype === 'bool' ? 1 : 2);
  const stateNodes = ({ operand }: ReduceStep) => wideNodes((instructions[operand] as Instruction).dtype) + 1;
  const slotBytes = Math.max(0, ...reduces.map(stateNodes)) * v128Bytes;
  const stepsAtOnce = Math.max(
    0,
    ...reduces.map(({ sweep }) => reduces.filter((other) => other.sweep === sweep).length),
  );
  const resultsAt = groups * parts * stepsAtOnce * slotBytes;
  return {
    byteLength: resultsAt + groups * reduces.length * resultBytes,
    state(scope: FunctionScope, group: Node, part: Node, step: number): Node {
      const { graph } = scope;
      const slot = graph.add(graph.scale(group, parts), part);
      const offset = graph.scale(slot, stepsAtOnce * slotBytes);
      return graph.sum([scope.sharedScratch, offset, graph.integer(step * slotBytes)]);
    },
    result(scope: FunctionScope, group: Node, reduce: number): Node {
      const { graph } = scope;
      const offset = graph.scale(group, reduces.length * resultBytes);
      return graph.sum([scope.sharedScratch, offset, graph.integer(resultsAt + reduce * resultBytes)]);
    },
  };
};

const storeNodes = (graph: Graph, address: Node, nodes: readonly Node[]): Statement[] =>
  nodes.map((value, i) => ({
    kind: 'store',
    name: 'v128.store',
    address: graph.add(address, graph.integer(i * v128Bytes)),
    value,
  }));

const loadNodes = (graph: Graph, address: Node, count: number): Node[] =>
  Array.from({ length: count }, (_, i) => graph.op('v128.load', graph.add(address, graph.integer(i * v128Bytes))));

/**
 * Long reductions with few results: for each sweep a phase that reduces parts, and one that joins their states in order; then a
 * phase for outputs of the full space that need the results.
 */
const emitParts = (module: ModuleCode, kernel: ReduceKernel, layout: ReductionLayout) => {
  const innerCuts = layout.innerCuts as NonNullable<ReductionLayout['innerCuts']>;
  const parts = countUnits(innerCuts);
  const cutsOfGroups = groupCuts(layout);
  const groupCount = countUnits(cutsOfGroups);
  const scratch = createScratchLayout(layout, groupCount, parts);
  const phases: { readonly entry: string; readonly units: number; readonly positions: number }[] = [];
  const space = sizeOf(layout.outer) * layout.innerSize;

  const knownBefore = (scope: FunctionScope, group: ResultGroup, sweep: number): Results => {
    const known: Results = new Map();
    layout.reduces.forEach(({ number, sweep: own }, i) => {
      if (own >= sweep) return;
      const count = (layout.instructions[number] as Instruction).dtype === 'float64' ? 2 : 1;
      const nodes = loadNodes(scope.graph, scratch.result(scope, group.number, i), count);
      known.set(number, { nodes, uniform: layout.lanesAlong === 'inner' });
    });
    return known;
  };

  const emitPartial = (sweep: number): void => {
    const entry = `partial${sweep}`;
    const cuts = [...layout.outerCuts, ...innerCuts];
    emitFunction(module, kernel, entry, (scope) => {
      const { graph } = scope;
      const emitter = new ReductionEmitter(scope, layout, kernel);
      scope.root.loop(scope.begin, scope.end, 1, (units, unit) => {
        const ranges = rangesOf(graph, unit, cuts);
        const inner = ranges.slice(layout.outerCuts.length);
        const part = graph.op('i32.sub', unit, graph.scale(graph.op('i32.div_u', unit, graph.integer(parts)), parts));
        forEachGroup(units, layout, ranges.slice(0, layout.outerCuts.length), layout.columns, (block, groups) => {
          const results = groups.map((group) => knownBefore(scope, group, sweep));
          const states = emitter.sweep(block, sweep, groups, results, inner);
          groups.forEach((group, g) => {
            emitter.stepsOf(sweep).forEach((_, s) => {
              block.do(...storeNodes(graph, scratch.state(scope, group.number, part, s), states[g]?.[s] as Node[]));
            });
          });
        });
      });
    });
    phases.push({ entry, units: countUnits(cuts), positions: space });
  };

  const emitJoin = (sweep: number): void => {
    const entry = `join${sweep}`;
    emitFunction(module, kernel, entry, (scope) => {
      const { graph } = scope;
      const emitter = new ReductionEmitter(scope, layout, kernel);
      scope.root.loop(scope.begin, scope.end, 1, (units, unit) => {
        forEachGroup(units, layout, rangesOf(graph, unit, cutsOfGroups), 1, (block, [group]) => {
          const { number } = group as ResultGroup;
          const results = knownBefore(scope, group as ResultGroup, sweep);
          emitter.stepsOf(sweep).forEach((step, s) => {
            const state = emitter.initial(step).map((node) => block.variable(node));
            block.loop(graph.integer(0), graph.integer(parts), 1, (inside, part) => {
              const other = loadNodes(graph, scratch.state(scope, number, part, s), state.length);
              const values = emitter.merge(
                step,
                state.map((variable) => inside.read(variable)),
                other,
              );
              inside.do({ kind: 'assign', variables: state, values });
            });
            const result = emitter.finish(
              step,
              state.map((variable) => block.read(variable)),
            );
            results.set(step.number, result);
            block.do(...storeNodes(graph, scratch.result(scope, number, layout.reduces.indexOf(step)), result.nodes));
          });
          if (sweep === layout.sweeps - 1) emitter.storeOuter(block, group as ResultGroup, results);
        });
      });
    });
    phases.push({ entry, units: groupCount, positions: groupCount * parts });
  };

  for (let sweep = 0; sweep < layout.sweeps; sweep++) {
    emitPartial(sweep);
    emitJoin(sweep);
  }
  const needsFinal = kernel.outputs.some(
    ({ space: s, value }) => s === 'full' && (layout.stages[value] as number) >= layout.sweeps,
  );
  if (needsFinal) emitPartial(layout.sweeps);
  return { phases, scratchByteLength: scratch.byteLength };
};

export const planReduce = (kernel: ReduceKernel): Plan => {
  const layout = layOutReduction(kernel);
  const module = new ModuleCode();
  const cost = costOf(layout.instructions);
  const phase = (entry: string, units: number, positions: number): Phase => {
    const unitNanoseconds = (cost * positions) / Math.max(1, units);
    return { entry, module: 'emitted', units, unitNanoseconds, argumentsOffset: 0 };
  };
  let phases: Phase[];
  let scratchByteLength = 0;
  if (layout.innerCuts) {
    const parts = emitParts(module, kernel, layout);
    scratchByteLength = parts.scratchByteLength;
    phases = parts.phases.map(({ entry, units, positions }) => phase(entry, units, positions));
  } else {
    emitWhole(module, kernel, layout);
    const positions = sizeOf(kernel.outer) * Math.max(1, layout.innerSize) * Math.max(1, layout.sweeps);
    phases = [phase('reduce', countUnits(layout.outerCuts), positions)];
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
