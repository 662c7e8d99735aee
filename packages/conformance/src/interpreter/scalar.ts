import type { BinaryScalarOp, Combine, Comparison, DType, UnaryScalarOp } from '@cotangent/ir';
import { roundToFloat16 } from './float16.js';

/** What a value becomes when it is stored; `exact` keeps floating point in float64, whatever its dtype. */
export type Precision = 'exact' | 'stored';

const saturate = (value: number, low: number, high: number): number =>
  Number.isNaN(value) ? 0 : Math.min(high, Math.max(low, Math.trunc(value)));

type Convert = (value: number) => number;

/** Brings the result of an operation into its dtype: integers wrap. */
export const wrapTo: { readonly [K in DType]: Convert } = {
  float64: (value) => value,
  float32: Math.fround,
  float16: roundToFloat16,
  int32: (value) => value | 0,
  uint32: (value) => value >>> 0,
  bool: (value) => (value === 0 ? 0 : 1),
};

/** Converts from floating point: integers truncate and saturate, NaN gives 0. Between integers use `wrapTo`. */
export const convertTo: { readonly [K in DType]: Convert } = {
  ...wrapTo,
  int32: (value) => saturate(value, -(2 ** 31), 2 ** 31 - 1),
  uint32: (value) => saturate(value, 0, 2 ** 32 - 1),
};

/** `2/√π ∫₀ˣ e^(−t²) dt` to float64, by the series with terms of one sign (Abramowitz and Stegun 7.1.6). */
export const erf = (x: number): number => {
  if (Number.isNaN(x) || x === 0) return x;
  if (Math.abs(x) > 6) return Math.sign(x);
  let term = x;
  let sum = x;
  for (let n = 1; Math.abs(term) > 1e-18 * Math.abs(sum); n++) {
    term *= (2 * x * x) / (2 * n + 1);
    sum += term;
  }
  return (2 / Math.sqrt(Math.PI)) * Math.exp(-x * x) * sum;
};

/** Has the divisor's sign. */
const remainder = (a: number, b: number): number => {
  const rest = a % b;
  return rest !== 0 && rest < 0 !== b < 0 ? rest + b : rest;
};

/** Arithmetic of one dtype family before `wrapTo`. */
export interface Arithmetic {
  readonly multiply: (a: number, b: number) => number;
  readonly divide: (a: number, b: number) => number;
  readonly remainder: (a: number, b: number) => number;
  readonly shiftRight: (a: number, b: number) => number;
  readonly lowest: number;
  readonly highest: number;
}

const floating: Arithmetic = {
  multiply: (a, b) => a * b,
  divide: (a, b) => a / b,
  remainder,
  shiftRight: () => Number.NaN,
  lowest: Number.NEGATIVE_INFINITY,
  highest: Number.POSITIVE_INFINITY,
};

const signed: Arithmetic = {
  multiply: Math.imul,
  divide: (a, b) => (b === 0 ? 0 : Math.trunc(a / b)),
  remainder: (a, b) => (b === 0 ? 0 : remainder(a, b)),
  shiftRight: (a, b) => a >> b,
  lowest: -(2 ** 31),
  highest: 2 ** 31 - 1,
};

const unsigned: Arithmetic = { ...signed, shiftRight: (a, b) => a >>> b, lowest: 0, highest: 2 ** 32 - 1 };

export const arithmetics: { readonly [K in DType]: Arithmetic } = {
  float64: floating,
  float32: floating,
  float16: floating,
  int32: signed,
  uint32: unsigned,
  bool: { ...unsigned, highest: 1 },
};

export const unaryFunctions: { readonly [K in UnaryScalarOp]: (a: number) => number } = {
  negate: (a) => -a,
  exp: Math.exp,
  log: Math.log,
  sqrt: Math.sqrt,
  sin: Math.sin,
  cos: Math.cos,
  tanh: Math.tanh,
  erf,
  floor: Math.floor,
};

type BinaryFunction = (a: number, b: number) => number;

export const binaryFunctions: { readonly [K in BinaryScalarOp]: (arithmetic: Arithmetic) => BinaryFunction } = {
  add: () => (a, b) => a + b,
  subtract: () => (a, b) => a - b,
  multiply: ({ multiply }) => multiply,
  divide: ({ divide }) => divide,
  maximum: () => Math.max,
  minimum: () => Math.min,
  remainder: ({ remainder }) => remainder,
  and: () => (a, b) => a & b,
  or: () => (a, b) => a | b,
  xor: () => (a, b) => a ^ b,
  shiftLeft: () => (a, b) => a << b,
  shiftRight: ({ shiftRight }) => shiftRight,
};

export const comparisons: { readonly [K in Comparison]: (a: number, b: number) => boolean } = {
  lt: (a, b) => a < b,
  le: (a, b) => a <= b,
  eq: (a, b) => a === b,
  ne: (a, b) => a !== b,
};

interface Combination {
  readonly identity: (arithmetic: Arithmetic) => number;
  readonly combine: (arithmetic: Arithmetic, a: number, b: number) => number;
}

export const combinations: { readonly [K in Combine]: Combination } = {
  sum: { identity: () => 0, combine: (_, a, b) => a + b },
  product: { identity: () => 1, combine: (arithmetic, a, b) => arithmetic.multiply(a, b) },
  maximum: { identity: ({ lowest }) => lowest, combine: (_, a, b) => Math.max(a, b) },
  minimum: { identity: ({ highest }) => highest, combine: (_, a, b) => Math.min(a, b) },
};
