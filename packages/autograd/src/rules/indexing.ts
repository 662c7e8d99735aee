import {
  argsort,
  cast,
  equal,
  iota,
  reshape,
  scatterAdd,
  scatterSet,
  type Tensor,
  takeAlongAxis,
  where,
  zerosLike,
} from '@cotangent/tensor';
import type { Rule } from './rule.js';

/** Whether indices are a permutation along their last axis, so that no two meet. */
const isPermutation = (indices: Tensor, axis: number): boolean => {
  const { node } = indices;
  return node.op === 'sort' && axis === indices.rank - 1;
};

export const gatherRule: Rule<'gather'> = ({ attributes, cotangent, inputs }) => {
  const [source, indices] = inputs as readonly [Tensor, Tensor];
  const { axis } = attributes;
  return [scatterAdd(zerosLike(source), indices, cotangent, { axis, unique: isPermutation(indices, axis) })];
};

/** Which updates stayed: those that find their own number where they were put. */
const survives = (operand: Tensor, indices: Tensor, axis: number): Tensor => {
  const numbers = reshape(iota([indices.size], 0, { device: indices.device }), indices.shape);
  const holders = scatterSet(cast(zerosLike(operand), 'int32'), indices, numbers, { axis });
  return equal(takeAlongAxis(holders, indices, axis), numbers);
};

export const scatterRule: Rule<'scatter'> = ({ attributes, cotangent, inputs, wants }) => {
  const [operand, indices, updates] = inputs as readonly [Tensor, Tensor, Tensor];
  const { axis, combine, unique } = attributes;
  if (combine === 'add') return [cotangent, undefined, takeAlongAxis(cotangent, indices, axis)];
  const taken = takeAlongAxis(cotangent, indices, axis);
  return [
    wants(0) ? scatterSet(cotangent, indices, zerosLike(updates), { axis, unique }) : undefined,
    undefined,
    unique || !wants(2) ? taken : where(survives(operand, indices, axis), taken, 0),
  ];
};

/** The permutation comes from the sort that made the values: its gradient is one scatter without collisions. */
export const sortRule: Rule<'sort'> = ({ attributes, cotangent, inputs }) => {
  const x = inputs[0] as Tensor;
  const { descending, output } = attributes;
  if (output === 'permutation') return [];
  return [scatterAdd(zerosLike(x), argsort(x, { descending }), cotangent, { unique: true })];
};
