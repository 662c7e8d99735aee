import type { Combine, Comparison, Reduction } from '@cotangent/ir';

type None = Readonly<Record<never, never>>;
/** A number for each axis. */
type PerAxis = readonly number[];

/** The primitive ops and what each carries besides inputs, dtype and shape. Everything else is a composition of these. */
export interface OpAttributes {
  /** A leaf: values on a device. */
  data: None;
  /** One value everywhere. */
  constant: { readonly value: number };
  /** int32 positions along an axis. */
  iota: { readonly axis: number };
  /** Threefry-2x32 of the key input (uint32 `[2]`) and the element's position: uint32. */
  randomBits: None;

  negate: None;
  exp: None;
  log: None;
  sqrt: None;
  sin: None;
  cos: None;
  tanh: None;
  erf: None;
  floor: None;
  /** To the node's dtype. */
  cast: None;

  add: None;
  multiply: None;
  divide: None;
  maximum: None;
  minimum: None;
  remainder: None;
  and: None;
  or: None;
  xor: None;
  shiftLeft: None;
  shiftRight: None;

  compare: { readonly comparison: Comparison };
  /** `condition ? whenTrue : whenFalse`. */
  select: None;

  /** Removes `axes`; argmax and argmin take the flattened position along them. */
  reduce: { readonly reduction: Reduction; readonly axes: PerAxis };
  scan: { readonly combine: Combine; readonly axis: number; readonly reverse: boolean; readonly exclusive: boolean };

  /** `[...batch, m, k] · [...batch, k, n]` with equal batch axes. */
  matmul: None;
  /** `[n, g, c, ...spatial]` with `[g, o, c, ...kernel]` to `[n, g, o, ...out]`; padding may be negative. */
  convolve: {
    readonly stride: PerAxis;
    readonly padding: readonly (readonly [number, number])[];
    readonly inputDilation: PerAxis;
    readonly kernelDilation: PerAxis;
  };

  reshape: None;
  /** Output axis `i` is input axis `permutation[i]`. */
  transpose: { readonly permutation: PerAxis };
  /** NumPy's rule: axes align at the right, size 1 stretches. */
  broadcast: None;
  /** Element `i` of the output is element `start + i·step` of the input; a step may be negative. */
  slice: { readonly start: PerAxis; readonly step: PerAxis };
  /** `low` and `high` may be negative; `interior` gaps go between elements. */
  pad: { readonly low: PerAxis; readonly high: PerAxis; readonly interior: PerAxis; readonly value: number };
  concat: { readonly axis: number };
  /** Sliding windows over the last `size.length` axes: `[..., s…]` to `[..., o…, k…]`. */
  window: { readonly size: PerAxis; readonly stride: PerAxis; readonly dilation: PerAxis };
  /** The adjoint of `window`: sums `[..., o…, k…]` to `[..., s…]`. */
  fold: { readonly size: PerAxis; readonly stride: PerAxis; readonly dilation: PerAxis };

  /** `out[…, i, …] = source[…, indices[…, i, …], …]`; all other axes agree. Out of range gives 0. */
  gather: { readonly axis: number };
  /** `operand` with `updates` added or put at `indices` along the axis; out of range is skipped. */
  scatter: { readonly axis: number; readonly combine: 'add' | 'set'; readonly unique: boolean };
  /** Stable, along the last axis, NaN last; `values` and `permutation` of the same input are one kernel. */
  sort: { readonly descending: boolean; readonly output: 'values' | 'permutation' };

  /** Identity whose gradient is zero. */
  detach: None;
  /** Identity on the first input; the gradient goes to the others by a rule of its own. */
  call: None;
}

export type OpName = keyof OpAttributes;

interface OpTraits {
  /** Computed position by position from inputs of the node's own shape. */
  readonly isElementwise: boolean;
  /** Moves elements without computing: lowered to index arithmetic. */
  readonly isMovement: boolean;
  /** Depends on no tensor. */
  readonly isSource: boolean;
  /** Rough cost of one element beside an addition. */
  readonly cost: number;
}

const elementwise = (cost: number): OpTraits => ({ isElementwise: true, isMovement: false, isSource: false, cost });
const movement: OpTraits = { isElementwise: false, isMovement: true, isSource: false, cost: 0 };
const source: OpTraits = { isElementwise: false, isMovement: false, isSource: true, cost: 0 };
const kernel: OpTraits = { isElementwise: false, isMovement: false, isSource: false, cost: 0 };

export const opTraits: { readonly [K in OpName]: OpTraits } = {
  data: kernel,
  constant: source,
  iota: source,
  randomBits: kernel,
  negate: elementwise(1),
  exp: elementwise(12),
  log: elementwise(14),
  sqrt: elementwise(4),
  sin: elementwise(16),
  cos: elementwise(16),
  tanh: elementwise(16),
  erf: elementwise(20),
  floor: elementwise(1),
  cast: elementwise(1),
  add: elementwise(1),
  multiply: elementwise(1),
  divide: elementwise(3),
  maximum: elementwise(1),
  minimum: elementwise(1),
  remainder: elementwise(8),
  and: elementwise(1),
  or: elementwise(1),
  xor: elementwise(1),
  shiftLeft: elementwise(1),
  shiftRight: elementwise(1),
  compare: elementwise(1),
  select: elementwise(1),
  reduce: kernel,
  scan: kernel,
  matmul: kernel,
  convolve: kernel,
  reshape: movement,
  transpose: movement,
  broadcast: movement,
  slice: movement,
  pad: movement,
  concat: kernel,
  window: movement,
  fold: kernel,
  gather: kernel,
  scatter: kernel,
  sort: kernel,
  detach: movement,
  call: movement,
};
