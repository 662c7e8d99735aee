import { type DType, DtypeError, isFloat, isInteger, type Shape, ShapeError, sizeOf, ValueError } from '@cotangent/ir';
import { type Device, defaultDevice } from '../graph/device.js';
import type { Tensor } from '../tensor.js';
import { emit, requireShape } from './argument.js';
import { type CreateOptions, hostInput, tensor } from './creation.js';
import { add, cast, cos, less, log, multiply, remainder, shiftRight, sqrt } from './elementwise.js';
import { narrow, reshape } from './movement.js';

/** Seeds a random stream: a uint32 `[2]` tensor. Equal keys give equal bits on every backend. */
export const randomKey = (seed: number, options: { readonly device?: Device } = {}): Tensor => {
  if (!Number.isSafeInteger(seed))
    throw new ValueError('randomKey', 'the seed is not a whole number.', { sides: { seed } });
  return tensor(Uint32Array.of(Math.floor(seed / 2 ** 32) >>> 0, seed >>> 0), options);
};

const requireKey = (op: string, key: Tensor): Tensor => {
  if (key.dtype !== 'uint32' || key.rank !== 1 || key.size !== 2) {
    throw new ShapeError(op, 'a random key is uint32 [2].', { sides: { key: `${key.dtype} [${key.shape.join()}]` } });
  }
  return key;
};

/** uint32 bits, all equally likely: Threefry-2x32 (Salmon et al. 2011) of the key and each element's position. */
export const randomBits = (key: Tensor, shape: Shape): Tensor =>
  emit('randomBits', {}, [requireKey('randomBits', key)], 'uint32', requireShape('randomBits', shape));

/** `count` keys that are independent of each other and of `key`. */
export const splitKey = (key: Tensor, count = 2): Tensor[] => {
  const bits = randomBits(key, [count, 2]);
  return Array.from({ length: count }, (_, i) => reshape(narrow(bits, 0, i, 1), [2]));
};

let streamSeed = 0;
let streamPosition = 0;

/** Restarts the stream that feeds random functions called without a key. */
export const manualSeed = (seed: number): void => {
  streamSeed = seed;
  streamPosition = 0;
};

/** Where the stream stands: save it with a checkpoint, and continue with `setRandomState`. */
export const randomState = (): { readonly seed: number; readonly position: number } => ({
  seed: streamSeed,
  position: streamPosition,
});

/** Puts the stream where `randomState` said. */
export const setRandomState = (state: { readonly seed: number; readonly position: number }): void => {
  streamSeed = state.seed;
  streamPosition = state.position;
};

/** A key from the stream that `manualSeed` starts; a compiled function takes a new one at each call. */
export const nextKey = ({ device = defaultDevice() }: { readonly device?: Device } = {}): Tensor =>
  hostInput(
    () => Uint32Array.of(streamSeed >>> 0, Math.imul(++streamPosition, 0x9e3779b1) >>> 0),
    'uint32',
    [2],
    device,
  );

/** Which key, dtype and device; without a key the stream of `manualSeed` advances. */
export interface RandomOptions extends CreateOptions {
  readonly key?: Tensor;
}

const keyOf = (op: string, { key, device }: RandomOptions): Tensor =>
  key === undefined ? nextKey(device ? { device } : {}) : requireKey(op, key);

const requireFloatDtype = (op: string, dtype: DType): void => {
  if (!isFloat(dtype)) throw new DtypeError(op, 'a floating-point dtype is needed.', { sides: { dtype } });
};

/** 24 random bits as a float32 in `[0, 1)`. */
const unit = (key: Tensor, shape: Shape): Tensor =>
  multiply(cast(shiftRight(randomBits(key, shape), 8), 'float32'), 2 ** -24);

/** Uniform in `[0, 1)`. */
export const rand = (shape: Shape, options: RandomOptions = {}): Tensor => {
  const { dtype = 'float32' } = options;
  requireFloatDtype('rand', dtype);
  return cast(unit(keyOf('rand', options), shape), dtype);
};

/** Standard normal, by Box and Muller's transform. */
export const randn = (shape: Shape, options: RandomOptions = {}): Tensor => {
  const { dtype = 'float32' } = options;
  requireFloatDtype('randn', dtype);
  const uniforms = unit(keyOf('randn', options), [2, sizeOf(requireShape('randn', shape))]);
  const radius = sqrt(multiply(log(add(narrow(uniforms, 0, 0, 1), 2 ** -25)), -2));
  const angle = multiply(narrow(uniforms, 0, 1, 1), 2 * Math.PI);
  return cast(reshape(multiply(radius, cos(angle)), shape), dtype);
};

/** Whole numbers in `[low, high)`, int32 by default. */
export const randint = (low: number, high: number, shape: Shape, options: RandomOptions = {}): Tensor => {
  const { dtype = 'int32' } = options;
  const span = high - low;
  if (!Number.isInteger(low) || !Number.isInteger(high) || span <= 0 || span > 2 ** 31) {
    throw new ValueError('randint', 'the range is empty or not whole.', { sides: { low, high } });
  }
  if (!isInteger(dtype)) throw new DtypeError('randint', 'an integer dtype is needed.', { sides: { dtype } });
  const offset = cast(remainder(randomBits(keyOf('randint', options), shape), span), 'int32');
  return cast(add(offset, low), dtype);
};

/** bool, true with `probability`. */
export const bernoulli = (probability: number, shape: Shape, options: RandomOptions = {}): Tensor => {
  if (!(probability >= 0 && probability <= 1)) {
    throw new ValueError('bernoulli', 'a probability lies in [0, 1].', { sides: { probability } });
  }
  return less(unit(keyOf('bernoulli', options), shape), probability);
};
