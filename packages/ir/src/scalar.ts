import type { Guard, Index } from './access.js';
import type { DType } from './dtype.js';

export type UnaryScalarOp = 'negate' | 'exp' | 'log' | 'sqrt' | 'sin' | 'cos' | 'tanh' | 'erf' | 'floor';

export type BinaryScalarOp =
  | 'add'
  | 'subtract'
  | 'multiply'
  | 'divide'
  | 'maximum'
  | 'minimum'
  | 'remainder'
  | 'and'
  | 'or'
  | 'xor'
  | 'shiftLeft'
  | 'shiftRight';

export type Comparison = 'lt' | 'le' | 'eq' | 'ne';

/** How a reduction or a scan combines elements. */
export type Combine = 'sum' | 'product' | 'maximum' | 'minimum';

/** `argmax` and `argmin` give the int32 position of the first extreme along the flattened inner axes; NaN is extreme. */
export type Reduction = Combine | 'argmax' | 'argmin';

/**
 * One step of a kernel's body in static single assignment: operands are numbers of earlier instructions.
 *
 * Operands of `unary`, `binary` and `select`'s branches have the instruction's own dtype; operands of `compare` share
 * one dtype; integer arithmetic wraps; integer division truncates; division and remainder of integers by zero give 0;
 * `remainder` takes the divisor's sign; `maximum` and `minimum` propagate NaN; `shiftRight` is arithmetic on int32 and logical on uint32.
 * float → integer casts truncate and saturate, NaN gives 0; anything → bool is `≠ 0`.
 */
export type Instruction =
  | { readonly op: 'constant'; readonly dtype: DType; readonly value: number }
  /** The value of an index expression, as int32. */
  | { readonly op: 'index'; readonly dtype: 'int32'; readonly index: Index }
  /** An element of input buffer `input`, or 0 where a guard fails; the index is in bounds wherever all guards hold. */
  | {
      readonly op: 'load';
      readonly dtype: DType;
      readonly input: number;
      readonly index: Index;
      readonly guards: readonly Guard[];
    }
  /** Whether all guards hold here. */
  | { readonly op: 'inside'; readonly dtype: 'bool'; readonly guards: readonly Guard[] }
  | { readonly op: UnaryScalarOp; readonly dtype: DType; readonly operands: readonly [number] }
  | { readonly op: BinaryScalarOp; readonly dtype: DType; readonly operands: readonly [number, number] }
  | { readonly op: Comparison; readonly dtype: 'bool'; readonly operands: readonly [number, number] }
  | { readonly op: 'select'; readonly dtype: DType; readonly operands: readonly [number, number, number] }
  | { readonly op: 'cast'; readonly dtype: DType; readonly operands: readonly [number] }
  /** In a reduce kernel: the operand combined over all inner axes, one value for each outer position. */
  | {
      readonly op: 'reduce';
      readonly dtype: DType;
      readonly reduction: Reduction;
      readonly operands: readonly [number];
    }
  /** In a scan kernel: the operand's running combination along the inner axis. */
  | {
      readonly op: 'scan';
      readonly dtype: DType;
      readonly combine: Combine;
      readonly reverse: boolean;
      readonly exclusive: boolean;
      readonly operands: readonly [number];
    }
  /** In a matmul or convolve kernel: the finished sum at this output position. */
  | { readonly op: 'accumulator'; readonly dtype: DType };

export type ScalarOp = Instruction['op'];

const unaryOps: ReadonlySet<string> = new Set<UnaryScalarOp>([
  'negate',
  'exp',
  'log',
  'sqrt',
  'sin',
  'cos',
  'tanh',
  'erf',
  'floor',
]);
const comparisons: ReadonlySet<string> = new Set<Comparison>(['lt', 'le', 'eq', 'ne']);

export const isUnaryScalarOp = (op: string): op is UnaryScalarOp => unaryOps.has(op);
export const isComparison = (op: string): op is Comparison => comparisons.has(op);

/** Numbers of the instructions an instruction reads through its operands (not through its indices). */
export const operandsOf = (instruction: Instruction): readonly number[] =>
  'operands' in instruction ? instruction.operands : [];
