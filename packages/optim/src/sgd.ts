import { add, equal, multiply, subtract, ValueError, where, zerosLike } from '@cotangent/tensor';
import { Optimizer, type Parameters } from './optimizer.js';
import type { OptimizerOptions } from './parameter-group.js';
import { addPenalty, requireNotNegative, type UpdateRule } from './update-rule.js';

/** How stochastic gradient descent moves. */
export interface SgdOptions extends OptimizerOptions {
  /** How much of the former direction stays; 0. */
  readonly momentum: number;
  /** The share of a gradient that does not enter the direction; 0. */
  readonly dampening: number;
  /** Factor of an L2 penalty on parameters; 0. */
  readonly weightDecay: number;
  /** Looks ahead along the direction; false. */
  readonly nesterov: boolean;
}

const rule: UpdateRule<SgdOptions, 'direction'> = {
  name: 'SGD',
  check({ lr, momentum, dampening, weightDecay, nesterov }) {
    requireNotNegative('SGD', { lr, momentum, weightDecay });
    if (nesterov && (momentum === 0 || dampening !== 0)) {
      throw new ValueError('SGD', 'nesterov needs momentum and no dampening.', { sides: { momentum, dampening } });
    }
  },
  momentumOf: ({ momentum }) => (momentum === 0 ? undefined : momentum),
  counts: ({ momentum, dampening }) => momentum !== 0 && dampening !== 0,
  initialState: (parameter, { momentum }) => (momentum === 0 ? {} : { direction: zerosLike(parameter) }),
  update({ parameter, gradient, state, count, lr, momentum, options: { dampening, weightDecay, nesterov } }) {
    const g = addPenalty(gradient, parameter, weightDecay);
    if (momentum === undefined) return { parameter: subtract(parameter, multiply(g, lr)), state: {} };
    const entering = dampening === 0 ? g : where(equal(count, 1), g, multiply(g, 1 - dampening));
    const direction = add(multiply(state.direction, momentum), entering);
    const step = nesterov ? add(g, multiply(direction, momentum)) : direction;
    return { parameter: subtract(parameter, multiply(step, lr)), state: { direction } };
  },
};

/** Stochastic gradient descent, with momentum as in Sutskever et al. 2013. */
export class SGD extends Optimizer<SgdOptions> {
  constructor(parameters: Parameters<SgdOptions>, options: Partial<SgdOptions> & OptimizerOptions) {
    super(rule, parameters, { momentum: 0, dampening: 0, weightDecay: 0, nesterov: false, ...options });
  }
}
