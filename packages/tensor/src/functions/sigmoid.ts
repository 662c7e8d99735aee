import { add, divide, exp, multiply, negate, subtract } from '../ops/elementwise.js';
import type { Tensor } from '../tensor.js';
import { requireFloating } from './requirements.js';
import { withGradient } from './with-gradient.js';

/** `1/(1 + e^(−x))`, elementwise. */
export const sigmoid = (x: Tensor): Tensor =>
  withGradient(
    [requireFloating('sigmoid', x)],
    () => divide(1, add(exp(negate(x)), 1)),
    (cotangent, result) => [multiply(cotangent, multiply(result, subtract(1, result)))],
  );
