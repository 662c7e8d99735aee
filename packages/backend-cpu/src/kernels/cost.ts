import type { Instruction } from '@cotangent/ir';

const expensive: ReadonlySet<string> = new Set(['exp', 'log', 'sin', 'cos', 'tanh', 'erf', 'remainder']);

/** Whether computing an instruction again costs more than reading its value from memory. */
export const isExpensive = ({ op }: Instruction): boolean => expensive.has(op);

/** Rough nanoseconds that a body takes for one position on one thread. */
export const costOf = (instructions: readonly Instruction[]): number =>
  instructions.reduce((sum, { op, dtype }) => {
    if (op === 'load') return sum + 0.3;
    if (expensive.has(op)) return sum + (dtype === 'float64' ? 20 : 1.5);
    return sum + 0.1;
  }, 0.3);
