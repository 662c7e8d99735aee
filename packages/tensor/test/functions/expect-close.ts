import type { Tensor } from '../../src/index.js';

/** Throws unless all elements lie within `relative` of the expected ones; NaN and infinities must be the same. */
export const expectClose = async (actual: Tensor, expected: readonly number[], relative = 1e-6): Promise<void> => {
  const values = Array.from(await actual.data());
  const isClose = (value: number, i: number): boolean => {
    const goal = expected[i] as number;
    return Object.is(value, goal) || Math.abs(value - goal) <= relative * Math.abs(goal);
  };
  if (values.length !== expected.length || !values.every(isClose)) {
    throw new Error(`expected [${expected.join(', ')}], got [${values.join(', ')}]`);
  }
};
