import { createNode, type Node } from '../graph/node.js';
import { Tensor } from '../tensor.js';
import { emit, requireAlive } from './argument.js';

/** The same values with no gradient. */
export const detach = (x: Tensor): Tensor => emit('detach', {}, [requireAlive('detach', x)], x.dtype, x.shape);

/** `value` as a function of `inputs`, whose gradient is `gradients(cotangent)`: one tensor, or none, for each input. */
export const callWithRule = (
  value: Tensor,
  inputs: readonly Tensor[],
  gradients: (cotangent: Tensor) => readonly (Tensor | undefined)[],
): Tensor => {
  const rule = (cotangent: Node) => gradients(new Tensor(cotangent)).map((gradient) => gradient?.node);
  const nodes = [value, ...inputs].map((input) => input.node);
  return new Tensor(createNode('call', {}, nodes, value.dtype, value.shape, value.device, rule));
};

/** The same values as a vertex of its own, through which gradients flow. */
export const alias = (x: Tensor): Tensor => emit('reshape', {}, [requireAlive('alias', x)], x.dtype, x.shape);
