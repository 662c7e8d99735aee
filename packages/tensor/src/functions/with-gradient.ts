import { withoutTracking } from '../graph/node.js';
import { callWithRule } from '../ops/graph.js';
import type { Tensor } from '../tensor.js';

/**
 * `compute()` as one function of `inputs`, whose gradient is `rule(cotangent, result)` instead of that of the ops inside.
 *
 * A rule is written with differentiable ops on the inputs and the result, so that every higher order follows from it.
 */
export const withGradient = (
  inputs: readonly Tensor[],
  compute: () => Tensor,
  rule: (cotangent: Tensor, result: Tensor) => readonly (Tensor | undefined)[],
): Tensor => {
  const result: Tensor = callWithRule(withoutTracking(compute), inputs, (cotangent) => rule(cotangent, result));
  return result;
};
