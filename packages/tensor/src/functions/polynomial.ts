import { fullLike } from '../ops/creation.js';
import { add, multiply } from '../ops/elementwise.js';
import type { Tensor } from '../tensor.js';

/** `Σ coefficients[i]·xⁱ` by Horner's rule. */
export const polynomial = (x: Tensor, coefficients: readonly number[]): Tensor => {
  const [highest = 0, ...rest] = [...coefficients].reverse();
  return rest.reduce<Tensor>((sum, coefficient) => add(multiply(sum, x), coefficient), fullLike(x, highest));
};

/** `xⁿ` for whole n ≥ 1 by repeated squaring. */
export const wholePower = (x: Tensor, n: number): Tensor => {
  if (n === 1) return x;
  const half = wholePower(x, Math.floor(n / 2));
  const even = multiply(half, half);
  return n % 2 === 0 ? even : multiply(even, x);
};
