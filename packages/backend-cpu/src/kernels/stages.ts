import { type Instruction, operandsOf, valuesIn } from '@cotangent/ir';
import { indicesOf } from './space.js';

/** Instructions that an instruction's value depends on directly, through operands or indices. */
export const dependenciesOf = (instruction: Instruction): readonly number[] => [
  ...operandsOf(instruction),
  ...indicesOf(instruction).flatMap(valuesIn),
];

/**
 * How many reductions in a row each instruction waits for: 0 for what depends on none, and one more than its operand for
 * a reduction's result.
 */
export const stagesOf = (instructions: readonly Instruction[]): number[] => {
  const stages: number[] = [];
  for (const instruction of instructions) {
    const waits = Math.max(0, ...dependenciesOf(instruction).map((number) => stages[number] as number));
    stages.push(instruction.op === 'reduce' ? waits + 1 : waits);
  }
  return stages;
};

/** Everything that instructions depend on, themselves included. */
export const closureOf = (instructions: readonly Instruction[], roots: readonly number[]): Set<number> => {
  const closure = new Set<number>();
  const visit = (number: number): void => {
    if (closure.has(number)) return;
    closure.add(number);
    for (const dependency of dependenciesOf(instructions[number] as Instruction)) visit(dependency);
  };
  for (const root of roots) visit(root);
  return closure;
};
