/** A value in an ONNX graph: an input, a constant, or what a node gives. */
export interface OnnxValue {
  readonly name: string;
  readonly graph: OnnxGraph;
}

export type OnnxAttribute = number | string | readonly number[];

export const elementTypes = { float32: 1, int32: 6, int64: 7 } as const;
export type ElementType = keyof typeof elementTypes;

type Bytes = readonly number[];

// Protocol Buffers: a field is its number and wire type, then a varint, or a length and so many bytes.

const varint = (value: number): Bytes =>
  value < 128 ? [value] : [(value % 128) | 128, ...varint(Math.floor(value / 128))];
const integerField = (field: number, value: number): Bytes => [...varint(field * 8), ...varint(value)];
const bytesField = (field: number, bytes: Bytes): Bytes => [
  ...varint(field * 8 + 2),
  ...varint(bytes.length),
  ...bytes,
];
const textField = (field: number, text: string): Bytes => bytesField(field, [...new TextEncoder().encode(text)]);

const valueInfo = (name: string, type: ElementType, shape?: readonly number[]): Bytes => {
  const dimensions = shape?.flatMap((extent) => bytesField(1, integerField(1, extent)));
  const tensorType = [
    ...integerField(1, elementTypes[type]),
    ...(dimensions === undefined ? [] : bytesField(2, dimensions)),
  ];
  return [...textField(1, name), ...bytesField(2, bytesField(1, tensorType))];
};

const attribute = (name: string, value: OnnxAttribute): Bytes => {
  if (typeof value === 'number') return [...textField(1, name), ...integerField(3, value), ...integerField(20, 2)];
  if (typeof value === 'string') return [...textField(1, name), ...textField(4, value), ...integerField(20, 3)];
  return [...textField(1, name), ...value.flatMap((item) => integerField(8, item)), ...integerField(20, 7)];
};

const tensorBytes = (data: Float32Array | Int32Array | BigInt64Array): Bytes => [
  ...new Uint8Array(data.buffer, data.byteOffset, data.byteLength),
];

/** A graph that is written node by node, and encoded as the bytes of an ONNX model. */
export class OnnxGraph {
  readonly #inputs: Bytes[] = [];
  readonly #constants: Bytes[] = [];
  readonly #nodes: Bytes[] = [];
  #count = 0;

  input(name: string, type: ElementType, shape: readonly number[]): OnnxValue {
    this.#inputs.push(valueInfo(name, type, shape));
    return { name, graph: this };
  }

  /** A float32 or int64 scalar, or an int64 vector. */
  constant(value: number | readonly bigint[] | bigint): OnnxValue {
    const name = this.#nextName();
    const shape = Array.isArray(value) ? [value.length] : [];
    const isFloat = typeof value === 'number';
    const data = isFloat ? Float32Array.of(value) : BigInt64Array.from([value].flat() as bigint[]);
    this.#constants.push([
      ...shape.flatMap((extent) => integerField(1, extent)),
      ...integerField(2, elementTypes[isFloat ? 'float32' : 'int64']),
      ...textField(8, name),
      ...bytesField(9, tensorBytes(data)),
    ]);
    return { name, graph: this };
  }

  /** Adds a node; returns as many values as it is asked for. */
  node(
    op: string,
    inputs: readonly OnnxValue[],
    attributes: Readonly<Record<string, OnnxAttribute>> = {},
    outputCount = 1,
  ): OnnxValue[] {
    const outputs = Array.from({ length: outputCount }, () => this.#nextName());
    this.#nodes.push([
      ...inputs.flatMap(({ name }) => textField(1, name)),
      ...outputs.flatMap((name) => textField(2, name)),
      ...textField(4, op),
      ...Object.entries(attributes).flatMap(([name, value]) => bytesField(5, attribute(name, value))),
    ]);
    return outputs.map((name) => ({ name, graph: this }));
  }

  /** The model with the given results. */
  encode(results: readonly { readonly value: OnnxValue; readonly type: ElementType }[]): Uint8Array {
    const graph = [
      ...this.#nodes.flatMap((node) => bytesField(1, node)),
      ...textField(2, 'graph'),
      ...this.#constants.flatMap((constant) => bytesField(5, constant)),
      ...this.#inputs.flatMap((input) => bytesField(11, input)),
      ...results.flatMap(({ value, type }) => bytesField(12, valueInfo(value.name, type))),
    ];
    const irVersion = 8;
    const operatorSet = 17;
    return Uint8Array.from([
      ...integerField(1, irVersion),
      ...bytesField(7, graph),
      ...bytesField(8, integerField(2, operatorSet)),
    ]);
  }

  #nextName(): string {
    return `value${this.#count++}`;
  }
}
