import type { Operand } from '@cotangent/ir';
import type { Random } from './random.js';

/** A view of random layout onto `shape`: any axis order, gaps, steps, broadcasts and flips; with the length it needs. */
export const randomOperand = (
  input: number,
  shape: readonly number[],
  random: Random,
): { operand: Operand; length: number } => {
  const order = shape.map((_, axis) => axis);
  random.shuffle(order);
  const strides = new Array<number>(shape.length).fill(0);
  let extent = 1;
  let offset = random.below(3);
  for (const axis of order) {
    if (random.next() < 0.1) continue;
    const step = extent + (random.next() < 0.3 ? random.below(3) : 0);
    const isFlipped = random.next() < 0.2;
    strides[axis] = isFlipped ? -step : step;
    const span = step * Math.max(0, (shape[axis] as number) - 1);
    if (isFlipped) offset += span;
    extent = step * (shape[axis] as number);
  }
  const reach = shape.reduce((sum, size, axis) => sum + Math.max(0, (strides[axis] as number) * (size - 1)), offset);
  return { operand: { input, offset, strides }, length: reach + 1 };
};
