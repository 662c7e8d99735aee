import {
  add,
  alias,
  cast,
  constant,
  equal,
  GradientError,
  iota,
  mapTensors,
  multiply,
  reshape,
  ShapeError,
  shapesEqual,
  stack,
  sum,
  type Tensor,
  tensorsIn,
  zerosLike,
} from '@cotangent/tensor';
import { seedOf, Tape } from './tape.js';
import type { TensorTree } from './tree.js';

const withTape = <T>(body: (tape: Tape) => T): T => {
  const tape = new Tape();
  try {
    return body(tape);
  } finally {
    tape.dispose();
  }
};

/** A value and its gradient, both lazy. */
export interface ValueAndGradient<A extends TensorTree> {
  readonly value: Tensor;
  /** In the form of the argument that was differentiated. */
  readonly gradient: A;
}

/**
 * Turns a function with a scalar result into one that also gives the gradient with respect to its first argument: a tensor, or
 * arrays and objects of tensors. Further arguments are held constant.
 *
 * @example
 * const { value, gradient } = valueAndGrad((x: Tensor) => sum(multiply(x, x)))(tensor([1, 2])); // 5 and [2, 4]
 */
export const valueAndGrad =
  <A extends TensorTree, R extends readonly unknown[]>(f: (argument: A, ...rest: R) => Tensor) =>
  (argument: A, ...rest: R): ValueAndGradient<A> => {
    const watched = mapTensors(argument, alias);
    const leaves = tensorsIn(watched);
    const { value, gradients } = withTape((tape) => {
      tape.watch(...leaves);
      const value = f(watched, ...rest);
      seedOf('grad', value);
      tape.stop();
      return { value, gradients: tape.gradient(value, leaves) };
    });
    let next = 0;
    return { value, gradient: mapTensors(argument, () => gradients[next++] as Tensor) };
  };

/** The gradient of a function with a scalar result with respect to its first argument. Composes with itself. */
export const grad =
  <A extends TensorTree, R extends readonly unknown[]>(f: (argument: A, ...rest: R) => Tensor) =>
  (argument: A, ...rest: R): A =>
    valueAndGrad(f)(argument, ...rest).gradient;

/** A value and the map from its cotangent to those of the inputs. */
export interface Pullback {
  readonly value: Tensor;
  /** Gradients of `Σ value·cotangent` with respect to each input; may be called more than once. */
  readonly pull: (cotangent: Tensor) => Tensor[];
}

/** Vector-Jacobian product: evaluates `f` and keeps its tape for pulling cotangents back. */
export const vjp = (f: (...inputs: Tensor[]) => Tensor, ...inputs: readonly Tensor[]): Pullback => {
  const tape = new Tape();
  const watched = inputs.map(alias);
  tape.watch(...watched);
  try {
    const value = f(...watched);
    return { value, pull: (cotangent) => tape.gradient(value, watched, cotangent) };
  } finally {
    tape.stop();
  }
};

const requireTangents = (op: string, inputs: readonly Tensor[], tangents: readonly Tensor[]): void => {
  const fits =
    inputs.length === tangents.length && inputs.every((x, i) => shapesEqual(x.shape, (tangents[i] as Tensor).shape));
  if (!fits) {
    throw new ShapeError(op, 'each input needs a tangent of its shape.', {
      sides: { inputs: inputs.map((x) => x.shape), tangents: tangents.map((t) => t.shape) },
    });
  }
};

/** Jacobian-vector product: the value, and its derivative along `tangents`; two pullbacks, the first of which is dead code. */
export const jvp = (
  f: (...inputs: Tensor[]) => Tensor,
  inputs: readonly Tensor[],
  tangents: readonly Tensor[],
): { readonly value: Tensor; readonly tangent: Tensor } => {
  requireTangents('jvp', inputs, tangents);
  const { value, pull } = vjp(f, ...inputs);
  const cotangent = alias(zerosLike(value));
  const tangent = withTape((tape) => {
    tape.watch(cotangent);
    const pulled = pull(cotangent);
    const product = inputs.reduce(
      (total, _, i) => add(total, sum(multiply(pulled[i] as Tensor, tangents[i] as Tensor))),
      constant(0, value.dtype, [], value.device),
    );
    tape.stop();
    return tape.gradient(product, [cotangent])[0] as Tensor;
  });
  return { value, tangent };
};

/** Product of the Hessian of a scalar function with a vector, without the Hessian. */
export const hvp = (f: (x: Tensor) => Tensor, x: Tensor, vector: Tensor): Tensor => {
  requireTangents('hvp', [x], [vector]);
  return grad((point: Tensor) => sum(multiply(grad(f)(point), vector)))(x);
};

/** All first derivatives, `[...output, ...input]`; one pullback for each output element. */
export const jacobian = (f: (x: Tensor) => Tensor, x: Tensor): Tensor => {
  const { value, pull } = vjp(f, x);
  if (value.size === 0)
    throw new GradientError('jacobian', 'the function has no output.', { sides: { shape: value.shape } });
  const rows = Array.from({ length: value.size }, (_, i) => {
    const unit = oneAt(value, i);
    return reshape(pull(unit)[0] as Tensor, [x.size]);
  });
  return reshape(stack(rows), [...value.shape, ...x.shape]);
};

/** 1 at one row-major position, 0 elsewhere. */
const oneAt = (like: Tensor, position: number): Tensor => {
  const positions = iota([like.size], 0, { device: like.device });
  return reshape(cast(equal(positions, position), like.dtype), like.shape);
};

/** All second derivatives of a scalar function, `[...input, ...input]`. */
export const hessian = (f: (x: Tensor) => Tensor, x: Tensor): Tensor => jacobian(grad(f), x);
