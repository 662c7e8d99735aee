import {
  add,
  divide,
  expm1,
  greater,
  less,
  maximum,
  multiply,
  sqrt,
  square,
  subtract,
  type Tensor,
  where,
  zerosLike,
} from '@cotangent/tensor';
import { average, averageWeight } from './moving-average.js';
import { Optimizer, type Parameters } from './optimizer.js';
import type { OptimizerOptions } from './parameter-group.js';
import { addPenalty, requireDecays, requireNotNegative, type UpdateRule } from './update-rule.js';

/** How RAdam moves. */
export interface RadamOptions extends OptimizerOptions {
  /** Decays of the averages of gradients and of their squares; `[0.9, 0.999]`. */
  readonly betas: readonly [number, number];
  /** Added to the divisor; 1e-8. */
  readonly epsilon: number;
  /** Factor of an L2 penalty on parameters; 0. */
  readonly weightDecay: number;
}

/** From how many gradients on, in effect, the average of their squares is trusted. */
const leastLength = 5;

/**
 * How many gradients an average holds in effect after `count` steps: `ρ∞ − 2·count·β^count / (1 − β^count)`.
 *
 * While `x = −count·ln β` is small both terms are large and close to each other; there `x·coth(x/2)/2 − 1` comes from its
 * series.
 */
const effectiveLength = (beta: number, count: Tensor): Tensor => {
  const longest = 2 / (1 - beta) - 1;
  const rate = -Math.log(beta);
  const x = multiply(count, rate);
  const square = multiply(x, x);
  const bend = [-1 / 1209600, 1 / 30240, -1 / 720, 1 / 12].reduce<Tensor>(
    (sum, coefficient) => add(multiply(sum, square), coefficient),
    zerosLike(x),
  );
  const near = add(subtract(count, multiply(multiply(bend, square), 2 / rate)), longest - 2 / rate);
  return where(less(x, 1), near, subtract(longest, divide(multiply(count, 2), expm1(x))));
};

/** The factor that makes up for the variance of the adaptive step: `√((ρ−4)(ρ−2)ρ∞ / ((ρ∞−4)(ρ∞−2)ρ))`. */
const rectification = (length: Tensor, longest: number): Tensor => {
  const trusted = maximum(length, leastLength);
  const ratio = divide(multiply(subtract(trusted, 4), subtract(trusted, 2)), trusted);
  return sqrt(multiply(ratio, longest / ((longest - 4) * (longest - 2))));
};

const rule: UpdateRule<RadamOptions, 'mean' | 'square'> = {
  name: 'RAdam',
  check({ lr, betas: [beta1, beta2], epsilon, weightDecay }) {
    requireNotNegative('RAdam', { lr, epsilon, weightDecay });
    requireDecays('RAdam', { beta1, beta2 });
  },
  momentumOf: ({ betas }) => betas[0],
  counts: () => true,
  initialState: (parameter) => ({ mean: zerosLike(parameter), square: zerosLike(parameter) }),
  update({ parameter, gradient, state, count, lr, momentum, options: { betas, epsilon, weightDecay } }) {
    const g = addPenalty(gradient, parameter, weightDecay);
    const beta1 = momentum ?? betas[0];
    const beta2 = betas[1];
    const mean = average(state.mean, g, beta1);
    const squares = average(state.square, square(g), beta2);
    const weight = averageWeight(beta2, count);
    const length = effectiveLength(beta2, count);
    const rectified = multiply(sqrt(weight), rectification(length, 2 / (1 - beta2) - 1));
    const adaptive = divide(rectified, add(sqrt(squares), epsilon));
    const scale = where(greater(length, leastLength), adaptive, 1);
    const direction = divide(mean, averageWeight(beta1, count));
    return {
      parameter: subtract(parameter, multiply(multiply(direction, scale), lr)),
      state: { mean, square: squares },
    };
  },
};

/** Adam whose steps adapt only once enough gradients were seen. Liu et al. 2020. */
export class RAdam extends Optimizer<RadamOptions> {
  constructor(parameters: Parameters<RadamOptions>, options: Partial<RadamOptions> = {}) {
    super(rule, parameters, { lr: 1e-3, betas: [0.9, 0.999], epsilon: 1e-8, weightDecay: 0, ...options });
  }
}
