import {
  addIndices,
  axisIndex,
  type BinaryScalarOp,
  type Combine,
  createHostArray,
  type DType,
  divideIndex,
  type Guard,
  type HostArray,
  type Index,
  type Instruction,
  indexBounds,
  isFloat,
  type Kernel,
  type KernelOutput,
  moduloIndex,
  type Reduction,
  type Shape,
  scaleIndex,
  sizeOf,
  type UnaryScalarOp,
  valueIndex,
} from '@cotangent/ir';
import fc from 'fast-check';
import { fromNumbers } from './reference.js';

export type Generator = fc.GeneratorValue;

/** A kernel with data to run it on. */
export interface KernelCase {
  readonly kernel: Kernel;
  readonly inputs: readonly HostArray[];
  /** Outputs that must match the oracle to the bit. */
  readonly exact: readonly boolean[];
}

const allDTypes: readonly DType[] = ['float32', 'float64', 'float16', 'int32', 'uint32', 'bool'];
const combines: readonly Combine[] = ['sum', 'product', 'maximum', 'minimum'];

const floatBinaries: readonly BinaryScalarOp[] = [
  'add',
  'subtract',
  'multiply',
  'divide',
  'maximum',
  'minimum',
  'remainder',
];
const integerBinaries: readonly BinaryScalarOp[] = [
  ...floatBinaries,
  ...(['and', 'or', 'xor', 'shiftLeft', 'shiftRight'] as const),
];
const boolBinaries: readonly BinaryScalarOp[] = ['and', 'or', 'xor', 'maximum', 'minimum', 'multiply'];
const exactUnaries: readonly UnaryScalarOp[] = ['negate', 'floor', 'sqrt'];
const transcendentals: readonly UnaryScalarOp[] = ['exp', 'log', 'sin', 'cos', 'tanh', 'erf'];

/** Largest factor of an axis in an index: inputs are about as many times longer than the axis. */
const maxPeriod = 17;

/** Builds a random body instruction by instruction. */
class BodyBuilder {
  readonly g: Generator;
  readonly shape: Shape;
  readonly body: Instruction[] = [];
  readonly inputs: HostArray[] = [];
  readonly inputDTypes: DType[] = [];
  /** Whether the oracle's arithmetic is the backend's, bit for bit. */
  readonly isExact: boolean[] = [];
  /** Integer instructions that are known to lie in `[0, bound)`. */
  readonly bounded: { readonly number: number; readonly bound: number }[] = [];

  constructor(g: Generator, shape: Shape) {
    this.g = g;
    this.shape = shape;
  }

  integer(min: number, max: number): number {
    return this.g(fc.integer, { min, max });
  }

  pick<T>(items: readonly T[]): T {
    return items[this.integer(0, items.length - 1)] as T;
  }

  push(instruction: Instruction, isExact = true): number {
    this.isExact.push(isExact);
    return this.body.push(instruction) - 1;
  }

  numbers(dtype: DType, length: number): number[] {
    const low = dtype === 'uint32' || dtype === 'bool' ? 0 : -8;
    const scale = isFloat(dtype) ? 4 : 1;
    const seed = this.integer(0, 1000);
    const high = dtype === 'bool' ? 1 : 8;
    const span = (high - low) * scale + 1;
    return Array.from({ length }, (_, i) => low + (((i + seed) * 7919) % span) / scale);
  }

  addInput(dtype: DType, data: HostArray): number {
    this.inputs.push(data);
    return this.inputDTypes.push(dtype) - 1;
  }

  /** A sum of axes, quotients and remainders, and now and then of computed values. */
  index(allowValues: boolean): Index {
    let index: Index = { terms: [], offset: this.integer(-3, 3) };
    this.shape.forEach((size, axis) => {
      const period = Math.min(size, maxPeriod);
      const coefficient = this.pick([0, 1, 1, 1, -1, 2, 3, period, -period]);
      index = addIndices(index, axisIndex(axis, size), coefficient);
    });
    const kind = this.integer(0, 5);
    if (kind === 0) index = divideIndex(index, this.integer(2, 5));
    if (kind === 1) index = moduloIndex(index, this.integer(2, 9));
    if (kind === 2) index = addIndices(moduloIndex(index, 4), divideIndex(index, 4), 3);
    if (allowValues && this.bounded.length > 0 && this.integer(0, 2) === 0) {
      index = addIndices(index, valueIndex(this.pick(this.bounded).number), this.integer(1, 3));
    }
    return index;
  }

  bounds(index: Index): readonly [number, number] {
    const [low, high] = indexBounds({ ...index, terms: index.terms.filter(({ atom }) => atom.kind !== 'value') });
    const values = index.terms.flatMap(({ atom, coefficient }) => {
      const known = atom.kind === 'value' && this.bounded.find(({ number }) => number === atom.value);
      return known ? [coefficient * (known.bound - 1)] : [];
    });
    return [low, high + values.reduce((a, b) => a + b, 0)];
  }

  load(dtype: DType = this.pick(allDTypes)): number {
    let index = this.index(true);
    const [low, high] = this.bounds(index);
    const guards: Guard[] = [];
    let begin = low;
    let end = high + 1;
    if (this.integer(0, 2) === 0) {
      begin = low + this.integer(0, 3);
      end = high + 1 - this.integer(0, 3);
      guards.push({ index, begin, end });
      if (this.integer(0, 3) === 0) guards.push(this.guard());
    }
    index = scaleIndex(index, 1, -begin);
    const length = Math.max(0, end - begin);
    const input = this.addInput(dtype, fromNumbers(dtype, this.numbers(dtype, length)));
    return this.push({ op: 'load', dtype, input, index, guards });
  }

  guard(): Guard {
    const index = this.index(true);
    const [low, high] = this.bounds(index);
    const begin = this.integer(low, high);
    return { index, begin, end: this.integer(begin, high + 1) };
  }

  /** A load of integers that later indices may use. */
  boundedLoad(): number {
    const bound = this.integer(1, 6);
    const dtype = this.pick(['int32', 'uint32'] as const);
    const index = this.index(false);
    const [low, high] = this.bounds(index);
    const data = fromNumbers(
      dtype,
      Array.from({ length: high - low + 1 }, (_, i) => (i * 7) % bound),
    );
    const input = this.addInput(dtype, data);
    const number = this.push({ op: 'load', dtype, input, index: scaleIndex(index, 1, -low), guards: [] });
    this.bounded.push({ number, bound });
    return number;
  }

  ofDType(dtype: DType, exactOnly = false): number | undefined {
    const fitting = this.body.flatMap((instruction, number) =>
      instruction.dtype === dtype && (!exactOnly || this.isExact[number]) ? [number] : [],
    );
    return fitting.length > 0 ? this.pick(fitting) : undefined;
  }

  operand(dtype: DType, exactOnly = false): number {
    return this.ofDType(dtype, exactOnly) ?? this.load(dtype);
  }

  step(): void {
    const kind = this.integer(0, 9);
    const dtype = this.pick(allDTypes);
    if (kind <= 1) this.load(dtype);
    else if (kind === 2) this.boundedLoad();
    else if (kind === 3) this.push({ op: 'index', dtype: 'int32', index: this.index(true) });
    else if (kind === 4) this.push({ op: 'inside', dtype: 'bool', guards: [this.guard(), this.guard()] });
    else if (kind === 5) {
      const operand = this.operand(dtype, true);
      const to = this.pick(allDTypes);
      this.push({ op: 'cast', dtype: to, operands: [operand] });
    } else if (kind === 6) {
      const operands = [this.operand(dtype, true), this.operand(dtype, true)] as const;
      this.push({ op: this.pick(['lt', 'le', 'eq', 'ne'] as const), dtype: 'bool', operands });
    } else if (kind === 7) {
      const operands = [this.operand('bool'), this.operand(dtype), this.operand(dtype)] as const;
      this.push({ op: 'select', dtype, operands }, this.isExact[operands[1]]! && this.isExact[operands[2]]!);
    } else if (kind === 8) this.unary(dtype);
    else this.binary(dtype);
  }

  unary(dtype: DType): void {
    if (dtype === 'bool') return;
    const operand = this.operand(dtype, true);
    if (!isFloat(dtype)) this.push({ op: 'negate', dtype, operands: [operand] });
    else {
      const isTranscendental = this.integer(0, 1) === 0;
      const op = this.pick(isTranscendental ? transcendentals : exactUnaries);
      this.push({ op, dtype, operands: [operand] }, !isTranscendental && dtype !== 'float16');
    }
  }

  binary(dtype: DType): void {
    const ops = dtype === 'bool' ? boolBinaries : isFloat(dtype) ? floatBinaries : integerBinaries;
    const op = this.pick(ops);
    const operands = [this.operand(dtype, true), this.operand(dtype, true)] as const;
    this.push({ op, dtype, operands });
  }

  output(value: number, space: 'outer' | 'full', length: number): KernelOutput {
    return { dtype: (this.body[value] as Instruction).dtype, length, value, space };
  }
}

/** What random shapes are made of. */
export interface Extent {
  readonly sizes: readonly number[];
  /** Axes that would make more positions than this get size 1. */
  readonly maxPositions: number;
}

const smallExtent: Extent = { sizes: [1, 2, 3, 4, 5, 6, 8, 9, 13, 17], maxPositions: Number.POSITIVE_INFINITY };
/** Enough positions for several units of work. */
export const largeExtent: Extent = { sizes: [1, 3, 17, 64, 90, 251, 1030, 9001, 20_000], maxPositions: 40_000 };

const anyShape = (g: Generator, maxRank: number, { sizes, maxPositions }: Extent): number[] => {
  const rank = g(fc.integer, { min: 0, max: maxRank });
  let positions = 1;
  return Array.from({ length: rank }, () => {
    const size = sizes[g(fc.integer, { min: 0, max: sizes.length - 1 })] as number;
    if (positions * size > maxPositions) return 1;
    positions *= size;
    return size;
  });
};

const someSteps = (builder: BodyBuilder, most: number): void => {
  builder.load();
  for (let steps = builder.integer(0, most); steps > 0; steps--) builder.step();
};

const someOutputs = (builder: BodyBuilder, length: number): KernelOutput[] => {
  const last = builder.body.length - 1;
  const values = [last, ...Array.from({ length: builder.integer(0, 2) }, () => builder.integer(0, last))];
  return values.map((value) => builder.output(value, 'full', length));
};

export const randomMap = (g: Generator, extent = smallExtent): KernelCase => {
  const shape = anyShape(g, 4, extent);
  const builder = new BodyBuilder(g, shape);
  someSteps(builder, 8);
  const outputs = someOutputs(builder, sizeOf(shape));
  const kernel: Kernel = { kind: 'map', shape, inputs: builder.inputDTypes, body: builder.body, outputs };
  return { kernel, inputs: builder.inputs, exact: outputs.map(({ value }) => builder.isExact[value]!) };
};

export const randomReduce = (g: Generator, extent = smallExtent): KernelCase => {
  const outer = anyShape(g, 2, extent);
  const inner = anyShape(g, 2, { ...extent, maxPositions: extent.maxPositions / sizeOf(outer) });
  const builder = new BodyBuilder(g, [...outer, ...inner]);
  someSteps(builder, 3);
  const reduces: number[] = [];
  for (let count = builder.integer(1, 3); count > 0; count--) {
    const operand = builder.pick(builder.body.flatMap((_, number) => (builder.isExact[number] ? [number] : [])));
    const { dtype } = builder.body[operand] as Instruction;
    const all: readonly Reduction[] = [...combines, 'argmax', 'argmin'];
    const reduction = builder.pick(dtype === 'bool' ? (['maximum', 'minimum', 'argmax', 'argmin'] as const) : all);
    const isArgument = reduction === 'argmax' || reduction === 'argmin';
    const isRounded = isFloat(dtype) && (reduction === 'sum' || reduction === 'product');
    const result = isArgument ? 'int32' : dtype;
    reduces.push(builder.push({ op: 'reduce', dtype: result, reduction, operands: [operand] }, !isRounded));
    if (builder.integer(0, 1) === 0 && !isRounded) builder.step();
  }
  const outputs = [
    ...reduces.map((value) => builder.output(value, 'outer', sizeOf(outer))),
    builder.output(builder.body.length - 1, 'full', sizeOf(outer) * sizeOf(inner)),
  ];
  const kernel: Kernel = { kind: 'reduce', outer, inner, inputs: builder.inputDTypes, body: builder.body, outputs };
  return { kernel, inputs: builder.inputs, exact: outputs.map(({ value }) => builder.isExact[value]!) };
};

export const randomScan = (g: Generator, extent = smallExtent): KernelCase => {
  const outer = anyShape(g, 2, extent);
  const length = anyShape(g, 1, { ...extent, maxPositions: extent.maxPositions / sizeOf(outer) })[0] ?? 23;
  const builder = new BodyBuilder(g, [...outer, length]);
  someSteps(builder, 3);
  const reverse = builder.integer(0, 1) === 0;
  for (let count = builder.integer(1, 2); count > 0; count--) {
    const operand = builder.pick(builder.body.flatMap((_, number) => (builder.isExact[number] ? [number] : [])));
    const { dtype } = builder.body[operand] as Instruction;
    const combine = builder.pick(dtype === 'bool' ? (['maximum', 'minimum'] as const) : combines);
    const isRounded = isFloat(dtype) && (combine === 'sum' || combine === 'product');
    const exclusive = builder.integer(0, 1) === 0;
    builder.push({ op: 'scan', dtype, combine, reverse, exclusive, operands: [operand] }, !isRounded);
  }
  const outputs = someOutputs(builder, sizeOf(outer) * length);
  const kernel: Kernel = { kind: 'scan', outer, length, inputs: builder.inputDTypes, body: builder.body, outputs };
  return { kernel, inputs: builder.inputs, exact: outputs.map(({ value }) => builder.isExact[value]!) };
};

export const randomScatter = (g: Generator, extent = smallExtent): KernelCase => {
  const shape = anyShape(g, 3, extent);
  const builder = new BodyBuilder(g, shape);
  builder.boundedLoad();
  someSteps(builder, 3);
  const combine = builder.pick(['add', 'set'] as const);
  const dtype = builder.pick(allDTypes.filter((d) => combine === 'set' || d !== 'bool'));
  const value = builder.operand(dtype, true);
  const index = builder.index(true);
  const [low, high] = builder.bounds(index);
  const begin = low + builder.integer(0, 2);
  const end = Math.max(begin, high + 1 - builder.integer(0, 2));
  const isGuarded = builder.integer(0, 1) === 0;
  const guards: Guard[] = isGuarded ? [{ index, begin, end }] : [];
  const length = isGuarded ? end - begin : high - low + 1;
  const target = scaleIndex(index, 1, isGuarded ? -begin : -low);
  const fromInput = builder.integer(0, 1) === 0;
  const initial = fromInput
    ? { input: builder.addInput(dtype, fromNumbers(dtype, builder.numbers(dtype, length))) }
    : { constant: dtype === 'bool' ? 1 : 3 };
  const kernel: Kernel = {
    kind: 'scatter',
    shape,
    combine,
    unique: false,
    initial,
    target,
    guards,
    value,
    inputs: builder.inputDTypes,
    body: builder.body,
    outputs: [{ dtype, length }],
  };
  return { kernel, inputs: builder.inputs, exact: [combine === 'set' || !isFloat(dtype)] };
};

/** An empty array of a dtype. */
export const emptyArray = (dtype: DType): HostArray => createHostArray(dtype, 0);
