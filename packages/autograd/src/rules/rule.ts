import type { OpAttributes, OpName, Tensor } from '@cotangent/tensor';

/** What a rule sees of the op it differentiates. */
export interface Application<K extends OpName = OpName> {
  readonly attributes: OpAttributes[K];
  readonly inputs: readonly Tensor[];
  readonly output: Tensor;
  /** Gradient of the target with respect to the output; has the output's shape and dtype. */
  readonly cotangent: Tensor;
  /** Whether input `i` leads to a source; a rule may leave out the others. */
  readonly wants: (input: number) => boolean;
}

/** Gradients with respect to the inputs, undefined where there is none. */
export type Rule<K extends OpName = OpName> = (application: Application<K>) => readonly (Tensor | undefined)[];

/** For ops that are piecewise constant or have no float input. */
export const noGradient: Rule = () => [];
