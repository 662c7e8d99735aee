import { constant, greater, iota, less, power, type Tensor, where } from '@cotangent/tensor';

/** `x^γ` of what probability lacks to 1, with gradient 0 where it lacks nothing. */
export const hardness = (x: Tensor, gamma: number): Tensor => {
  if (gamma === 0 || gamma >= 1) return power(x, gamma);
  const isLacking = greater(x, 0);
  return where(isLacking, power(where(isLacking, x, 1), gamma), 0);
};

/** The factor of each class for `alpha`: `1 − alpha` for class 0, `alpha` for the others; `[1, c, 1, …]`. */
export const alphaFactors = (alpha: number, { shape, rank, dtype, device }: Tensor): Tensor => {
  const alongClasses = [1, shape[1] as number, ...new Array<number>(rank - 2).fill(1)];
  const isForeground = less(0, iota(alongClasses, 1, { device }));
  return where(isForeground, constant(alpha, dtype, alongClasses, device), 1 - alpha);
};
