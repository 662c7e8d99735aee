import { createCpuBackend } from '@cotangent/backend-cpu';
import {
  cast,
  Device,
  type DType,
  FormatError,
  setDefaultDevice,
  type Tensor,
  tensor,
  ValueError,
  zeros,
} from '@cotangent/tensor';
import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { parseSafetensors, serializeSafetensors } from '../src/index.js';

beforeAll(() => setDefaultDevice(new Device(createCpuBackend())));

/** A file with this header, and data behind it. */
const file = (header: string, data: Uint8Array = new Uint8Array(0)): Uint8Array => {
  const json = new TextEncoder().encode(header);
  const bytes = new Uint8Array(8 + json.length + data.length);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(json.length), true);
  bytes.set(json, 8);
  bytes.set(data, 8 + json.length);
  return bytes;
};

const entry = (dtype: string, shape: readonly unknown[], begin: unknown, end: unknown): string =>
  `{"dtype":"${dtype}","shape":[${shape}],"data_offsets":[${begin},${end}]}`;

const listOf = async (x: Tensor | undefined): Promise<number[]> => Array.from(await (x as Tensor).data());

describe('serializeSafetensors', () => {
  it('writes the bytes of the reference implementation', async () => {
    const bytes = await serializeSafetensors({ a: zeros([2, 2], { dtype: 'int32' }) });
    const header = '{"a":{"dtype":"I32","shape":[2,2],"data_offsets":[0,16]}}';
    expect(Array.from(bytes.subarray(0, 8))).toEqual([64, 0, 0, 0, 0, 0, 0, 0]);
    expect(new TextDecoder().decode(bytes.subarray(8, 72))).toBe(header.padEnd(64));
    expect(bytes.length).toBe(72 + 16);
  });

  it('orders by width of elements, then by name, whatever order they are given in', async () => {
    const b = tensor([true, false, true]);
    const [x, y] = [tensor([1]), tensor([2])];
    const one = await serializeSafetensors({ b, y, x }, { metadata: { second: '2', first: '1' } });
    const other = await serializeSafetensors({ x, b, y }, { metadata: { first: '1', second: '2' } });
    expect(one).toEqual(other);
    expect(Object.keys(parseSafetensors(one).tensors)).toEqual(['x', 'y', 'b']);
  });

  it('starts the data at a multiple of 8 bytes', async () => {
    for (const name of ['a', 'ab', 'abc', 'äöü', '🙂']) {
      const bytes = await serializeSafetensors({ [name]: tensor([1]) });
      expect((bytes.length - 4) % 8).toBe(0);
    }
  });

  it('refuses the name of the metadata, and metadata that are no strings', async () => {
    await expect(serializeSafetensors({ __metadata__: tensor([1]) })).rejects.toThrow(ValueError);
    const metadata = { step: 3 } as unknown as Record<string, string>;
    await expect(serializeSafetensors({}, { metadata })).rejects.toThrow(ValueError);
  });
});

describe('a file that is read again', () => {
  const dtypes: readonly DType[] = ['float32', 'float16', 'float64', 'int32', 'uint32', 'bool'];

  it.each(dtypes)('has the same %s values', async (dtype) => {
    const values = dtype === 'bool' ? [0, 1, 1, 0] : dtype === 'uint32' ? [0, 1, 2 ** 32 - 1, 7] : [0, -1, 3, 2 ** 15];
    const source = dtype === 'uint32' ? tensor(Uint32Array.from(values)) : cast(tensor(values), dtype);
    const { tensors } = parseSafetensors(await serializeSafetensors({ source, nothing: zeros([0, 3], { dtype }) }));
    expect(tensors['source']?.dtype).toBe(dtype);
    expect(await listOf(tensors['source'])).toEqual(values);
    expect(tensors['nothing']?.shape).toEqual([0, 3]);
  });

  it('has the same bits of float32 and float16, special values and subnormals too', async () => {
    const special = [
      0,
      -0,
      Number.POSITIVE_INFINITY,
      Number.NEGATIVE_INFINITY,
      2 ** -24,
      -(2 ** -14),
      65504,
      2 ** -10 + 1,
    ];
    for (const dtype of ['float32', 'float16'] as const) {
      const source = cast(tensor(special), dtype);
      const { tensors } = parseSafetensors(await serializeSafetensors({ source }));
      expect(await listOf(tensors['source'])).toEqual(await listOf(source));
    }
  });

  it('has the same names, shapes, values and metadata, whatever they are', async () => {
    const arrays = fc.array(fc.float({ noNaN: true }), { maxLength: 12 });
    const names = fc.string({ unit: 'grapheme' }).filter((name) => name !== '__metadata__');
    await fc.assert(
      fc.asyncProperty(
        fc.dictionary(names, arrays, { maxKeys: 5, noNullPrototype: true }),
        fc.dictionary(fc.string(), fc.string(), { maxKeys: 4, noNullPrototype: true }),
        async (values, metadata) => {
          const tensors = Object.fromEntries(
            Object.entries(values).map(([name, data]) => [
              name,
              tensor(Float32Array.from(data), { shape: [1, data.length] }),
            ]),
          );
          const read = parseSafetensors(await serializeSafetensors(tensors, { metadata }));
          expect(read.metadata).toEqual(metadata);
          expect(Object.keys(read.tensors).sort()).toEqual(Object.keys(values).sort());
          for (const [name, data] of Object.entries(values)) {
            expect(read.tensors[name]?.shape).toEqual([1, data.length]);
            expect(await listOf(read.tensors[name])).toEqual(data);
          }
        },
      ),
      { numRuns: 50 },
    );
  });
});

describe('parseSafetensors', () => {
  it('reads element types that no dtype has', async () => {
    const cases: readonly [string, Uint8Array, number[], DType][] = [
      ['BF16', new Uint8Array(Uint16Array.of(0x3fc0, 0xc000).buffer), [1.5, -2], 'float32'],
      ['I64', new Uint8Array(BigInt64Array.of(-5n, 2_147_483_647n).buffer), [-5, 2_147_483_647], 'int32'],
      ['U64', new Uint8Array(BigUint64Array.of(0n, 9n).buffer), [0, 9], 'int32'],
      ['I16', new Uint8Array(Int16Array.of(-300, 300).buffer), [-300, 300], 'int32'],
      ['U16', new Uint8Array(Uint16Array.of(65_535, 0).buffer), [65_535, 0], 'int32'],
      ['I8', new Uint8Array(Int8Array.of(-128, 127).buffer), [-128, 127], 'int32'],
      ['U8', Uint8Array.of(0, 255), [0, 255], 'int32'],
    ];
    for (const [type, data, values, dtype] of cases) {
      const x = parseSafetensors(file(`{"x":${entry(type, [2], 0, data.length)}}`, data)).tensors['x'];
      expect(x?.dtype).toBe(dtype);
      expect(await listOf(x)).toEqual(values);
    }
  });

  it('reads white space, keys in any order, escapes and unaligned data', async () => {
    const header = ' \n"\\u0061" : { "data_offsets" : [ 0 , 4 ] , "shape":[], "dtype":"F32" } } ';
    const bytes = file(`{${header}`, new Uint8Array(Float32Array.of(2.5).buffer));
    const shifted = new Uint8Array(bytes.length + 3);
    shifted.set(bytes, 3);
    expect(await listOf(parseSafetensors(shifted.subarray(3)).tensors['a'])).toEqual([2.5]);
  });

  it('keeps a name that objects give a meaning', () => {
    const bytes = file(`{"__proto__":${entry('U8', [1], 0, 1)}}`, Uint8Array.of(1));
    expect(Object.keys(parseSafetensors(bytes).tensors)).toEqual(['__proto__']);
  });

  const one = entry('F32', [1], 0, 4);
  const four = new Uint8Array(4);
  const deep = `${'['.repeat(100_000)}${']'.repeat(100_000)}`;
  const broken: Readonly<Record<string, Uint8Array>> = {
    'an empty file': new Uint8Array(0),
    'a file that ends in the length': new Uint8Array(7),
    'a header longer than the file': file('{}').fill(255, 0, 1),
    'a header of 2⁶³ bytes': file('{}').fill(255, 0, 8),
    'a header that is no object': file('[]'),
    'a header that ends early': file('{"x":{"dtype":"F32"'),
    'a header that is no UTF-8': file('{}').fill(0xff, 9, 10),
    'an end of file in a string': file('{"x'),
    'a broken escape': file('{"\\q":1}'),
    'a control character in a name': file('{"a\nb":1}'),
    'something behind the header': file('{}x'),
    'the same name twice': file(`{"x":${one},"x":${entry('F32', [1], 4, 8)}}`, new Uint8Array(8)),
    'the same property twice': file('{"x":{"dtype":"F32","dtype":"F32","shape":[1],"data_offsets":[0,4]}}', four),
    'the metadata twice': file('{"__metadata__":{},"__metadata__":{}}'),
    'metadata that are no strings': file('{"__metadata__":{"a":1}}'),
    'an unknown property': file('{"x":{"dtype":"F32","shape":[1],"data_offsets":[0,4],"stride":[1]}}', four),
    'a missing property': file('{"x":{"dtype":"F32","shape":[1]}}', four),
    'one offset': file('{"x":{"dtype":"F32","shape":[1],"data_offsets":[0]}}', four),
    'three offsets': file('{"x":{"dtype":"F32","shape":[1],"data_offsets":[0,4,4]}}', four),
    'an unknown dtype': file(`{"x":${entry('F8_E4M3', [4], 0, 4)}}`, four),
    'a dtype that objects have': file(`{"x":${entry('constructor', [4], 0, 4)}}`, four),
    'a negative size': file(`{"x":${entry('F32', [-1], 0, 4)}}`, four),
    'a fraction': file(`{"x":${entry('F32', [1.5], 0, 4)}}`, four),
    'an exponent': file(`{"x":${entry('F32', ['1e0'], 0, 4)}}`, four),
    'a leading zero': file(`{"x":${entry('F32', ['01'], 0, 4)}}`, four),
    'a number past 2⁵³': file(`{"x":${entry('F32', ['9007199254740993'], 0, 4)}}`, four),
    'a shape whose size overflows': file(`{"x":${entry('F32', [2 ** 40, 2 ** 40], 0, 4)}}`, four),
    'a shape of 65 axes': file(`{"x":${entry('F32', new Array(65).fill(1), 0, 4)}}`, four),
    'a huge shape': file(`{"x":${entry('F32', [2 ** 40], 0, 2 ** 42)}}`, four),
    'a deep shape': file(`{"x":{"dtype":"F32","shape":${deep},"data_offsets":[0,4]}}`, four),
    'a deep name': file(`{"x":${deep}}`),
    'a range that leaves the file': file(`{"x":${entry('F32', [2], 0, 8)}}`, four),
    'a range of another length': file(`{"x":${entry('F32', [1], 0, 3)}}`, four),
    'a range that runs backwards': file(`{"x":${entry('F32', [1], 4, 0)}}`, four),
    'ranges that overlap': file(`{"x":${one},"y":${entry('F32', [1], 2, 6)}}`, new Uint8Array(6)),
    'a gap between ranges': file(`{"x":${one},"y":${entry('F32', [1], 5, 9)}}`, new Uint8Array(9)),
    'a gap before the first range': file(`{"x":${entry('F32', [1], 4, 8)}}`, new Uint8Array(8)),
    'bytes behind the last range': file(`{"x":${one}}`, new Uint8Array(5)),
    'data without tensors': file('{}', four),
    'an integer that int32 can not hold': file(
      `{"x":${entry('I64', [1], 0, 8)}}`,
      new Uint8Array(BigInt64Array.of(2n ** 31n).buffer),
    ),
    'a bool that is neither 0 nor 1': file(`{"x":${entry('BOOL', [1], 0, 1)}}`, Uint8Array.of(2)),
  };

  it.each(Object.entries(broken))('refuses %s', (_, bytes) => {
    expect(() => parseSafetensors(bytes)).toThrow(FormatError);
  });

  it('says where a range goes wrong', () => {
    const bytes = broken['a gap between ranges'] as Uint8Array;
    expect(() => parseSafetensors(bytes)).toThrowErrorMatchingInlineSnapshot(`
      [FormatError: parseSafetensors: the range of 'y' overlaps another, leaves a gap or leaves the file.
        range     [5, 9]
        expected  from 4
        data      9 bytes]
    `);
  });

  it('throws FormatError for any file that was cut or changed, or reads it', async () => {
    const good = await serializeSafetensors({ a: tensor([1, 2]), b: tensor([true]) }, { metadata: { step: '3' } });
    fc.assert(
      fc.property(
        fc.nat({ max: good.length }),
        fc.nat({ max: good.length - 1 }),
        fc.nat({ max: 255 }),
        (length, at, byte) => {
          const bytes = good.slice(0, length);
          if (at < length) bytes[at] = byte;
          try {
            parseSafetensors(bytes);
          } catch (error) {
            expect(error).toBeInstanceOf(FormatError);
          }
        },
      ),
      { numRuns: 500 },
    );
  });
});
