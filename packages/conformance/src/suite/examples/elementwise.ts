import { dtypes } from '@cotangent/ir';
import {
  add,
  bitwiseAnd,
  bitwiseOr,
  bitwiseXor,
  cast,
  cos,
  createNode,
  divide,
  equal,
  erf,
  exp,
  floor,
  less,
  lessEqual,
  log,
  maximum,
  minimum,
  multiply,
  negate,
  notEqual,
  type OpName,
  remainder,
  shiftLeft,
  shiftRight,
  sin,
  sqrt,
  Tensor,
  tanh,
  where,
} from '@cotangent/tensor';
import {
  type Binary,
  binaryExamples,
  type Example,
  elementwiseShapes,
  floats,
  integers,
  numbers,
  one,
  unaryExamples,
} from './example.js';

/** Public division of integers is exact; the primitive truncates. */
const truncatedDivide: Binary = (a, b) =>
  new Tensor(createNode('divide', {}, [a.node, b.node], a.dtype, a.shape, a.device));

const castExamples: readonly Example[] = dtypes.flatMap((to) =>
  [[], [0], [5], [3, 1027]].map((shape) =>
    one(
      `to ${to} [${shape.join(', ')}]`,
      dtypes,
      (inputs, dtype) => [inputs.values(shape, dtype)],
      (x) => cast(x, to),
    ),
  ),
);

/** Ops that compute position by position. */
export const elementwiseExamples = {
  negate: unaryExamples(negate, numbers, { isSmooth: true }),
  exp: unaryExamples(exp, floats, { isSmooth: true }),
  log: unaryExamples(log, floats, { low: 0.1, isSmooth: true }),
  sqrt: unaryExamples(sqrt, floats, { low: 0.1, isSmooth: true }),
  sin: unaryExamples(sin, floats, { low: -30, high: 30, isSmooth: true }),
  cos: unaryExamples(cos, floats, { low: -30, high: 30, isSmooth: true }),
  tanh: unaryExamples(tanh, floats, { low: -6, high: 6, isSmooth: true }),
  erf: unaryExamples(erf, floats, { isSmooth: true }),
  floor: unaryExamples(floor, floats),
  cast: castExamples,
  add: binaryExamples(add, numbers, { isSmooth: true }),
  multiply: binaryExamples(multiply, numbers, { isSmooth: true }),
  divide: [
    ...binaryExamples(divide, floats, { low: 0.5, isSmooth: true }),
    ...binaryExamples(truncatedDivide, integers, { low: -3, high: 3 }),
  ],
  maximum: binaryExamples(maximum, numbers),
  minimum: binaryExamples(minimum, numbers),
  remainder: [
    ...binaryExamples(remainder, floats, { low: 0.5 }),
    ...binaryExamples(remainder, floats, { low: -3, high: -0.5 }),
    ...binaryExamples(remainder, integers, { low: -7, high: 7 }),
  ],
  and: binaryExamples(bitwiseAnd, [...integers, 'bool']),
  or: binaryExamples(bitwiseOr, [...integers, 'bool']),
  xor: binaryExamples(bitwiseXor, [...integers, 'bool']),
  shiftLeft: binaryExamples(shiftLeft, integers, { low: 0, high: 31 }),
  shiftRight: binaryExamples(shiftRight, integers, { low: 0, high: 31 }),
  compare: [less, lessEqual, equal, notEqual].flatMap((compare) => binaryExamples(compare, dtypes)),
  select: elementwiseShapes.map((shape) =>
    one(
      `[${shape.join(', ')}]`,
      dtypes,
      (inputs, dtype) => [inputs.values(shape, 'bool', 0, 1), inputs.values(shape, dtype), inputs.values(shape, dtype)],
      (condition, a, b) => where(condition, a, b),
      true,
    ),
  ),
} satisfies Partial<Record<OpName, readonly Example[]>>;
