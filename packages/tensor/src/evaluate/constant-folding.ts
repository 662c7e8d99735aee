import type { Comparison, DType } from '@cotangent/ir';
import type { GraphNode } from './graph.js';

/** The nearest value the dtype holds, or undefined where the host can't round to it. */
export const roundTo = (dtype: DType, value: number): number | undefined => {
  switch (dtype) {
    case 'float32':
      return Math.fround(value);
    case 'float64':
      return value;
    case 'float16':
      return undefined;
    case 'bool':
      return value !== 0 ? 1 : 0;
    case 'int32':
      return Number.isNaN(value) ? 0 : Math.trunc(Math.min(Math.max(value, -(2 ** 31)), 2 ** 31 - 1));
    case 'uint32':
      return Number.isNaN(value) ? 0 : Math.trunc(Math.min(Math.max(value, 0), 2 ** 32 - 1));
  }
};

const compare: { readonly [K in Comparison]: (a: number, b: number) => boolean } = {
  lt: (a, b) => a < b,
  le: (a, b) => a <= b,
  eq: (a, b) => a === b,
  ne: (a, b) => a !== b,
};

const isFloating = (dtype: DType): boolean => dtype === 'float32' || dtype === 'float64';

/** The value of an op on constants, or undefined where it is left to the device. */
export const foldConstants = (node: GraphNode, values: readonly number[]): number | undefined => {
  const [a = 0, b = 0, c = 0] = values;
  if (node.op === 'compare') return compare[node.attributes.comparison](a, b) ? 1 : 0;
  if (node.op === 'select') return a !== 0 ? b : c;
  if (node.op === 'cast') return roundTo(node.dtype, a);
  if (!isFloating(node.dtype)) return undefined;
  switch (node.op) {
    case 'negate':
      return -a;
    case 'floor':
      return Math.floor(a);
    case 'sqrt':
      return roundTo(node.dtype, Math.sqrt(a));
    case 'exp':
      return roundTo(node.dtype, Math.exp(a));
    case 'log':
      return roundTo(node.dtype, Math.log(a));
    case 'add':
      return roundTo(node.dtype, a + b);
    case 'multiply':
      return roundTo(node.dtype, a * b);
    case 'divide':
      return roundTo(node.dtype, a / b);
    case 'maximum':
      return Math.max(a, b);
    case 'minimum':
      return Math.min(a, b);
    default:
      return undefined;
  }
};
