import { add, multiply, type Tensor, ValueError } from '@cotangent/tensor';

/** A loss of predictions and targets that gives a scalar. */
export type Loss = (prediction: Tensor, target: Tensor) => Tensor;

/** A part of a combined loss. */
export interface LossTerm {
  readonly loss: Loss;
  /** 1 by default. A number that changes from step to step is better a scalar tensor. */
  readonly weight?: number | Tensor;
}

/**
 * The weighted sum of losses, as a loss.
 *
 * ```ts
 * const loss = combinedLoss([{ loss: crossEntropyLoss }, { loss: lovaszSoftmaxLoss, weight: 0.5 }]);
 * ```
 */
export const combinedLoss = (terms: readonly LossTerm[]): Loss => {
  if (terms.length === 0) throw new ValueError('combinedLoss', 'there is no term.');
  return (prediction, target) =>
    terms
      .map(({ loss, weight = 1 }) =>
        weight === 1 ? loss(prediction, target) : multiply(loss(prediction, target), weight),
      )
      .reduce((total, term) => add(total, term));
};
