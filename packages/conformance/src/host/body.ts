import {
  type Atom,
  type Guard,
  type Index,
  type Instruction,
  isFloat,
  isUnaryScalarOp,
  operandsOf,
  valuesIn,
} from '@cotangent/ir';
import { arithmetics, binaryFunctions, comparisons, convertTo, unaryFunctions, wrapTo } from '../interpreter/scalar.js';

/** The values that a kernel's body reads from outside. */
export interface BodyInputs {
  /** Elements of each input buffer. */
  readonly inputs: readonly ArrayLike<number>[];
  /** Values of `reduce`, `scan` and `accumulator` instructions at this position, where they are known. */
  readonly given: ReadonlyMap<number, number>;
}

const evaluateAtom = (atom: Atom, axes: readonly number[], values: ArrayLike<number>): number => {
  switch (atom.kind) {
    case 'axis':
      return axes[atom.axis] as number;
    case 'value':
      return values[atom.value] as number;
    case 'divide':
      return Math.floor(evaluateIndex(atom.index, axes, values) / atom.divisor);
    case 'modulo': {
      const index = evaluateIndex(atom.index, axes, values);
      return index - Math.floor(index / atom.divisor) * atom.divisor;
    }
  }
};

/** The integer that an index stands for at a position. */
export const evaluateIndex = (index: Index, axes: readonly number[], values: ArrayLike<number>): number => {
  let result = index.offset;
  for (const { coefficient, atom } of index.terms) result += coefficient * evaluateAtom(atom, axes, values);
  return result;
};

/** Whether all guards hold at a position. */
export const isInside = (guards: readonly Guard[], axes: readonly number[], values: ArrayLike<number>): boolean =>
  guards.every(({ index, begin, end }) => {
    const position = evaluateIndex(index, axes, values);
    return position >= begin && position < end;
  });

/** Evaluates one instruction from the values of those before it. */
const evaluateInstruction = (
  body: readonly Instruction[],
  number: number,
  axes: readonly number[],
  values: Float64Array,
  { inputs, given }: BodyInputs,
): number => {
  const instruction = body[number] as Instruction;
  const [a = 0, b = 0, c = 0] = operandsOf(instruction).map((operand) => values[operand] as number);
  switch (instruction.op) {
    case 'constant':
      return instruction.value;
    case 'index':
      return evaluateIndex(instruction.index, axes, values);
    case 'load':
      return isInside(instruction.guards, axes, values)
        ? (inputs[instruction.input]?.[evaluateIndex(instruction.index, axes, values)] as number)
        : 0;
    case 'inside':
      return Number(isInside(instruction.guards, axes, values));
    case 'select':
      return a === 0 ? c : b;
    case 'cast': {
      const [from = 0] = instruction.operands;
      return (isFloat((body[from] as Instruction).dtype) ? convertTo : wrapTo)[instruction.dtype](a);
    }
    case 'lt':
    case 'le':
    case 'eq':
    case 'ne':
      return Number(comparisons[instruction.op](a, b));
    case 'reduce':
    case 'scan':
    case 'accumulator':
      return given.get(number) ?? 0;
    default:
      return isUnaryScalarOp(instruction.op)
        ? unaryFunctions[instruction.op](a)
        : binaryFunctions[instruction.op](arithmetics[instruction.dtype])(a, b);
  }
};

/** Values of all instructions at a position, each rounded to its dtype. */
export const evaluateBody = (
  body: readonly Instruction[],
  axes: readonly number[],
  inputs: BodyInputs,
): Float64Array => {
  const values = new Float64Array(body.length);
  for (let number = 0; number < body.length; number++) {
    const { dtype } = body[number] as Instruction;
    values[number] = wrapTo[dtype](evaluateInstruction(body, number, axes, values, inputs));
  }
  return values;
};

/**
 * Instructions that combine along the inner axes, grouped so that those of one group depend on results of groups before
 * it alone.
 */
export const combiningRounds = (body: readonly Instruction[]): number[][] => {
  const depths: number[] = [];
  const rounds: number[][] = [];
  for (const [number, instruction] of body.entries()) {
    const indices =
      'index' in instruction
        ? [instruction.index]
        : 'guards' in instruction
          ? instruction.guards.map((g) => g.index)
          : [];
    const sources = [...operandsOf(instruction), ...indices.flatMap(valuesIn)];
    const depth = sources.reduce((deepest, source) => Math.max(deepest, depths[source] as number), 0);
    const combines = instruction.op === 'reduce' || instruction.op === 'scan';
    depths.push(combines ? depth + 1 : depth);
    if (!combines) continue;
    rounds[depth] ??= [];
    rounds[depth].push(number);
  }
  return rounds;
};
