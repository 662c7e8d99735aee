import { add, divide, multiply, sqrt, square, subtract, zerosLike } from '@cotangent/tensor';
import { average } from './moving-average.js';
import { Optimizer, type Parameters } from './optimizer.js';
import type { OptimizerOptions } from './parameter-group.js';
import { addPenalty, requireDecays, requireNotNegative, type UpdateRule } from './update-rule.js';

/** How Adadelta moves. */
export interface AdadeltaOptions extends OptimizerOptions {
  /** Decay of the averages of squared gradients and squared steps; 0.9. */
  readonly rho: number;
  /** Added to averages before their roots are taken; 1e-6. */
  readonly epsilon: number;
  /** Factor of an L2 penalty on parameters; 0. */
  readonly weightDecay: number;
}

const rule: UpdateRule<AdadeltaOptions, 'square' | 'squaredStep'> = {
  name: 'Adadelta',
  check({ lr, rho, epsilon, weightDecay }) {
    requireNotNegative('Adadelta', { lr, epsilon, weightDecay });
    requireDecays('Adadelta', { rho });
  },
  momentumOf: () => undefined,
  counts: () => false,
  initialState: (parameter) => ({ square: zerosLike(parameter), squaredStep: zerosLike(parameter) }),
  update({ parameter, gradient, state, lr, options: { rho, epsilon, weightDecay } }) {
    const g = addPenalty(gradient, parameter, weightDecay);
    const squares = average(state.square, square(g), rho);
    const step = multiply(divide(sqrt(add(state.squaredStep, epsilon)), sqrt(add(squares, epsilon))), g);
    return {
      parameter: subtract(parameter, multiply(step, lr)),
      state: { square: squares, squaredStep: average(state.squaredStep, square(step), rho) },
    };
  },
};

/** Steps as large as former ones typically were for such gradients. Zeiler 2012. */
export class Adadelta extends Optimizer<AdadeltaOptions> {
  constructor(parameters: Parameters<AdadeltaOptions>, options: Partial<AdadeltaOptions> = {}) {
    super(rule, parameters, { lr: 1, rho: 0.9, epsilon: 1e-6, weightDecay: 0, ...options });
  }
}
