import {
  type Device,
  type DType,
  multiply,
  rand,
  type Shape,
  splitKey,
  subtract,
  type Tensor,
} from '@cotangent/tensor';
import { Parameter } from './parameter.js';

/** How the parameters of a module begin. */
export interface InitializationOptions {
  /** Seeds the parameters; without it the stream of `manualSeed` advances. */
  readonly key?: Tensor;
  /** float32 by default. */
  readonly dtype?: DType;
  /** The default device by default. */
  readonly device?: Device;
}

/** Options for `count` parameters, each with a key of its own. */
export const splitInitialization = (options: InitializationOptions, count: number): readonly InitializationOptions[] =>
  options.key === undefined
    ? new Array<InitializationOptions>(count).fill(options)
    : splitKey(options.key, count).map((key) => ({ ...options, key }));

/** Uniform in `[−bound, bound)`. */
export const uniformWithin = (shape: Shape, bound: number, options: InitializationOptions): Tensor => {
  return multiply(subtract(multiply(rand(shape, options), 2), 1), bound);
};

/**
 * Parameters of a layer whose outputs each sum `fanIn` products, as PyTorch begins them: both uniform within `1/√fanIn`,
 * which for the weight is Kaiming's distribution (He et al. 2015) with `a = √5`.
 */
export const createWeightAndBias = (
  weightShape: Shape,
  biasShape: Shape,
  fanIn: number,
  { bias = true, ...options }: InitializationOptions & { readonly bias?: boolean },
): { readonly weight: Parameter; readonly bias: Parameter | undefined } => {
  const bound = fanIn > 0 ? 1 / Math.sqrt(fanIn) : 0;
  const [forWeight, forBias] = splitInitialization(options, 2) as [InitializationOptions, InitializationOptions];
  return {
    weight: new Parameter(uniformWithin(weightShape, bound, forWeight), { name: 'weight' }),
    bias: bias ? new Parameter(uniformWithin(biasShape, bound, forBias), { name: 'bias' }) : undefined,
  };
};
