import {
  broadcastShapes,
  type Comparison,
  type DType,
  DtypeError,
  isFloat,
  ShapeError,
  shapesEqual,
} from '@cotangent/ir';
import { Tensor } from '../tensor.js';
import {
  emit,
  requireAlive,
  requireFloat,
  requireSameDevice,
  requireSameDtype,
  type TensorLike,
  toTensor,
} from './argument.js';
import { broadcastTo } from './movement.js';

type FloatUnary = 'exp' | 'log' | 'sqrt' | 'sin' | 'cos' | 'tanh' | 'erf';

const floatUnary =
  (op: FloatUnary) =>
  (x: Tensor): Tensor => {
    requireAlive(op, x);
    requireFloat(op, x);
    return emit(op, {}, [x], x.dtype, x.shape);
  };

/** `eˣ`, elementwise; floating point only. */
export const exp = floatUnary('exp');
/** Natural logarithm, elementwise; −∞ at 0, NaN below. */
export const log = floatUnary('log');
/** Square root, elementwise; NaN below 0. */
export const sqrt = floatUnary('sqrt');
/** Sine of radians, elementwise. */
export const sin = floatUnary('sin');
/** Cosine of radians, elementwise. */
export const cos = floatUnary('cos');
/** Hyperbolic tangent, elementwise. */
export const tanh = floatUnary('tanh');
/** Error function `2/√π ∫₀ˣ e^(−t²) dt`, elementwise. */
export const erf = floatUnary('erf');

/** `−x`, elementwise; integers wrap, bool is a DtypeError. */
export const negate = (x: Tensor): Tensor => {
  requireAlive('negate', x);
  if (x.dtype === 'bool') throw new DtypeError('negate', 'bool has no sign.', { hint: 'Use logicalNot(x).' });
  return emit('negate', {}, [x], x.dtype, x.shape);
};

/** Largest whole number not above `x`, elementwise; integers stay. Gradient 0. */
export const floor = (x: Tensor): Tensor => {
  requireAlive('floor', x);
  return isFloat(x.dtype) ? emit('floor', {}, [x], x.dtype, x.shape) : x;
};

/** Converts elements. Float to integer truncates and saturates, NaN gives 0; to bool is `≠ 0`. The gradient is cast back. */
export const cast = (x: Tensor, dtype: DType): Tensor => {
  requireAlive('cast', x);
  return x.dtype === dtype ? x : emit('cast', {}, [x], dtype, x.shape);
};

/** Brings two sides to one dtype, device and shape. */
const align = (op: string, left: TensorLike, right: TensorLike): readonly [Tensor, Tensor] => {
  const a = toTensor(op, left, right instanceof Tensor ? right : undefined);
  const b = toTensor(op, right, a);
  requireSameDevice(op, a, b);
  requireSameDtype(op, a, b);
  if (shapesEqual(a.shape, b.shape)) return [a, b];
  const shape = broadcastShapes(a.shape, b.shape);
  if (shape === undefined) {
    throw new ShapeError(op, 'the shapes do not broadcast.', { sides: { left: a.shape, right: b.shape } });
  }
  return [broadcastTo(a, shape), broadcastTo(b, shape)];
};

const requireArithmetic = (op: string, x: Tensor): void => {
  if (x.dtype === 'bool') {
    throw new DtypeError(op, 'bool has no arithmetic.', {
      sides: { dtype: x.dtype },
      hint: "Use cast(x, 'float32'), or the logical ops.",
    });
  }
};

type Arithmetic = 'add' | 'multiply' | 'maximum' | 'minimum' | 'remainder';

const arithmetic =
  (op: Arithmetic) =>
  (left: TensorLike, right: TensorLike): Tensor => {
    const [a, b] = align(op, left, right);
    requireArithmetic(op, a);
    return emit(op, {}, [a, b], a.dtype, a.shape);
  };

/** `a + b` with broadcasting; dtypes must agree, JS numbers are weak. */
export const add = arithmetic('add');
/** `a · b` with broadcasting. */
export const multiply = arithmetic('multiply');
/** The larger of both, NaN where either is; a tie splits the gradient in halves. */
export const maximum = arithmetic('maximum');
/** The smaller of both, NaN where either is; a tie splits the gradient in halves. */
export const minimum = arithmetic('minimum');
/** `a − ⌊a/b⌋·b`: has the sign of `b`. */
export const remainder = arithmetic('remainder');

/** `a − b` with broadcasting. */
export const subtract = (left: TensorLike, right: TensorLike): Tensor => {
  const [a, b] = align('subtract', left, right);
  requireArithmetic('subtract', a);
  return emit('add', {}, [a, emit('negate', {}, [b], b.dtype, b.shape)], a.dtype, a.shape);
};

/** `a / b` with broadcasting; floating point only. */
export const divide = (left: TensorLike, right: TensorLike): Tensor => {
  const [a, b] = align('divide', left, right);
  if (!isFloat(a.dtype)) {
    throw new DtypeError('divide', 'true division needs floating point.', {
      sides: { dtype: a.dtype },
      hint: "Use cast(x, 'float32'), or floorDivide(a, b).",
    });
  }
  return emit('divide', {}, [a, b], a.dtype, a.shape);
};

/** `⌊a / b⌋`; on integers exact, by 0 it is 0. Gradient 0. */
export const floorDivide = (left: TensorLike, right: TensorLike): Tensor => {
  const [a, b] = align('floorDivide', left, right);
  requireArithmetic('floorDivide', a);
  if (isFloat(a.dtype)) return floor(divide(a, b));
  const exact = subtract(a, remainder(a, b));
  return emit('divide', {}, [exact, b], a.dtype, a.shape);
};

type Bitwise = 'and' | 'or' | 'xor' | 'shiftLeft' | 'shiftRight';

const bitwise =
  (op: Bitwise, name: string) =>
  (left: TensorLike, right: TensorLike): Tensor => {
    const [a, b] = align(name, left, right);
    const isShift = op === 'shiftLeft' || op === 'shiftRight';
    if (isFloat(a.dtype) || (isShift && a.dtype === 'bool')) {
      throw new DtypeError(name, 'integers are needed.', { sides: { dtype: a.dtype }, hint: "Use cast(x, 'int32')." });
    }
    return emit(op, {}, [a, b], a.dtype, a.shape);
  };

/** Bitwise and of integers; logical and of bool. */
export const bitwiseAnd = bitwise('and', 'bitwiseAnd');
/** Bitwise or of integers; logical or of bool. */
export const bitwiseOr = bitwise('or', 'bitwiseOr');
/** Bitwise exclusive or of integers; logical of bool. */
export const bitwiseXor = bitwise('xor', 'bitwiseXor');
/** `a · 2ᵇ` of integers, wrapping. */
export const shiftLeft = bitwise('shiftLeft', 'shiftLeft');
/** `⌊a / 2ᵇ⌋`: keeps the sign of int32, shifts zeros into uint32. */
export const shiftRight = bitwise('shiftRight', 'shiftRight');

const toBool = (x: TensorLike): TensorLike => (x instanceof Tensor ? cast(x, 'bool') : Boolean(x));

const logical =
  (op: 'and' | 'or' | 'xor', name: string) =>
  (left: TensorLike, right: TensorLike): Tensor => {
    const [a, b] = align(name, toBool(left), toBool(right));
    return emit(op, {}, [a, b], 'bool', a.shape);
  };

/** Both are not 0. */
export const logicalAnd = logical('and', 'logicalAnd');
/** Either is not 0. */
export const logicalOr = logical('or', 'logicalOr');
/** Exactly one is not 0. */
export const logicalXor = logical('xor', 'logicalXor');
/** The element is 0. */
export const logicalNot = (x: Tensor): Tensor => logicalXor(x, true);

const comparison =
  (comparison: Comparison, name: string, swap = false) =>
  (left: TensorLike, right: TensorLike): Tensor => {
    const [a, b] = align(name, left, right);
    return emit('compare', { comparison }, swap ? [b, a] : [a, b], 'bool', a.shape);
  };

/** `a < b`, bool; false with NaN. */
export const less = comparison('lt', 'less');
/** `a ≤ b`, bool; false with NaN. */
export const lessEqual = comparison('le', 'lessEqual');
/** `a > b`, bool; false with NaN. */
export const greater = comparison('lt', 'greater', true);
/** `a ≥ b`, bool; false with NaN. */
export const greaterEqual = comparison('le', 'greaterEqual', true);
/** `a = b`, bool; false with NaN. */
export const equal = comparison('eq', 'equal');
/** `a ≠ b`, bool; true with NaN. */
export const notEqual = comparison('ne', 'notEqual');

/** `condition ? whenTrue : whenFalse`, elementwise with broadcasting; `condition` is bool. */
export const where = (condition: Tensor, whenTrue: TensorLike, whenFalse: TensorLike): Tensor => {
  requireAlive('where', condition);
  if (condition.dtype !== 'bool') {
    throw new DtypeError('where', 'the condition must be bool.', {
      sides: { dtype: condition.dtype },
      hint: "Use a comparison, or cast(x, 'bool').",
    });
  }
  const like = whenTrue instanceof Tensor ? whenTrue : whenFalse instanceof Tensor ? whenFalse : undefined;
  const [a, b] = align('where', toTensor('where', whenTrue, like), toTensor('where', whenFalse, like));
  requireSameDevice('where', condition, a);
  const shape = broadcastShapes(condition.shape, a.shape);
  if (shape === undefined) {
    throw new ShapeError('where', 'the shapes do not broadcast.', {
      sides: { condition: condition.shape, branches: a.shape },
    });
  }
  return emit(
    'select',
    {},
    [broadcastTo(condition, shape), broadcastTo(a, shape), broadcastTo(b, shape)],
    a.dtype,
    shape,
  );
};
