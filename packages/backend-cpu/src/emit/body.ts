import type { DType, Instruction } from '@cotangent/ir';
import { isComparison, isUnaryScalarOp } from '@cotangent/ir';
import { lowerBinary, lowerComparison, lowerShift, lowerUnary, selectLanes } from './arithmetic.js';
import { lowerCast } from './cast.js';
import type { Graph, Node } from './graph.js';
import { Indices, type Position } from './indices.js';
import { lowerLoad } from './load.js';
import { registerOf, type Vector } from './vector.js';

/** What a body reads besides its own instructions. */
export interface BodyEnvironment {
  readonly graph: Graph;
  readonly instructions: readonly Instruction[];
  /** Addresses of the input buffers. */
  readonly inputs: readonly Node[];
  /** Values known from elsewhere at this position: finished reductions, scans, accumulators. */
  readonly bound: ReadonlyMap<number, Vector>;
}

/** A constant of a dtype in all lanes. */
export const constantVector = (graph: Graph, dtype: DType, value: number): Vector => {
  const nodes = (): Node[] => {
    switch (registerOf(dtype)) {
      case 'f32':
        return [graph.float32All(value)];
      case 'f64':
        return [graph.float64All(value), graph.float64All(value)];
      case 'mask':
        return [graph.int32All(value === 0 ? 0 : -1)];
      default:
        return [graph.int32All(value)];
    }
  };
  return { nodes: nodes(), uniform: true };
};

/** A kernel's body at one position: computes instructions when they are asked for. */
export class Body {
  readonly indices: Indices;
  readonly #environment: BodyEnvironment;
  readonly #values = new Map<number, Vector>();

  constructor(environment: BodyEnvironment, position: Position) {
    this.#environment = environment;
    this.indices = new Indices(environment.graph, position, (instruction) => this.value(instruction));
  }

  /** The value of an instruction. */
  value(number: number): Vector {
    let value = this.#environment.bound.get(number) ?? this.#values.get(number);
    if (!value) {
      value = this.#lower(this.#environment.instructions[number] as Instruction);
      this.#values.set(number, value);
    }
    return value;
  }

  #dtypeOf(number: number): DType {
    return (this.#environment.instructions[number] as Instruction).dtype;
  }

  #lower(instruction: Instruction): Vector {
    const { graph, inputs } = this.#environment;
    switch (instruction.op) {
      case 'constant':
        return constantVector(graph, instruction.dtype, instruction.value);
      case 'index':
        return this.indices.vector(instruction.index);
      case 'load': {
        const buffer = inputs[instruction.input] as Node;
        return lowerLoad(this.indices, instruction.dtype, buffer, instruction.index, instruction.guards);
      }
      case 'inside':
        return this.indices.mask(instruction.guards);
      case 'reduce':
      case 'scan':
      case 'accumulator':
        throw new TypeError(`'${instruction.op}' has no value here`);
    }
    const operands = instruction.operands.map((operand) => this.value(operand));
    const uniform = operands.every((operand) => operand.uniform);
    return { nodes: this.#combine(instruction, operands), uniform };
  }

  #combine(
    instruction: Extract<Instruction, { operands: readonly number[] }>,
    operands: readonly Vector[],
  ): readonly Node[] {
    const { graph } = this.#environment;
    const [first, second, third] = operands.map(({ nodes }) => nodes) as [Node[], Node[], Node[]];
    const { op, dtype } = instruction;
    if (isUnaryScalarOp(op)) return lowerUnary(graph, op, registerOf(dtype), first);
    const operandDType = this.#dtypeOf(instruction.operands[0]);
    if (isComparison(op)) return [lowerComparison(graph, op, registerOf(operandDType), first, second)];
    switch (op) {
      case 'select':
        return selectLanes(graph, first[0] as Node, second, third);
      case 'cast':
        return lowerCast(graph, operandDType, dtype, first);
      case 'shiftLeft':
      case 'shiftRight':
        return lowerShift(graph, op, registerOf(dtype), first, operands[1] as Vector);
      case 'reduce':
      case 'scan':
        throw new TypeError(`'${op}' has no value here`);
      default:
        return lowerBinary(graph, op, registerOf(dtype), first, second);
    }
  }
}
