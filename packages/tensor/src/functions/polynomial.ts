import { fullLike } from '../ops/creation.js';
import { add, multiply } from '../ops/elementwise.js';
import type { Tensor } from '../tensor.js';

/** `Σ coefficients[i]·xⁱ` by Horner's rule. */
export const polynomial = (x: Tensor, coefficients: readonly number[]): Tensor => {
  const [highest = 0, ...rest] = [...coefficients].reverse();
  return rest.reduce<Tensor>((sum, coefficient) => add(multiply(sum, x), coefficient), fullLike(x, highest));
};
