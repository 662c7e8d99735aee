import { type DType, FormatError, type HostArray } from '@cotangent/tensor';
import { widenBrainHalf, widenHalf } from './half.js';

/** What the elements of one type in a file become. Files are little-endian, as is every host that runs WebAssembly. */
interface ElementTraits {
  readonly byteSize: number;
  readonly dtype: DType;
  /** Host values of a buffer of whole elements: of the dtype, or float32 for float16. */
  read(buffer: ArrayBuffer, name: string): HostArray;
}

type Integers = Int8Array | Uint8Array | Int16Array | Uint16Array | BigInt64Array | BigUint64Array;

/** Integers as int32; one that int32 can't hold is a FormatError. */
const toInt32 = (values: Integers, name: string): Int32Array<ArrayBuffer> => {
  const result = new Int32Array(values.length);
  for (let i = 0; i < values.length; i++) {
    const value = values[i] as number | bigint;
    result[i] = Number(value);
    // biome-ignore lint/suspicious/noDoubleEquals: bigint and number compare by value.
    if (result[i] != value) {
      throw new FormatError('parseSafetensors', `'${name}' holds an integer that int32 can not.`, {
        sides: { value: String(value), position: i },
      });
    }
  }
  return result;
};

const toBool = (bytes: Uint8Array<ArrayBuffer>, name: string): Uint8Array<ArrayBuffer> => {
  const position = bytes.findIndex((byte) => byte > 1);
  if (position < 0) return bytes;
  throw new FormatError('parseSafetensors', `'${name}' holds a bool that is neither 0 nor 1.`, {
    sides: { value: bytes[position], position },
  });
};

/** Element types by their names in files. */
const elementTypes = {
  F64: { byteSize: 8, dtype: 'float64', read: (buffer) => new Float64Array(buffer) },
  F32: { byteSize: 4, dtype: 'float32', read: (buffer) => new Float32Array(buffer) },
  F16: { byteSize: 2, dtype: 'float16', read: (buffer) => widenHalf(new Uint16Array(buffer)) },
  BF16: { byteSize: 2, dtype: 'float32', read: (buffer) => widenBrainHalf(new Uint16Array(buffer)) },
  I64: { byteSize: 8, dtype: 'int32', read: (buffer, name) => toInt32(new BigInt64Array(buffer), name) },
  U64: { byteSize: 8, dtype: 'int32', read: (buffer, name) => toInt32(new BigUint64Array(buffer), name) },
  I32: { byteSize: 4, dtype: 'int32', read: (buffer) => new Int32Array(buffer) },
  U32: { byteSize: 4, dtype: 'uint32', read: (buffer) => new Uint32Array(buffer) },
  I16: { byteSize: 2, dtype: 'int32', read: (buffer, name) => toInt32(new Int16Array(buffer), name) },
  U16: { byteSize: 2, dtype: 'int32', read: (buffer, name) => toInt32(new Uint16Array(buffer), name) },
  I8: { byteSize: 1, dtype: 'int32', read: (buffer, name) => toInt32(new Int8Array(buffer), name) },
  U8: { byteSize: 1, dtype: 'int32', read: (buffer, name) => toInt32(new Uint8Array(buffer), name) },
  BOOL: { byteSize: 1, dtype: 'bool', read: (buffer, name) => toBool(new Uint8Array(buffer), name) },
} as const satisfies Readonly<Record<string, ElementTraits>>;

/** An element type that is read. */
export type ElementType = keyof typeof elementTypes;

export const isElementType = (name: string): name is ElementType => Object.hasOwn(elementTypes, name);
export const traitsOf = (type: ElementType): ElementTraits => elementTypes[type];
export const elementTypeNames = Object.keys(elementTypes);

/** The element type that each dtype is written as. */
export const writtenTypes: { readonly [K in DType]: ElementType } = {
  float64: 'F64',
  float32: 'F32',
  float16: 'F16',
  int32: 'I32',
  uint32: 'U32',
  bool: 'BOOL',
};
