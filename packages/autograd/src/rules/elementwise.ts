import {
  cast,
  cos,
  divide,
  equal,
  exp,
  floor,
  isFloat,
  less,
  multiply,
  negate,
  sin,
  subtract,
  type Tensor,
  where,
} from '@cotangent/tensor';
import type { Rule } from './rule.js';

type Two = readonly [Tensor, Tensor];

export const negateRule: Rule<'negate'> = ({ cotangent }) => [negate(cotangent)];
export const expRule: Rule<'exp'> = ({ cotangent, output }) => [multiply(cotangent, output)];
export const logRule: Rule<'log'> = ({ cotangent, inputs }) => [divide(cotangent, inputs[0] as Tensor)];
export const sqrtRule: Rule<'sqrt'> = ({ cotangent, output }) => [divide(multiply(cotangent, 0.5), output)];
export const sinRule: Rule<'sin'> = ({ cotangent, inputs }) => [multiply(cotangent, cos(inputs[0] as Tensor))];
export const cosRule: Rule<'cos'> = ({ cotangent, inputs }) => [negate(multiply(cotangent, sin(inputs[0] as Tensor)))];

export const tanhRule: Rule<'tanh'> = ({ cotangent, output }) => [
  multiply(cotangent, subtract(1, multiply(output, output))),
];

export const erfRule: Rule<'erf'> = ({ cotangent, inputs }) => {
  const x = inputs[0] as Tensor;
  return [multiply(multiply(cotangent, 2 / Math.sqrt(Math.PI)), exp(negate(multiply(x, x))))];
};

export const castRule: Rule<'cast'> = ({ cotangent, inputs }) => {
  const { dtype } = inputs[0] as Tensor;
  return isFloat(dtype) && isFloat(cotangent.dtype) ? [cast(cotangent, dtype)] : [];
};

export const addRule: Rule<'add'> = ({ cotangent }) => [cotangent, cotangent];

export const multiplyRule: Rule<'multiply'> = ({ cotangent, inputs, wants }) => {
  const [a, b] = inputs as Two;
  return [wants(0) ? multiply(cotangent, b) : undefined, wants(1) ? multiply(cotangent, a) : undefined];
};

export const divideRule: Rule<'divide'> = ({ cotangent, inputs, output, wants }) => {
  const b = inputs[1] as Tensor;
  const share = divide(cotangent, b);
  return [share, wants(1) ? negate(multiply(share, output)) : undefined];
};

/** The larger side takes the gradient, a tie splits it in halves. */
export const maximumRule: Rule<'maximum'> = ({ cotangent, inputs }) => {
  const [a, b] = inputs as Two;
  return shareByOrder(cotangent, b, a);
};

export const minimumRule: Rule<'minimum'> = ({ cotangent, inputs }) => {
  const [a, b] = inputs as Two;
  return shareByOrder(cotangent, a, b);
};

/** To the first input where `low < high`, to the second where `high < low`. */
const shareByOrder = (cotangent: Tensor, low: Tensor, high: Tensor): readonly Tensor[] => {
  const tied = where(equal(low, high), multiply(cotangent, 0.5), 0);
  return [where(less(low, high), cotangent, tied), where(less(high, low), cotangent, tied)];
};

/** `a − ⌊a/b⌋·b` with the floor held constant. */
export const remainderRule: Rule<'remainder'> = ({ cotangent, inputs, wants }) => {
  const [a, b] = inputs as Two;
  return [cotangent, wants(1) ? negate(multiply(cotangent, floor(divide(a, b)))) : undefined];
};

export const selectRule: Rule<'select'> = ({ cotangent, inputs, wants }) => {
  const condition = inputs[0] as Tensor;
  return [
    undefined,
    wants(1) ? where(condition, cotangent, 0) : undefined,
    wants(2) ? where(condition, 0, cotangent) : undefined,
  ];
};
