import { callWithRule, GradientError, shapesEqual, type Tensor, withoutTracking } from '@cotangent/tensor';

/**
 * A function with a gradient of its own: `rule` takes the cotangent, the inputs and the value, and gives one gradient (or
 * undefined) for each input. Written with public ops it is differentiable again.
 */
export const customVjp =
  (
    f: (...inputs: Tensor[]) => Tensor,
    rule: (cotangent: Tensor, inputs: readonly Tensor[], value: Tensor) => readonly (Tensor | undefined)[],
  ) =>
  (...inputs: Tensor[]): Tensor => {
    const value = f(...inputs);
    return callWithRule(value, inputs, (cotangent) => {
      const gradients = rule(cotangent, inputs, value);
      for (const [i, input] of inputs.entries()) {
        const gradient = gradients[i];
        if (gradient !== undefined && !shapesEqual(gradient.shape, input.shape)) {
          throw new GradientError('customVjp', `the gradient of input ${i} does not have its shape.`, {
            sides: { input: input.shape, gradient: gradient.shape },
          });
        }
      }
      return gradients;
    });
  };

/** Runs `body` without history: what it computes has no gradient, for tapes and for `backward`. */
export const noGrad = <T>(body: () => T): T => withoutTracking(body);
