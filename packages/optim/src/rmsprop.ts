import { add, divide, multiply, sqrt, square, subtract, zerosLike } from '@cotangent/tensor';
import { average } from './moving-average.js';
import { Optimizer, type Parameters } from './optimizer.js';
import type { OptimizerOptions } from './parameter-group.js';
import { addPenalty, requireDecays, requireNotNegative, type UpdateRule } from './update-rule.js';

/** How RMSprop moves. */
export interface RmspropOptions extends OptimizerOptions {
  /** Decay of the average of squared gradients; 0.99. */
  readonly alpha: number;
  /** Added to the divisor; 1e-8. */
  readonly epsilon: number;
  /** Factor of an L2 penalty on parameters; 0. */
  readonly weightDecay: number;
  /** How much of the former direction stays; 0. */
  readonly momentum: number;
  /** Divides by the deviation from the average gradient, not from 0; false. */
  readonly centered: boolean;
}

const rule: UpdateRule<RmspropOptions, 'square' | 'mean' | 'direction'> = {
  name: 'RMSprop',
  check({ lr, alpha, epsilon, weightDecay, momentum }) {
    requireNotNegative('RMSprop', { lr, epsilon, weightDecay, momentum });
    requireDecays('RMSprop', { alpha });
  },
  momentumOf: ({ momentum }) => (momentum === 0 ? undefined : momentum),
  counts: () => false,
  initialState: (parameter, { momentum, centered }) => {
    const zero = zerosLike(parameter);
    return { square: zero, ...(centered ? { mean: zero } : {}), ...(momentum === 0 ? {} : { direction: zero }) };
  },
  update({ parameter, gradient, state, lr, momentum, options: { alpha, epsilon, weightDecay, centered } }) {
    const g = addPenalty(gradient, parameter, weightDecay);
    const squares = average(state.square, square(g), alpha);
    const mean = centered ? average(state.mean, g, alpha) : undefined;
    const variance = mean === undefined ? squares : subtract(squares, square(mean));
    const scaled = divide(g, add(sqrt(variance), epsilon));
    const direction = momentum === undefined ? scaled : add(multiply(state.direction, momentum), scaled);
    return {
      parameter: subtract(parameter, multiply(direction, lr)),
      state: {
        square: squares,
        ...(mean === undefined ? {} : { mean }),
        ...(momentum === undefined ? {} : { direction }),
      },
    };
  },
};

/** Steps by the gradient over the root of its average square. Tieleman and Hinton 2012; `centered` Graves 2013. */
export class RMSprop extends Optimizer<RmspropOptions> {
  constructor(parameters: Parameters<RmspropOptions>, options: Partial<RmspropOptions> = {}) {
    const defaults = { lr: 1e-2, alpha: 0.99, epsilon: 1e-8, weightDecay: 0, momentum: 0, centered: false };
    super(rule, parameters, { ...defaults, ...options });
  }
}
