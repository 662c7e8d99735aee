import { add, exp, greater, log, multiply, subtract, type Tensor, where } from '@cotangent/tensor';
import { requireSameShape } from './elementwise-pair.js';
import { widenHalf } from './precision.js';
import { type LossReduction, reduceLosses } from './reduction.js';

/** How the loss of counts is taken. */
export interface PoissonNllOptions {
  /** Whether the prediction is the logarithm of the expected count; true. */
  readonly logInput?: boolean;
  /** Adds Stirling's approximation of `ln(target!)` for targets above 1; false. */
  readonly full?: boolean;
  /** Added to an expected count before its logarithm is taken; 1e-8. */
  readonly epsilon?: number;
  readonly reduction?: LossReduction;
}

/** Negative log likelihood of counts under a Poisson distribution, without the term `ln(target!)` unless `full`. */
export const poissonNllLoss = (
  prediction: Tensor,
  target: Tensor,
  { logInput = true, full = false, epsilon = 1e-8, reduction }: PoissonNllOptions = {},
): Tensor => {
  const op = 'poissonNllLoss';
  requireSameShape(op, prediction, target);
  const x = widenHalf(prediction);
  const t = widenHalf(target);
  const losses = logInput ? subtract(exp(x), multiply(t, x)) : subtract(x, multiply(t, log(add(x, epsilon))));
  if (!full) return reduceLosses(op, losses, reduction);
  const isAbove = greater(t, 1);
  const n = where(isAbove, t, 1);
  const stirling = add(subtract(multiply(n, log(n)), n), multiply(log(multiply(n, 2 * Math.PI)), 0.5));
  return reduceLosses(op, add(losses, where(isAbove, stirling, 0)), reduction);
};
