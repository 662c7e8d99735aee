import {
  add,
  constant,
  divide,
  exp,
  multiply,
  sqrt,
  square,
  subtract,
  type Tensor,
  zerosLike,
} from '@cotangent/tensor';
import { average, averageWeight } from './moving-average.js';
import { Optimizer, type Parameters } from './optimizer.js';
import type { OptimizerOptions } from './parameter-group.js';
import { addPenalty, requireDecays, requireNotNegative, type UpdateRule } from './update-rule.js';

/** How NAdam moves. */
export interface NadamOptions extends OptimizerOptions {
  /** Decays of the averages of gradients and of their squares; `[0.9, 0.999]`. */
  readonly betas: readonly [number, number];
  /** Added to the divisor; 1e-8. */
  readonly epsilon: number;
  /** Factor of an L2 penalty on parameters; 0. */
  readonly weightDecay: number;
  /** How fast the momentum rises to the first beta; 4e-3. */
  readonly momentumDecay: number;
}

const rule: UpdateRule<NadamOptions, 'mean' | 'square' | 'momentumProduct'> = {
  name: 'NAdam',
  check({ lr, betas: [beta1, beta2], epsilon, weightDecay, momentumDecay }) {
    requireNotNegative('NAdam', { lr, epsilon, weightDecay, momentumDecay });
    requireDecays('NAdam', { beta1, beta2 });
  },
  momentumOf: ({ betas }) => betas[0],
  counts: () => true,
  initialState: (parameter) => ({
    mean: zerosLike(parameter),
    square: zerosLike(parameter),
    momentumProduct: constant(1, parameter.dtype, [], parameter.device),
  }),
  update({ parameter, gradient, state, count, lr, momentum, options }) {
    const { betas, epsilon, weightDecay, momentumDecay } = options;
    const g = addPenalty(gradient, parameter, weightDecay);
    const beta1 = momentum ?? betas[0];
    /** The momentum of a step, `β₁·(1 − 0.96^(step·decay)/2)`. */
    const momentumAt = (step: Tensor): Tensor =>
      multiply(subtract(1, multiply(exp(multiply(step, momentumDecay * Math.log(0.96))), 0.5)), beta1);
    const [now, next] = [momentumAt(count), momentumAt(add(count, 1))];
    const momentumProduct = multiply(state.momentumProduct, now);
    const mean = average(state.mean, g, beta1);
    const squares = average(state.square, square(g), betas[1]);
    const divisor = add(sqrt(divide(squares, averageWeight(betas[1], count))), epsilon);
    const gradientShare = divide(subtract(1, now), subtract(1, momentumProduct));
    // The product takes the momentum of this step twice, as in PyTorch 1.13; Dozat's formula takes it once.
    const meanShare = divide(next, subtract(1, multiply(multiply(momentumProduct, now), next)));
    const direction = add(multiply(g, gradientShare), multiply(mean, meanShare));
    return {
      parameter: subtract(parameter, multiply(divide(direction, divisor), lr)),
      state: { mean, square: squares, momentumProduct },
    };
  },
};

/** Adam with Nesterov's momentum. Dozat 2016. */
export class NAdam extends Optimizer<NadamOptions> {
  constructor(parameters: Parameters<NadamOptions>, options: Partial<NadamOptions> = {}) {
    const defaults = { lr: 2e-3, betas: [0.9, 0.999] as const, epsilon: 1e-8, weightDecay: 0, momentumDecay: 4e-3 };
    super(rule, parameters, { ...defaults, ...options });
  }
}
