import { evaluate, type Tensor, ValueError } from '@cotangent/tensor';
import { traitsOf, writtenTypes } from './element-type.js';
import { narrowToHalf } from './half.js';
import { lengthBytes, metadataKey, type TensorEntry } from './layout.js';

/** What is written beside the tensors. */
export interface SerializeOptions {
  /** Strings by name. */
  readonly metadata?: Readonly<Record<string, string>>;
}

/** The data begins at a multiple of this many bytes. */
const alignment = 8;

const byCodeUnits = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

/** Wide elements first, which keeps every tensor aligned, then by name. */
const arrange = (tensors: Readonly<Record<string, Tensor>>): TensorEntry[] => {
  const types = Object.entries(tensors).map(([name, { dtype, shape, size }]) => {
    const type = writtenTypes[dtype];
    return { name, type, shape, byteLength: size * traitsOf(type).byteSize };
  });
  types.sort((a, b) => traitsOf(b.type).byteSize - traitsOf(a.type).byteSize || byCodeUnits(a.name, b.name));
  let position = 0;
  return types.map(({ name, type, shape, byteLength }) => {
    position += byteLength;
    return { name, type, shape, begin: position - byteLength, end: position };
  });
};

const headerOf = (
  entries: readonly TensorEntry[],
  metadata: Readonly<Record<string, string>> | undefined,
): Uint8Array => {
  const parts = entries.map(({ name, type, shape, begin, end }) => [
    name,
    { dtype: type, shape, data_offsets: [begin, end] },
  ]);
  const sorted = Object.entries(metadata ?? {}).sort(([a], [b]) => byCodeUnits(a, b));
  const text = [...(metadata === undefined ? [] : [[metadataKey, Object.fromEntries(sorted)]]), ...parts]
    .map(([name, value]) => `${JSON.stringify(name)}:${JSON.stringify(value)}`)
    .join();
  const json = new TextEncoder().encode(`{${text}}`);
  const header = new Uint8Array(Math.ceil(json.length / alignment) * alignment).fill(0x20);
  header.set(json);
  return header;
};

const bytesOf = async (tensor: Tensor): Promise<Uint8Array> => {
  const data = await tensor.data();
  const { buffer, byteOffset, byteLength } = tensor.dtype === 'float16' ? narrowToHalf(data as Float32Array) : data;
  return new Uint8Array(buffer, byteOffset, byteLength);
};

/**
 * Writes tensors as a safetensors file: the same tensors and metadata give the same bytes. Evaluates them first, in one
 * program.
 */
export const serializeSafetensors = async (
  tensors: Readonly<Record<string, Tensor>>,
  { metadata }: SerializeOptions = {},
): Promise<Uint8Array<ArrayBuffer>> => {
  if (Object.hasOwn(tensors, metadataKey)) {
    throw new ValueError('serializeSafetensors', `a tensor can not be named '${metadataKey}'.`);
  }
  for (const [key, value] of Object.entries<unknown>(metadata ?? {})) {
    if (typeof value !== 'string') {
      throw new ValueError('serializeSafetensors', 'metadata are strings.', { sides: { key, type: typeof value } });
    }
  }
  const entries = arrange(tensors);
  const header = headerOf(entries, metadata);
  const dataStart = lengthBytes + header.length;
  const file = new Uint8Array(dataStart + (entries.at(-1)?.end ?? 0));
  new DataView(file.buffer).setBigUint64(0, BigInt(header.length), true);
  file.set(header, lengthBytes);
  await evaluate(...Object.values(tensors));
  for (const { name, begin } of entries) file.set(await bytesOf(tensors[name] as Tensor), dataStart + begin);
  return file;
};
