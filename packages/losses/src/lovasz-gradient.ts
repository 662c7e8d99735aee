import {
  add,
  cast,
  cumsum,
  type DType,
  divide,
  equal,
  iota,
  maximum,
  multiply,
  subtract,
  type Tensor,
  where,
} from '@cotangent/tensor';

/**
 * Gradient of the Lovász extension of the Jaccard loss at sorted errors: what each pixel adds to the loss of the set of
 * pixels before it.
 *
 * `foreground` is `[..., pixels]`, bool or int32 0 and 1, in order of decreasing error; the result has its shape and the
 * floating-point `dtype`. With `I` the foreground still to come after the pixel of rank `i` (the first has 1), the union
 * is `U = I + i` and the loss `J = 1 − I/U`. Where algorithm 1 subtracts neighbours `J(i) − J(i−1)`, which cancels, this
 * is their difference in closed form: `(f·i + I) / (U·(U + f − 1))`.
 *
 * Berman et al. 2018, algorithm 1. No gradient flows through it.
 */
export const lovaszGradient = (foreground: Tensor, dtype: DType = 'float32'): Tensor => {
  const pixelAxis = foreground.rank - 1;
  const f = cast(foreground, dtype);
  const rank = cast(add(iota(foreground.shape, pixelAxis, { device: foreground.device }), 1), dtype);
  const remaining = cast(cumsum(cast(foreground, 'int32'), { reverse: true, exclusive: true }), dtype);
  const union = add(remaining, rank);
  const unionBefore = add(union, subtract(f, 1));
  const increments = divide(add(multiply(f, rank), remaining), multiply(union, maximum(unionBefore, 1)));
  // Without any foreground the union starts empty: the loss of the empty set is 0, of every other set 1.
  return where(equal(unionBefore, 0), 1, increments);
};
