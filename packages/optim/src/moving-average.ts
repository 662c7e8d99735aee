import { add, expm1, log, multiply, negate, subtract, Tensor } from '@cotangent/tensor';

/** A decay that is a plain number, or one that may change between steps. */
type Decay = number | Tensor;

/** `1 − x`. */
export const complement = (x: Decay): Decay => (x instanceof Tensor ? subtract(1, x) : 1 - x);

/** `decay · average + (1 − decay) · x`. */
export const average = (previous: Tensor, x: Tensor, decay: Decay): Tensor =>
  add(multiply(previous, decay), multiply(x, complement(decay)));

/** `1 − decay^count`: what the weights of an average that began at 0 add up to. Precise for decays near 1. */
export const averageWeight = (decay: Decay, count: Tensor): Tensor =>
  negate(expm1(multiply(count, decay instanceof Tensor ? log(decay) : Math.log(decay))));
