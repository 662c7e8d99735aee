import { add, divide, exp, log1p, multiply, negate, sqrt, square, subtract, type Tensor } from '@cotangent/tensor';
import { reduceLosses } from './reduction.js';
import { differenceOf, type ElementLossOptions } from './regression.js';

/** A loss that is about `d²/2` near 0, as Barron 2019 orders them by how much outliers count. */
const robustLoss =
  (op: string, lossOf: (squared: Tensor) => Tensor) =>
  (prediction: Tensor, target: Tensor, { reduction }: ElementLossOptions = {}): Tensor =>
    reduceLosses(op, lossOf(square(differenceOf(op, prediction, target))), reduction);

/** `√(d² + 1) − 1`. Charbonnier et al. 1997. */
export const charbonnierLoss = robustLoss('charbonnierLoss', (squared) =>
  // The same without the cancellation at small distances.
  divide(squared, add(sqrt(add(squared, 1)), 1)),
);

/** `ln(1 + d²/2)`. Black and Anandan 1996. */
export const cauchyLoss = robustLoss('cauchyLoss', (squared) => log1p(multiply(squared, 0.5)));

/** `1 − exp(−d²/2)`. Dennis and Welsch 1978. */
export const welschLoss = robustLoss('welschLoss', (squared) => subtract(1, exp(multiply(negate(squared), 0.5))));

/** `2d² / (d² + 4)`. Geman and McClure 1985. */
export const gemanMcClureLoss = robustLoss('gemanMcClureLoss', (squared) =>
  divide(multiply(squared, 2), add(squared, 4)),
);
