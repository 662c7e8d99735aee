import { dependsOnAxis, type Instruction, operandsOf, valuesIn } from '@cotangent/ir';
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

/** Which instructions change along any of the axes from `firstAxis` on; reductions and scans of `axes` don't count as inner. */
export const variesFrom = (instructions: readonly Instruction[], firstAxis: number, rank: number): boolean[] => {
  const varies: boolean[] = [];
  for (const instruction of instructions) {
    const own = indicesOf(instruction).some((index) => {
      for (let axis = firstAxis; axis < rank; axis++) if (dependsOnAxis(index, axis)) return true;
      return false;
    });
    const inherited = dependenciesOf(instruction).some((number) => varies[number]);
    varies.push(instruction.op !== 'reduce' && (own || inherited));
  }
  return varies;
};
