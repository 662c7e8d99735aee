import { add, greater, log, logSigmoid, multiply, negate, subtract, type Tensor, where } from '@cotangent/tensor';
import { requireSameShape } from './elementwise-pair.js';
import { widenHalf } from './precision.js';
import { type LossReduction, reduceLosses } from './reduction.js';

/** How binary cross-entropy is taken. */
export interface BinaryCrossEntropyOptions {
  /** Multiplies each element's loss; broadcasts against the last axes. */
  readonly weight?: Tensor;
  readonly reduction?: LossReduction;
}

/** How binary cross-entropy of logits is taken. */
export interface BinaryCrossEntropyWithLogitsOptions extends BinaryCrossEntropyOptions {
  /** Multiplies the loss of positive targets; broadcasts against the last axes. */
  readonly posWeight?: Tensor;
}

/**
 * Binary cross-entropy of logits and targets from 0 to 1, both floating point of one shape, stable for any logit.
 *
 * float16 is computed in float32, and so is the loss.
 */
export const binaryCrossEntropyWithLogitsLoss = (
  logits: Tensor,
  target: Tensor,
  { weight, posWeight, reduction }: BinaryCrossEntropyWithLogitsOptions = {},
): Tensor => {
  const op = 'binaryCrossEntropyWithLogitsLoss';
  requireSameShape(op, logits, target);
  const x = widenHalf(logits);
  const y = widenHalf(target);
  const positive = multiply(y, logSigmoid(x));
  const negative = multiply(subtract(1, y), logSigmoid(negate(x)));
  const losses = negate(add(posWeight === undefined ? positive : multiply(positive, posWeight), negative));
  return reduceLosses(op, weight === undefined ? losses : multiply(losses, weight), reduction);
};

/** Logarithms are limited to this, so that a probability of 0 has a finite loss; its gradient is 0. */
const leastLog = -100;

const limitedLog = (x: Tensor): Tensor => {
  const isAbove = greater(x, Math.exp(leastLog));
  return where(isAbove, log(where(isAbove, x, 1)), leastLog);
};

/**
 * Binary cross-entropy of probabilities and targets from 0 to 1, both floating point of one shape. Logarithms end at
 * −100. With logits at hand `binaryCrossEntropyWithLogitsLoss` is more exact.
 */
export const binaryCrossEntropyLoss = (
  probabilities: Tensor,
  target: Tensor,
  { weight, reduction }: BinaryCrossEntropyOptions = {},
): Tensor => {
  const op = 'binaryCrossEntropyLoss';
  requireSameShape(op, probabilities, target);
  const p = widenHalf(probabilities);
  const y = widenHalf(target);
  const losses = negate(add(multiply(y, limitedLog(p)), multiply(subtract(1, y), limitedLog(subtract(1, p)))));
  return reduceLosses(op, weight === undefined ? losses : multiply(losses, weight), reduction);
};
