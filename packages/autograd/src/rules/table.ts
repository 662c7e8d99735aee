import type { OpName } from '@cotangent/tensor';
import { convolveRule, matmulRule } from './contraction.js';
import {
  addRule,
  castRule,
  cosRule,
  divideRule,
  erfRule,
  expRule,
  logRule,
  maximumRule,
  minimumRule,
  multiplyRule,
  negateRule,
  remainderRule,
  selectRule,
  sinRule,
  sqrtRule,
  tanhRule,
} from './elementwise.js';
import { gatherRule, scatterRule, sortRule } from './indexing.js';
import {
  broadcastRule,
  concatRule,
  foldRule,
  padRule,
  reshapeRule,
  sliceRule,
  transposeRule,
  windowRule,
} from './movement.js';
import { reduceRule, scanRule } from './reduction.js';
import { noGradient, type Rule } from './rule.js';

/**
 * How each primitive passes a gradient to its inputs, written with public ops, so that a gradient is differentiable itself.
 * `call` carries a rule of its own.
 */
export const rules: { readonly [K in OpName]: Rule<K> } = {
  data: noGradient,
  constant: noGradient,
  iota: noGradient,
  randomBits: noGradient,
  negate: negateRule,
  exp: expRule,
  log: logRule,
  sqrt: sqrtRule,
  sin: sinRule,
  cos: cosRule,
  tanh: tanhRule,
  erf: erfRule,
  floor: noGradient,
  cast: castRule,
  add: addRule,
  multiply: multiplyRule,
  divide: divideRule,
  maximum: maximumRule,
  minimum: minimumRule,
  remainder: remainderRule,
  and: noGradient,
  or: noGradient,
  xor: noGradient,
  shiftLeft: noGradient,
  shiftRight: noGradient,
  compare: noGradient,
  select: selectRule,
  reduce: reduceRule,
  scan: scanRule,
  matmul: matmulRule,
  convolve: convolveRule,
  reshape: reshapeRule,
  transpose: transposeRule,
  broadcast: broadcastRule,
  slice: sliceRule,
  pad: padRule,
  concat: concatRule,
  window: windowRule,
  fold: foldRule,
  gather: gatherRule,
  scatter: scatterRule,
  sort: sortRule,
  detach: noGradient,
  call: noGradient,
};
