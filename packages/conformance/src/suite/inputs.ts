import { type DType, isFloat, isInteger, type Shape, sizeOf } from '@cotangent/ir';
import { type Device, type Tensor, tensor } from '@cotangent/tensor';

/** Deterministic inputs on a device. */
export interface Inputs {
  readonly device: Device;
  /** Numbers of any dtype between `low` and `high`; floating-point ones are multiples of 1/64, which every dtype holds. */
  values(shape: Shape, dtype: DType, low?: number, high?: number): Tensor;
  /** Whole numbers in `[low, high]`. */
  whole(shape: Shape, dtype: DType, low: number, high: number): Tensor;
}

/** A stream of uint32 (Steele, Lea and Flood 2014, as "mulberry32"). */
const createStream = (seed: number) => (): number => {
  seed = (seed + 0x6d2b79f5) | 0;
  let mixed = Math.imul(seed ^ (seed >>> 15), seed | 1);
  mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
  return (mixed ^ (mixed >>> 14)) >>> 0;
};

/** Inputs that depend on the seed and on the order of the calls. */
export const createInputs = (device: Device, seed: number): Inputs => {
  const next = createStream(seed);
  const between = (low: number, high: number): number => low + (next() % (high - low + 1));
  const upload = (numbers: number[], shape: Shape, dtype: DType): Tensor => {
    if (dtype === 'bool')
      return tensor(
        Uint8Array.from(numbers, (n) => n & 1),
        { shape, device },
      );
    if (dtype === 'int32') return tensor(Int32Array.from(numbers), { shape, device });
    if (dtype === 'uint32') return tensor(Uint32Array.from(numbers), { shape, device });
    if (dtype === 'float64') return tensor(Float64Array.from(numbers), { shape, device });
    return tensor(Float32Array.from(numbers), { shape, device, dtype });
  };
  const draw = (shape: Shape, pick: () => number) => Array.from({ length: sizeOf(shape) }, pick);
  return {
    device,
    values: (shape, dtype, low = isInteger(dtype) ? -50 : -3, high = isInteger(dtype) ? 50 : 3) => {
      const steps = isFloat(dtype) ? 64 : 1;
      const least = dtype === 'uint32' ? Math.max(0, low) : low;
      return upload(
        draw(shape, () => between(Math.ceil(least * steps), Math.floor(high * steps)) / steps),
        shape,
        dtype,
      );
    },
    whole: (shape, dtype, low, high) =>
      upload(
        draw(shape, () => between(low, high)),
        shape,
        dtype,
      ),
  };
};
