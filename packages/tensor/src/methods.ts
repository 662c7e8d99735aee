import type { DType, Shape } from '@cotangent/ir';
import { relu } from './functions/activations.js';
import type { AxisOptions } from './functions/axis.js';
import { type ClampOptions, clamp } from './functions/limits.js';
import { abs, square } from './functions/magnitude.js';
import { power } from './functions/powers.js';
import { sigmoid } from './functions/sigmoid.js';
import { logSoftmax, softmax } from './functions/softmax.js';
import type { TensorLike } from './ops/argument.js';
import { matmul } from './ops/contraction.js';
import {
  add,
  cast,
  divide,
  equal,
  exp,
  greater,
  greaterEqual,
  less,
  lessEqual,
  log,
  logicalAnd,
  logicalNot,
  logicalOr,
  maximum,
  minimum,
  multiply,
  negate,
  notEqual,
  sqrt,
  subtract,
  tanh,
} from './ops/elementwise.js';
import { detach } from './ops/graph.js';
import {
  type AxisSlice,
  broadcastTo,
  expandDims,
  flatten,
  flip,
  moveAxis,
  narrow,
  reshape,
  slice,
  squeeze,
  swapAxes,
  transpose,
} from './ops/movement.js';
import {
  type ArgOptions,
  all,
  any,
  argmax,
  argmin,
  cumsum,
  max,
  mean,
  min,
  prod,
  type ReduceOptions,
  type ScanOptions,
  sum,
} from './ops/reduction.js';
import { Tensor } from './tensor.js';

declare module './tensor.js' {
  /** The common ops as methods: `x.add(y)` is `add(x, y)`. */
  interface Tensor {
    add(other: TensorLike): Tensor;
    subtract(other: TensorLike): Tensor;
    multiply(other: TensorLike): Tensor;
    divide(other: TensorLike): Tensor;
    power(exponent: TensorLike): Tensor;
    maximum(other: TensorLike): Tensor;
    minimum(other: TensorLike): Tensor;
    negate(): Tensor;
    abs(): Tensor;
    square(): Tensor;
    sqrt(): Tensor;
    exp(): Tensor;
    log(): Tensor;
    tanh(): Tensor;
    sigmoid(): Tensor;
    relu(): Tensor;
    clamp(options: ClampOptions): Tensor;
    softmax(options?: AxisOptions): Tensor;
    logSoftmax(options?: AxisOptions): Tensor;
    matmul(other: Tensor): Tensor;
    sum(options?: ReduceOptions): Tensor;
    mean(options?: ReduceOptions): Tensor;
    prod(options?: ReduceOptions): Tensor;
    max(options?: ReduceOptions): Tensor;
    min(options?: ReduceOptions): Tensor;
    any(options?: ReduceOptions): Tensor;
    all(options?: ReduceOptions): Tensor;
    argmax(options?: ArgOptions): Tensor;
    argmin(options?: ArgOptions): Tensor;
    cumsum(options?: ScanOptions): Tensor;
    less(other: TensorLike): Tensor;
    lessEqual(other: TensorLike): Tensor;
    greater(other: TensorLike): Tensor;
    greaterEqual(other: TensorLike): Tensor;
    equal(other: TensorLike): Tensor;
    notEqual(other: TensorLike): Tensor;
    logicalAnd(other: TensorLike): Tensor;
    logicalOr(other: TensorLike): Tensor;
    logicalNot(): Tensor;
    reshape(shape: Shape): Tensor;
    transpose(permutation?: readonly number[]): Tensor;
    swapAxes(first: number, second: number): Tensor;
    moveAxis(from: number | readonly number[], to: number | readonly number[]): Tensor;
    broadcastTo(shape: Shape): Tensor;
    expandDims(axes: number | readonly number[]): Tensor;
    squeeze(axes?: number | readonly number[]): Tensor;
    flatten(range?: { readonly start?: number; readonly end?: number }): Tensor;
    slice(slices: readonly (AxisSlice | undefined)[]): Tensor;
    narrow(axis: number, start: number, size: number): Tensor;
    flip(axes?: number | readonly number[]): Tensor;
    cast(dtype: DType): Tensor;
    detach(): Tensor;
  }
}

const functions = {
  add,
  subtract,
  multiply,
  divide,
  power,
  maximum,
  minimum,
  negate,
  abs,
  square,
  sqrt,
  exp,
  log,
  tanh,
  sigmoid,
  relu,
  clamp,
  softmax,
  logSoftmax,
  matmul,
  sum,
  mean,
  prod,
  max,
  min,
  any,
  all,
  argmax,
  argmin,
  cumsum,
  less,
  lessEqual,
  greater,
  greaterEqual,
  equal,
  notEqual,
  logicalAnd,
  logicalOr,
  logicalNot,
  reshape,
  transpose,
  swapAxes,
  moveAxis,
  broadcastTo,
  expandDims,
  squeeze,
  flatten,
  slice,
  narrow,
  flip,
  cast,
  detach,
};

type Method = (this: Tensor, ...rest: unknown[]) => unknown;

for (const [name, compute] of Object.entries(functions)) {
  const call = compute as (x: Tensor, ...rest: unknown[]) => Tensor;
  const value: Method = function (...rest) {
    return call(this, ...rest);
  };
  Object.defineProperty(Tensor.prototype, name, { value, configurable: true, writable: true });
}
