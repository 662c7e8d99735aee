import { Tensor } from '../tensor.js';
import { emit, requireAlive } from './argument.js';

/** The same values with no gradient. */
export const detach = (x: Tensor): Tensor => emit('detach', {}, [requireAlive('detach', x)], x.dtype, x.shape);

/** `value` as a function of `inputs`, whose gradient is `rule(cotangent)`: one tensor, or none, for each input. */
export const callWithRule = (
  value: Tensor,
  inputs: readonly Tensor[],
  rule: (cotangent: Tensor) => readonly (Tensor | undefined)[],
): Tensor => {
  const result = emit('call', {}, [value, ...inputs], value.dtype, value.shape);
  result.node.rule = (cotangent) => rule(new Tensor(cotangent)).map((gradient) => gradient?.node);
  return result;
};
