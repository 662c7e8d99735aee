import { add, divide, fullLike, multiply, sqrt, square, subtract } from '@cotangent/tensor';
import { Optimizer, type Parameters } from './optimizer.js';
import type { OptimizerOptions } from './parameter-group.js';
import { addPenalty, requireNotNegative, type UpdateRule } from './update-rule.js';

/** How Adagrad moves. */
export interface AdagradOptions extends OptimizerOptions {
  /** How fast the learning rate falls with the number of steps; 0. */
  readonly lrDecay: number;
  /** Factor of an L2 penalty on parameters; 0. */
  readonly weightDecay: number;
  /** Where the sum of squares begins; 0. */
  readonly initialAccumulatorValue: number;
  /** Added to the divisor; 1e-10. */
  readonly epsilon: number;
}

const rule: UpdateRule<AdagradOptions, 'sum'> = {
  name: 'Adagrad',
  check({ lr, lrDecay, weightDecay, initialAccumulatorValue, epsilon }) {
    requireNotNegative('Adagrad', { lr, lrDecay, weightDecay, initialAccumulatorValue, epsilon });
  },
  momentumOf: () => undefined,
  counts: ({ lrDecay }) => lrDecay !== 0,
  initialState: (parameter, { initialAccumulatorValue }) => ({ sum: fullLike(parameter, initialAccumulatorValue) }),
  update({ parameter, gradient, state, count, lr, options: { lrDecay, weightDecay, epsilon } }) {
    const g = addPenalty(gradient, parameter, weightDecay);
    const sum = add(state.sum, square(g));
    const stepSize = lrDecay === 0 ? lr : divide(lr, add(multiply(subtract(count, 1), lrDecay), 1));
    return {
      parameter: subtract(parameter, multiply(stepSize, divide(g, add(sqrt(sum), epsilon)))),
      state: { sum },
    };
  },
};

/** Steps by the gradient over the root of the sum of its squares so far. Duchi, Hazan and Singer 2011. */
export class Adagrad extends Optimizer<AdagradOptions> {
  constructor(parameters: Parameters<AdagradOptions>, options: Partial<AdagradOptions> = {}) {
    const defaults = { lr: 1e-2, lrDecay: 0, weightDecay: 0, initialAccumulatorValue: 0, epsilon: 1e-10 };
    super(rule, parameters, { ...defaults, ...options });
  }
}
