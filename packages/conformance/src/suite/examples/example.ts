import { type DType, dtypes, isFloat, isInteger, type Shape } from '@cotangent/ir';
import type { Tensor } from '@cotangent/tensor';
import type { Inputs } from '../inputs.js';

/** An op at work on inputs of its own. */
export interface Example {
  readonly title: string;
  readonly dtypes: readonly DType[];
  readonly inputs: (inputs: Inputs, dtype: DType) => readonly Tensor[];
  readonly compute: (inputs: readonly Tensor[], dtype: DType) => Tensor | readonly Tensor[];
  /** Whether second derivatives exist, so that they can be compared with difference quotients. */
  readonly isSmooth?: boolean;
}

export const floats = dtypes.filter(isFloat);
export const integers = dtypes.filter(isInteger);
export const numbers = [...floats, ...integers];

/** No elements, one, and counts beside any vector width and block size. */
export const elementwiseShapes: readonly Shape[] = [[], [1], [0], [2, 0], [7], [2, 3, 4], [3, 1027]];

export type Unary = (x: Tensor) => Tensor;
export type Binary = (a: Tensor, b: Tensor) => Tensor;

export const unaryExamples = (
  compute: Unary,
  allowed: readonly DType[],
  { low, high, isSmooth = false }: { readonly low?: number; readonly high?: number; readonly isSmooth?: boolean } = {},
): Example[] =>
  elementwiseShapes.map((shape) => ({
    title: `[${shape.join(', ')}]`,
    dtypes: allowed,
    inputs: (inputs, dtype) => [inputs.values(shape, dtype, low, high)],
    compute: ([x]) => compute(x as Tensor),
    isSmooth,
  }));

interface BinaryOptions {
  /** Range of the right side. */
  readonly low?: number;
  readonly high?: number;
  readonly isSmooth?: boolean;
}

export const binaryExamples = (
  compute: Binary,
  allowed: readonly DType[],
  { low, high, isSmooth = false }: BinaryOptions = {},
): Example[] =>
  elementwiseShapes.map((shape) => ({
    title: `[${shape.join(', ')}]`,
    dtypes: allowed,
    inputs: (inputs, dtype) => [inputs.values(shape, dtype), inputs.values(shape, dtype, low, high)],
    compute: ([a, b]) => compute(a as Tensor, b as Tensor),
    isSmooth,
  }));

export const one = (
  title: string,
  allowed: readonly DType[],
  inputs: Example['inputs'],
  compute: (...inputs: Tensor[]) => Tensor | readonly Tensor[],
  isSmooth = false,
): Example => ({ title, dtypes: allowed, inputs, compute: (given) => compute(...given), isSmooth });
