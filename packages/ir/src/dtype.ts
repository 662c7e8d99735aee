/** Element types. `float16` is a storage type: arithmetic on it accumulates in float32. `bool` is stored as bytes 0 and 1. */
export type DType = 'float32' | 'float16' | 'float64' | 'int32' | 'uint32' | 'bool';

export const dtypes: readonly DType[] = ['float32', 'float16', 'float64', 'int32', 'uint32', 'bool'];

interface DTypeTraits {
  readonly byteSize: number;
  readonly isFloat: boolean;
  readonly isInteger: boolean;
}

const traits: { readonly [K in DType]: DTypeTraits } = {
  float32: { byteSize: 4, isFloat: true, isInteger: false },
  float16: { byteSize: 2, isFloat: true, isInteger: false },
  float64: { byteSize: 8, isFloat: true, isInteger: false },
  int32: { byteSize: 4, isFloat: false, isInteger: true },
  uint32: { byteSize: 4, isFloat: false, isInteger: true },
  bool: { byteSize: 1, isFloat: false, isInteger: false },
};

/** The typed array that holds each dtype on the host; float16 travels as raw 16-bit patterns. */
export interface HostArrays {
  float32: Float32Array<ArrayBuffer>;
  float16: Uint16Array<ArrayBuffer>;
  float64: Float64Array<ArrayBuffer>;
  int32: Int32Array<ArrayBuffer>;
  uint32: Uint32Array<ArrayBuffer>;
  bool: Uint8Array<ArrayBuffer>;
}

/** A host array of any dtype. */
export type HostArray = HostArrays[DType];

const hostArrayTypes: { readonly [K in DType]: new (length: number) => HostArrays[K] } = {
  float32: Float32Array,
  float16: Uint16Array,
  float64: Float64Array,
  int32: Int32Array,
  uint32: Uint32Array,
  bool: Uint8Array,
};

/** Bytes that one element takes on the host and on the CPU backend. */
export const byteSize = (dtype: DType): number => traits[dtype].byteSize;
export const isFloat = (dtype: DType): boolean => traits[dtype].isFloat;
export const isInteger = (dtype: DType): boolean => traits[dtype].isInteger;

/** A zeroed host array of `length` elements. */
export const createHostArray = <D extends DType>(dtype: D, length: number): HostArrays[D] =>
  new hostArrayTypes[dtype](length) as HostArrays[D];
