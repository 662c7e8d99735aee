import { FormatError, type Shape } from '@cotangent/tensor';
import { type ElementType, elementTypeNames, isElementType, traitsOf } from './element-type.js';
import { HeaderReader } from './header-reader.js';

/** Where a tensor lies in a file. */
export interface TensorEntry {
  readonly name: string;
  readonly type: ElementType;
  readonly shape: Shape;
  /** Bytes from the end of the header: first, and one past the last. */
  readonly begin: number;
  readonly end: number;
}

/** What the header of a file says. */
export interface Layout {
  readonly entries: readonly TensorEntry[];
  readonly metadata: Readonly<Record<string, string>>;
  /** Where the data begins, bytes from the start of the file. */
  readonly dataStart: number;
}

const op = 'parseSafetensors';

/** Bytes before the header: its length, little-endian. */
export const lengthBytes = 8;
/** The key beside the tensors' names. */
export const metadataKey = '__metadata__';
/** Longer headers are refused, as by the reference implementation. */
const maximumHeaderLength = 100_000_000;
const maximumRank = 64;

const readHeaderText = (bytes: Uint8Array): string => {
  if (bytes.byteLength < lengthBytes) {
    throw new FormatError(op, 'the file is shorter than the length of its header.', {
      sides: { bytes: bytes.byteLength, needed: lengthBytes },
    });
  }
  const length = new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(0, true);
  const available = bytes.byteLength - lengthBytes;
  if (length > BigInt(Math.min(available, maximumHeaderLength))) {
    throw new FormatError(op, 'the header is longer than the file, or than 100 MB.', {
      sides: { header: String(length), available },
    });
  }
  const header = bytes.subarray(lengthBytes, lengthBytes + Number(length));
  if (header[0] !== 0x7b) throw new FormatError(op, "the header does not begin with '{'.");
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(header);
  } catch (cause) {
    throw new FormatError(op, 'the header is no UTF-8.', { cause });
  }
};

const readEntry = (reader: HeaderReader, name: string): TensorEntry => {
  let dtype: string | undefined;
  let shape: number[] | undefined;
  let offsets: number[] | undefined;
  reader.object((key) => {
    if (key === 'dtype') dtype = reader.string();
    else if (key === 'shape') shape = reader.integers(maximumRank);
    else if (key === 'data_offsets') offsets = reader.integers(2);
    else reader.fail(`'${name}' has an unknown property '${key}'.`);
  });
  if (dtype === undefined || shape === undefined || offsets?.length !== 2) {
    return reader.fail(`'${name}' lacks its dtype, shape or two data_offsets.`);
  }
  if (!isElementType(dtype))
    return reader.fail(`'${name}' has a dtype that is not read.`, { dtype, known: elementTypeNames });
  return { name, type: dtype, shape, begin: offsets[0] as number, end: offsets[1] as number };
};

/** Elements of a shape; sizes whose product is no exact number give Infinity. */
const countElements = (shape: Shape): number => {
  if (shape.includes(0)) return 0;
  const count = shape.reduce((product, extent) => product * extent, 1);
  return Number.isSafeInteger(count) ? count : Number.POSITIVE_INFINITY;
};

/** Holds ranges to the rules: each as long as its tensor, one after the other from the start to the end of the data. */
const requireSeamless = (entries: readonly TensorEntry[], dataLength: number): void => {
  let position = 0;
  for (const { name, type, shape, begin, end } of entries) {
    const expected = countElements(shape) * traitsOf(type).byteSize;
    if (end - begin !== expected) {
      throw new FormatError(op, `the range of '${name}' is not as long as its shape.`, {
        sides: { range: [begin, end], shape, dtype: type, bytes: expected },
      });
    }
    if (begin !== position || end > dataLength) {
      throw new FormatError(op, `the range of '${name}' overlaps another, leaves a gap or leaves the file.`, {
        sides: { range: [begin, end], expected: `from ${position}`, data: `${dataLength} bytes` },
      });
    }
    position = end;
  }
  if (position !== dataLength) {
    throw new FormatError(op, 'the data is longer than the tensors.', {
      sides: { tensors: position, data: dataLength },
    });
  }
};

/** Reads and checks the header of a file; FormatError for anything that breaks the format. */
export const readLayout = (bytes: Uint8Array): Layout => {
  const text = readHeaderText(bytes);
  const reader = new HeaderReader(text);
  const entries: TensorEntry[] = [];
  const metadata = new Map<string, string>();
  reader.object((name) => {
    if (name === metadataKey) reader.object((key) => metadata.set(key, reader.string()));
    else entries.push(readEntry(reader, name));
  });
  reader.end();
  entries.sort((a, b) => a.begin - b.begin || a.end - b.end);
  const dataStart = lengthBytes + Number(new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(0, true));
  requireSeamless(entries, bytes.byteLength - dataStart);
  return { entries, metadata: Object.fromEntries(metadata), dataStart };
};
