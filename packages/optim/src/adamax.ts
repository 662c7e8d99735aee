import { abs, add, divide, maximum, multiply, subtract, zerosLike } from '@cotangent/tensor';
import { average, averageWeight } from './moving-average.js';
import { Optimizer, type Parameters } from './optimizer.js';
import type { OptimizerOptions } from './parameter-group.js';
import { addPenalty, requireDecays, requireNotNegative, type UpdateRule } from './update-rule.js';

/** How Adamax moves. */
export interface AdamaxOptions extends OptimizerOptions {
  /** Decays of the average gradient and of the largest one; `[0.9, 0.999]`. */
  readonly betas: readonly [number, number];
  /** Added to the size of a gradient; 1e-8. */
  readonly epsilon: number;
  /** Factor of an L2 penalty on parameters; 0. */
  readonly weightDecay: number;
}

const rule: UpdateRule<AdamaxOptions, 'mean' | 'largest'> = {
  name: 'Adamax',
  check({ lr, betas: [beta1, beta2], epsilon, weightDecay }) {
    requireNotNegative('Adamax', { lr, epsilon, weightDecay });
    requireDecays('Adamax', { beta1, beta2 });
  },
  momentumOf: ({ betas }) => betas[0],
  counts: () => true,
  initialState: (parameter) => ({ mean: zerosLike(parameter), largest: zerosLike(parameter) }),
  update({ parameter, gradient, state, count, lr, momentum, options: { betas, epsilon, weightDecay } }) {
    const g = addPenalty(gradient, parameter, weightDecay);
    const beta1 = momentum ?? betas[0];
    const mean = average(state.mean, g, beta1);
    const largest = maximum(multiply(state.largest, betas[1]), add(abs(g), epsilon));
    const stepSize = divide(lr, averageWeight(beta1, count));
    return { parameter: subtract(parameter, multiply(stepSize, divide(mean, largest))), state: { mean, largest } };
  },
};

/** Adam with the largest gradient in place of the root mean square. Kingma and Ba 2015, section 7. */
export class Adamax extends Optimizer<AdamaxOptions> {
  constructor(parameters: Parameters<AdamaxOptions>, options: Partial<AdamaxOptions> = {}) {
    super(rule, parameters, { lr: 2e-3, betas: [0.9, 0.999], epsilon: 1e-8, weightDecay: 0, ...options });
  }
}
