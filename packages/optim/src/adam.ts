import { add, divide, maximum, multiply, sqrt, square, subtract, type Tensor, zerosLike } from '@cotangent/tensor';
import { average, averageWeight } from './moving-average.js';
import { Optimizer, type Parameters } from './optimizer.js';
import type { OptimizerOptions } from './parameter-group.js';
import {
  addPenalty,
  decay,
  requireDecays,
  requireNotNegative,
  type UpdateInput,
  type UpdateOutput,
  type UpdateRule,
} from './update-rule.js';

/** How Adam and AdamW move. */
export interface AdamOptions extends OptimizerOptions {
  /** Decays of the averages of gradients and of their squares; `[0.9, 0.999]`. */
  readonly betas: readonly [number, number];
  /** Added to the divisor; 1e-8. */
  readonly epsilon: number;
  /** Factor of an L2 penalty in Adam, of a decay apart from the gradient in AdamW; 0, in AdamW 0.01. */
  readonly weightDecay: number;
  /** Divides by the largest average of squares so far; false. */
  readonly amsgrad: boolean;
}

type Part = 'mean' | 'square' | 'largestSquare';

/** One step of Adam from a parameter and gradient that weight decay has already touched. */
const move = (parameter: Tensor, gradient: Tensor, input: UpdateInput<AdamOptions, Part>): UpdateOutput<Part> => {
  const { state, count, lr, momentum, options } = input;
  const { betas, epsilon, amsgrad } = options;
  const beta1 = momentum ?? betas[0];
  const beta2 = betas[1];
  const mean = average(state.mean, gradient, beta1);
  const squares = average(state.square, square(gradient), beta2);
  const largest = amsgrad ? maximum(state.largestSquare, squares) : squares;
  const divisor = add(divide(sqrt(largest), sqrt(averageWeight(beta2, count))), epsilon);
  const stepSize = divide(lr, averageWeight(beta1, count));
  return {
    parameter: subtract(parameter, multiply(stepSize, divide(mean, divisor))),
    state: { mean, square: squares, ...(amsgrad ? { largestSquare: largest } : {}) },
  };
};

const createRule = (name: string, isDecoupled: boolean): UpdateRule<AdamOptions, Part> => ({
  name,
  check({ lr, betas: [beta1, beta2], epsilon, weightDecay }) {
    requireNotNegative(name, { lr, epsilon, weightDecay });
    requireDecays(name, { beta1, beta2 });
  },
  momentumOf: ({ betas }) => betas[0],
  counts: () => true,
  initialState: (parameter, { amsgrad }) => {
    const zero = zerosLike(parameter);
    return { mean: zero, square: zero, ...(amsgrad ? { largestSquare: zero } : {}) };
  },
  update(input) {
    const { parameter, gradient, lr, options } = input;
    return isDecoupled
      ? move(decay(parameter, lr, options.weightDecay), gradient, input)
      : move(parameter, addPenalty(gradient, parameter, options.weightDecay), input);
  },
});

const defaults: AdamOptions = { lr: 1e-3, betas: [0.9, 0.999], epsilon: 1e-8, weightDecay: 0, amsgrad: false };
const adam = createRule('Adam', false);
const adamW = createRule('AdamW', true);

/** Adam: steps by the average gradient over its typical size. Kingma and Ba 2015; `amsgrad` Reddi et al. 2018. */
export class Adam extends Optimizer<AdamOptions> {
  constructor(parameters: Parameters<AdamOptions>, options: Partial<AdamOptions> = {}) {
    super(adam, parameters, { ...defaults, ...options });
  }
}

/** Adam with weight decay apart from the gradient. Loshchilov and Hutter 2019. */
export class AdamW extends Optimizer<AdamOptions> {
  constructor(parameters: Parameters<AdamOptions>, options: Partial<AdamOptions> = {}) {
    super(adamW, parameters, { ...defaults, weightDecay: 0.01, ...options });
  }
}
