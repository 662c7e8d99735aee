import { multiply, sign, subtract, zerosLike } from '@cotangent/tensor';
import { average } from './moving-average.js';
import { Optimizer, type Parameters } from './optimizer.js';
import type { OptimizerOptions } from './parameter-group.js';
import { decay, requireDecays, requireNotNegative, type UpdateRule } from './update-rule.js';

/** How Lion moves. */
export interface LionOptions extends OptimizerOptions {
  /** Decays of the average gradient, for the step and for what is kept; `[0.9, 0.99]`. */
  readonly betas: readonly [number, number];
  /** Factor of a decay apart from the gradient; 0. */
  readonly weightDecay: number;
}

const rule: UpdateRule<LionOptions, 'mean'> = {
  name: 'Lion',
  check({ lr, betas: [beta1, beta2], weightDecay }) {
    requireNotNegative('Lion', { lr, weightDecay });
    requireDecays('Lion', { beta1, beta2 });
  },
  momentumOf: ({ betas }) => betas[0],
  counts: () => false,
  initialState: (parameter) => ({ mean: zerosLike(parameter) }),
  update({ parameter, gradient, state, lr, momentum, options: { betas, weightDecay } }) {
    const direction = sign(average(state.mean, gradient, momentum ?? betas[0]));
    return {
      parameter: subtract(decay(parameter, lr, weightDecay), multiply(direction, lr)),
      state: { mean: average(state.mean, gradient, betas[1]) },
    };
  },
};

/** Steps of one size, by the sign of the average gradient. Chen et al. 2023. */
export class Lion extends Optimizer<LionOptions> {
  constructor(parameters: Parameters<LionOptions>, options: Partial<LionOptions> = {}) {
    super(rule, parameters, { lr: 1e-4, betas: [0.9, 0.99], weightDecay: 0, ...options });
  }
}
