import { noGrad } from '@cotangent/autograd';
import {
  abs,
  add,
  cast,
  clamp,
  constant,
  divide,
  max,
  maximum,
  minimum,
  multiply,
  power,
  sqrt,
  square,
  sum,
  type Tensor,
  ValueError,
  type Variable,
} from '@cotangent/tensor';

/** Which norm; 2 by default, `Infinity` for the largest element. */
export interface ClipGradNormOptions {
  readonly normType?: number;
}

type WithGradient = Variable & { readonly grad: Tensor };

const withGradients = (parameters: Iterable<Variable>): WithGradient[] =>
  [...parameters].filter((parameter): parameter is WithGradient => parameter.grad !== undefined);

/** Against division by 0, as in PyTorch. */
const smallestNorm = 1e-6;

/** The norm of all gradients as one vector, float32 or float64. */
const totalNorm = (gradients: readonly Tensor[], normType: number): Tensor => {
  if (normType === Number.POSITIVE_INFINITY) return gradients.map((g) => max(abs(g))).reduce(maximum);
  if (normType === 2) return sqrt(gradients.map((g) => sum(square(g))).reduce(add));
  return power(gradients.map((g) => sum(power(abs(g), normType))).reduce(add), 1 / normType);
};

/**
 * Scales the gradients of parameters together so that their norm is at most `maxNorm`. Gives the norm before, a scalar; lazy.
 */
export const clipGradNorm = (
  parameters: Iterable<Variable>,
  maxNorm: number,
  { normType = 2 }: ClipGradNormOptions = {},
): Tensor => {
  if (!(maxNorm >= 0) || !(normType > 0)) {
    throw new ValueError('clipGradNorm', 'maxNorm is not negative and normType above 0.', {
      sides: { maxNorm, normType },
    });
  }
  return noGrad(() => {
    const clipped = withGradients(parameters);
    if (clipped.length === 0) return constant(0, 'float32', []);
    const dtype = clipped.some(({ dtype }) => dtype === 'float64') ? 'float64' : 'float32';
    const norm = totalNorm(
      clipped.map(({ grad }) => cast(grad, dtype)),
      normType,
    );
    const scale = minimum(divide(maxNorm, add(norm, smallestNorm)), 1);
    for (const parameter of clipped) parameter.grad = multiply(parameter.grad, cast(scale, parameter.dtype));
    return norm;
  });
};

/** Limits every element of the gradients to `[−limit, limit]`; lazy. */
export const clipGradValue = (parameters: Iterable<Variable>, limit: number): void => {
  if (!(limit >= 0)) throw new ValueError('clipGradValue', 'the limit is not negative.', { sides: { limit } });
  noGrad(() => {
    for (const parameter of withGradients(parameters))
      parameter.grad = clamp(parameter.grad, { min: -limit, max: limit });
  });
};
