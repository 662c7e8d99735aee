import type { Instruction, ScanKernel } from '@cotangent/ir';
import { selectLanes } from '../emit/arithmetic.js';
import type { Block } from '../emit/block.js';
import { Body } from '../emit/body.js';
import type { FunctionScope } from '../emit/function.js';
import type { Node, Variable } from '../emit/graph.js';
import { createPrefix, type Prefix, reverseLanes } from '../emit/prefix.js';
import type { Vector } from '../emit/vector.js';
import { type Destination, storesOf } from './map.js';
import { type AxisCut, type AxisRange, forEachVector } from './nest.js';
import { rowMajorIndex } from './space.js';

type ScanInstruction = Extract<Instruction, { op: 'scan' }>;

export interface Pass {
  readonly isReverse: boolean;
  readonly scans: readonly { readonly number: number; readonly scan: ScanInstruction }[];
  /** Numbers of the kernel's outputs that are stored in this pass. */
  readonly outputs: readonly number[];
}

/** How a scan walks its space. */
export interface ScanLayout {
  readonly outer: readonly number[];
  readonly length: number;
  readonly instructions: readonly Instruction[];
  readonly passes: readonly Pass[];
  readonly rowCuts: readonly AxisCut[];
}

/** What a run over a range moves on, one for each scan. */
export interface Running {
  /** Where there are any, the pass's outputs are stored. */
  readonly carries?: readonly Variable[];
  /** States of the totals of the range alone. */
  readonly totals?: readonly (readonly Variable[])[];
}

/** Emits the pieces of a scan into one function. */
export class ScanEmitter {
  readonly #scope: FunctionScope;
  readonly #layout: ScanLayout;
  readonly #destinations: readonly Destination[];

  constructor(scope: FunctionScope, layout: ScanLayout, kernel: ScanKernel) {
    this.#scope = scope;
    this.#layout = layout;
    const index = rowMajorIndex([...layout.outer, layout.length]);
    this.#destinations = kernel.outputs.map(({ dtype, value }, i): Destination => {
      return { dtype, value, index, buffer: scope.outputs[i] as Node };
    });
  }

  prefixesOf({ scans }: Pass): Prefix[] {
    return scans.map(({ scan }) => createPrefix(this.#scope.graph, scan.combine, scan.dtype));
  }

  /** Starts totals in a block. */
  totalsOf(pass: Pass, block: Block): Variable[][] {
    return this.prefixesOf(pass).map(({ total }) => total.initial.map((node) => block.variable(node)));
  }

  /** The carries that totals come to. */
  finish(pass: Pass, block: Block, totals: readonly (readonly Variable[])[]): Node[] {
    return this.prefixesOf(pass).map(({ total }, i) =>
      total.finish((totals[i] as readonly Variable[]).map((variable) => block.read(variable))),
    );
  }

  load(address: Node): Node {
    return this.#scope.graph.op('v128.load', address);
  }

  /** Runs over a range of a row in the pass's direction, from its far end where that is reverse. */
  run(block: Block, pass: Pass, coordinates: readonly Node[], range: AxisRange, { carries, totals }: Running): void {
    const { graph, inputs } = this.#scope;
    const { instructions, length } = this.#layout;
    const { isReverse, scans, outputs } = pass;
    const prefixes = this.prefixesOf(pass);
    const vectorAxis = coordinates.length;
    const fromFarEnd = (step: Node, lanes: number) =>
      lanes === 4 ? graph.op('i32.sub', graph.integer(length - 4), step) : graph.integer(0);
    forEachVector(block, range, length, (body, step, lanes) => {
      const bound = new Map<number, Vector>();
      const first = isReverse ? fromFarEnd(step, lanes) : step;
      const position = { coordinates: [...coordinates, first], vectorAxis, lanes };
      const here = new Body({ graph, instructions, inputs, bound }, position);
      const variables: Variable[] = [];
      const next: Node[] = [];
      scans.forEach(({ number, scan }, i) => {
        const { neutral, advance, total } = prefixes[i] as Prefix;
        let values = here.value(scan.operands[0]).nodes;
        if (lanes < 4) {
          const used = graph.int32x4(-1, lanes > 1 ? -1 : 0, lanes > 2 ? -1 : 0, 0);
          values = selectLanes(graph, used, values, neutral);
        }
        const state = totals?.[i];
        if (state) {
          variables.push(...state);
          next.push(
            ...total.update(
              state.map((variable) => body.read(variable)),
              values,
            ),
          );
        }
        const carry = carries?.[i];
        if (carry) {
          const ordered = isReverse ? reverseLanes(graph, values) : values;
          const result = advance(body.read(carry), ordered, scan.exclusive);
          variables.push(carry);
          next.push(result.carry);
          bound.set(number, { nodes: isReverse ? reverseLanes(graph, result.values) : result.values, uniform: false });
        }
      });
      const due = carries ? outputs.map((output) => this.#destinations[output] as Destination) : [];
      body.do(...storesOf(here, due), { kind: 'assign', variables, values: next });
    });
  }
}
