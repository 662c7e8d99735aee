import { type Device, type Tensor, tensor } from '@cotangent/tensor';
import { traitsOf } from './element-type.js';
import { readLayout } from './layout.js';

/** Where the tensors go. */
export interface ParseOptions {
  /** The default device by default. */
  readonly device?: Device;
}

/** What a file holds. */
export interface SafetensorsContent {
  /** By name, in the order of their data. */
  readonly tensors: Readonly<Record<string, Tensor>>;
  readonly metadata: Readonly<Record<string, string>>;
}

/**
 * Reads a safetensors file. BF16 becomes float32; integers other than I32 and U32 become int32, where one that does not fit
 * is an error.
 *
 * Throws FormatError for anything that breaks the format, before it takes more memory than the file.
 */
export const parseSafetensors = (bytes: Uint8Array, { device }: ParseOptions = {}): SafetensorsContent => {
  const { entries, metadata, dataStart } = readLayout(bytes);
  const values = entries.map(({ name, type, shape, begin, end }) => {
    const { dtype, read } = traitsOf(type);
    const { buffer } = new Uint8Array(bytes.subarray(dataStart + begin, dataStart + end));
    return { name, dtype, shape, data: read(buffer, name) };
  });
  const tensors = values.map(({ name, dtype, shape, data }) => [
    name,
    tensor(data, { shape, dtype, ...(device && { device }) }),
  ]);
  return { tensors: Object.fromEntries(tensors), metadata };
};
