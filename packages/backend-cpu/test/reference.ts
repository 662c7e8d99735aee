import {
  byteSize,
  type Combine,
  createHostArray,
  type DType,
  type Guard,
  type HostArray,
  type Index,
  type Instruction,
  isComparison,
  isFloat,
  isInteger,
  type Kernel,
  type Shape,
  sizeOf,
} from '@cotangent/ir';
import { createHostFunctions } from '../src/host-functions.js';

const { erf } = createHostFunctions();

/*
 * The kernel contract in plain JavaScript and float64: the oracle that emitted code is compared with.
 */

const halfScratch = new DataView(new ArrayBuffer(8));

/** The number of a float16 pattern. */
export const float16ToNumber = (bits: number): number => {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 31;
  const fraction = bits & 1023;
  if (exponent === 31) return fraction ? Number.NaN : sign * Number.POSITIVE_INFINITY;
  return sign * (exponent === 0 ? fraction * 2 ** -24 : (1024 + fraction) * 2 ** (exponent - 25));
};

/** The float16 pattern nearest to a number, ties to even. */
export const numberToFloat16 = (value: number): number => {
  halfScratch.setFloat64(0, value);
  const sign = halfScratch.getUint8(0) & 0x80 ? 0x8000 : 0;
  const magnitude = Math.abs(value);
  if (Number.isNaN(value)) return 0x7e00;
  if (magnitude >= 65520) return sign | 0x7c00;
  const exponent = Math.max(-14, Math.floor(Math.log2(magnitude || 1e-30)));
  const scaled = magnitude / 2 ** (exponent - 10);
  const floor = Math.floor(scaled);
  const rest = scaled - floor;
  const rounded = rest > 0.5 || (rest === 0.5 && floor % 2 === 1) ? floor + 1 : floor;
  return sign | (rounded + (exponent + 14) * 1024);
};

const readElement = (dtype: DType, array: HostArray, i: number): number => {
  const element = array[i];
  if (element === undefined) throw new RangeError(`read of element ${i} of ${array.length}`);
  if (dtype === 'float16') return float16ToNumber(element);
  return dtype === 'bool' ? Number(element !== 0) : element;
};

const storedElement = (dtype: DType, value: number): number => (dtype === 'float16' ? numberToFloat16(value) : value);

/** Numbers of an array, whatever its dtype. */
export const toNumbers = (dtype: DType, array: HostArray): number[] =>
  Array.from(array, (_, i) => readElement(dtype, array, i));

/** An array of a dtype from numbers. */
export const fromNumbers = (dtype: DType, numbers: readonly number[]): HostArray => {
  const array = createHostArray(dtype, numbers.length);
  numbers.forEach((value, i) => {
    array[i] = storedElement(dtype, value);
  });
  return array;
};

const rounders: { readonly [K in DType]: (value: number) => number } = {
  float64: (value) => value,
  float32: Math.fround,
  float16: (value) => float16ToNumber(numberToFloat16(value)),
  int32: (value) => value | 0,
  uint32: (value) => value >>> 0,
  bool: (value) => Number(value !== 0),
};

const cast = (value: number, to: DType): number => {
  if (!isInteger(to)) return rounders[to](value);
  if (Number.isNaN(value)) return 0;
  const [low, high] = to === 'int32' ? [-0x80000000, 0x7fffffff] : [0, 0xffffffff];
  // Integers keep their bits.
  return Math.trunc(Math.min(high, Math.max(low, value)));
};

const floorModulo = (x: number, y: number): number => {
  const rest = x % y;
  return rest !== 0 && rest < 0 !== y < 0 ? rest + y : rest;
};

const binary = (op: string, dtype: DType, x: number, y: number): number => {
  switch (op) {
    case 'add':
      return dtype === 'bool' ? x | y : x + y;
    case 'subtract':
      return dtype === 'bool' ? x ^ y : x - y;
    case 'multiply':
      return isInteger(dtype) ? Math.imul(x, y) : x * y;
    case 'divide':
      if (!isInteger(dtype)) return x / y;
      return y === 0 ? 0 : Math.trunc(x / y);
    case 'remainder':
      return isInteger(dtype) && y === 0 ? 0 : floorModulo(x, y);
    case 'maximum':
      return Math.max(x, y);
    case 'minimum':
      return Math.min(x, y);
    case 'and':
      return x & y;
    case 'or':
      return x | y;
    case 'xor':
      return x ^ y;
    case 'shiftLeft':
      return x << y;
    case 'shiftRight':
      return dtype === 'int32' ? x >> y : x >>> y;
    default:
      throw new TypeError(op);
  }
};

const unaries: Readonly<Record<string, (x: number) => number>> = {
  negate: (x) => -x,
  exp: Math.exp,
  log: Math.log,
  sqrt: Math.sqrt,
  sin: Math.sin,
  cos: Math.cos,
  tanh: Math.tanh,
  erf,
  floor: Math.floor,
};

const compare = (op: string, x: number, y: number): boolean =>
  op === 'lt' ? x < y : op === 'le' ? x <= y : op === 'eq' ? x === y : x !== y;

const identities = (combine: Combine, dtype: DType): number => {
  if (combine === 'sum') return 0;
  if (combine === 'product') return 1;
  const sign = combine === 'maximum' ? -1 : 1;
  if (isFloat(dtype)) return sign * Number.POSITIVE_INFINITY;
  if (dtype === 'int32') return sign < 0 ? -0x80000000 : 0x7fffffff;
  return sign < 0 ? 0 : dtype === 'bool' ? 1 : 0xffffffff;
};

const combineOps: { readonly [K in Combine]: string } = {
  sum: 'add',
  product: 'multiply',
  maximum: 'maximum',
  minimum: 'minimum',
};

/** Floats are combined in float64, whatever their dtype. */
const combineTwo = (combine: Combine, dtype: DType, x: number, y: number): number => {
  const value = binary(combineOps[combine], dtype, x, y);
  return isFloat(dtype) ? value : rounders[dtype](value);
};

class Evaluation {
  readonly #body: readonly Instruction[];
  readonly #inputs: readonly HostArray[];
  readonly #dtypes: readonly DType[];
  readonly #point: readonly number[];
  readonly #bound: (number: number, instruction: Instruction) => number | undefined;
  readonly #values = new Map<number, number>();

  constructor(
    kernel: Kernel,
    inputs: readonly HostArray[],
    point: readonly number[],
    bound: (number: number, instruction: Instruction) => number | undefined,
  ) {
    this.#body = kernel.body;
    this.#inputs = inputs;
    this.#dtypes = kernel.inputs;
    this.#point = point;
    this.#bound = bound;
  }

  index(index: Index): number {
    let sum = index.offset;
    for (const { coefficient, atom } of index.terms) {
      if (atom.kind === 'axis') sum += coefficient * (this.#point[atom.axis] ?? Number.NaN);
      else if (atom.kind === 'value') sum += coefficient * this.value(atom.value);
      else {
        const inner = this.index(atom.index);
        const quotient = Math.floor(inner / atom.divisor);
        sum += coefficient * (atom.kind === 'divide' ? quotient : inner - quotient * atom.divisor);
      }
    }
    return sum;
  }

  holds(guards: readonly Guard[]): boolean {
    return guards.every(({ index, begin, end }) => {
      const at = this.index(index);
      return at >= begin && at < end;
    });
  }

  value(number: number): number {
    const known = this.#values.get(number);
    if (known !== undefined) return known;
    const instruction = this.#body[number] as Instruction;
    const value = this.#bound(number, instruction) ?? this.#evaluate(instruction);
    this.#values.set(number, value);
    return value;
  }

  #evaluate(instruction: Instruction): number {
    const { op, dtype } = instruction;
    switch (op) {
      case 'constant':
        return rounders[dtype](instruction.value);
      case 'index':
        return this.index(instruction.index);
      case 'load': {
        if (!this.holds(instruction.guards)) return 0;
        const { input } = instruction;
        return readElement(
          this.#dtypes[input] as DType,
          this.#inputs[input] as HostArray,
          this.index(instruction.index),
        );
      }
      case 'inside':
        return Number(this.holds(instruction.guards));
      case 'reduce':
      case 'scan':
      case 'accumulator':
        throw new TypeError(op);
    }
    const [x, y, z] = instruction.operands.map((operand) => this.value(operand)) as [number, number, number];
    if (isComparison(op)) return Number(compare(op, x, y));
    if (op === 'select') return x ? y : z;
    if (op === 'cast') {
      const from = (this.#body[instruction.operands[0]] as Instruction).dtype;
      return isInteger(from) && isInteger(dtype) ? rounders[dtype](x) : cast(x, dtype);
    }
    const storageRounder = dtype === 'float16' ? Math.fround : rounders[dtype];
    const unary = unaries[op];
    return storageRounder(unary ? unary(x) : binary(op, dtype, x, y));
  }
}

const pointsOf = (shape: Shape): number[][] => {
  let points: number[][] = [[]];
  for (const size of shape) points = points.flatMap((point) => Array.from({ length: size }, (_, i) => [...point, i]));
  return points;
};

const reduceValues = (
  instruction: Extract<Instruction, { op: 'reduce' }>,
  operand: DType,
  values: number[],
): number => {
  const { reduction } = instruction;
  if (reduction === 'argmax' || reduction === 'argmin') {
    const firstNaN = values.findIndex(Number.isNaN);
    if (firstNaN >= 0) return firstNaN;
    const extreme = values.reduce((a, b) => (reduction === 'argmax' ? Math.max(a, b) : Math.min(a, b)), values[0] ?? 0);
    return Math.max(0, values.indexOf(extreme));
  }
  return values.reduce((a, b) => combineTwo(reduction, operand, a, b), identities(reduction, operand));
};

/** Runs a kernel on arrays and returns its outputs as numbers, unrounded floats. */
export const evaluateKernel = (kernel: Kernel, inputs: readonly HostArray[]): number[][] => {
  switch (kernel.kind) {
    case 'map': {
      const points = pointsOf(kernel.shape);
      const evaluations = points.map((point) => new Evaluation(kernel, inputs, point, () => undefined));
      return kernel.outputs.map(({ value }) => evaluations.map((evaluation) => evaluation.value(value)));
    }
    case 'reduce': {
      const results = kernel.outputs.map((): number[] => []);
      for (const outerPoint of pointsOf(kernel.outer)) {
        const inner = pointsOf(kernel.inner);
        const known = new Map<number, number>();
        const bound = (number: number, instruction: Instruction): number | undefined => {
          if (instruction.op !== 'reduce') return undefined;
          let result = known.get(number);
          if (result === undefined) {
            const operand = instruction.operands[0];
            const values = inner.map((p) =>
              new Evaluation(kernel, inputs, [...outerPoint, ...p], bound).value(operand),
            );
            result = reduceValues(instruction, (kernel.body[operand] as Instruction).dtype, values);
            known.set(number, result);
          }
          return result;
        };
        kernel.outputs.forEach(({ value, space }, i) => {
          const points = space === 'outer' ? [outerPoint] : inner.map((p) => [...outerPoint, ...p]);
          for (const point of points) results[i]?.push(new Evaluation(kernel, inputs, point, bound).value(value));
        });
      }
      return results;
    }
    case 'scan': {
      const results = kernel.outputs.map((): number[] => []);
      for (const outerPoint of pointsOf(kernel.outer)) {
        const scans = new Map<number, number[]>();
        const at = (x: number): Evaluation =>
          new Evaluation(kernel, inputs, [...outerPoint, x], (number, instruction) => {
            if (instruction.op !== 'scan') return undefined;
            const { combine, reverse, exclusive, operands, dtype } = instruction;
            let values = scans.get(number);
            if (!values) {
              let order = Array.from({ length: kernel.length }, (_, i) => at(i).value(operands[0]));
              if (reverse) order.reverse();
              let running = identities(combine, dtype);
              order = order.map((value) => {
                const before = running;
                running = combineTwo(combine, dtype, running, value);
                return exclusive ? before : running;
              });
              values = reverse ? order.reverse() : order;
              scans.set(number, values);
            }
            return values[x] as number;
          });
        kernel.outputs.forEach(({ value }, i) => {
          for (let x = 0; x < kernel.length; x++) results[i]?.push(at(x).value(value));
        });
      }
      return results;
    }
    case 'scatter': {
      const output = kernel.outputs[0] as { dtype: DType; length: number };
      const start =
        'input' in kernel.initial
          ? toNumbers(output.dtype, inputs[kernel.initial.input] as HostArray)
          : new Array<number>(output.length).fill(kernel.initial.constant);
      for (const point of pointsOf(kernel.shape)) {
        const evaluation = new Evaluation(kernel, inputs, point, () => undefined);
        if (!evaluation.holds(kernel.guards)) continue;
        const target = evaluation.index(kernel.target);
        const value = evaluation.value(kernel.value);
        const sum = kernel.combine === 'add' ? (start[target] as number) + value : value;
        start[target] = isFloat(output.dtype) ? sum : rounders[output.dtype](sum);
      }
      return [start];
    }
    case 'sort': {
      const results = kernel.outputs.map((): number[] => []);
      for (const outerPoint of pointsOf(kernel.outer)) {
        const keys = Array.from({ length: kernel.length }, (_, x) =>
          new Evaluation(kernel, inputs, [...outerPoint, x], () => undefined).value(kernel.key),
        );
        const order = keys.map((_, i) => i);
        order.sort((a, b) => {
          const [x, y] = [keys[a] as number, keys[b] as number];
          if (Number.isNaN(x) || Number.isNaN(y)) return Number(Number.isNaN(x)) - Number(Number.isNaN(y));
          return kernel.descending ? y - x : x - y;
        });
        kernel.outputs.forEach(({ content }, i) => {
          for (const at of order) results[i]?.push(content === 'permutation' ? at : (keys[at] as number));
        });
      }
      return results;
    }
    case 'matmul': {
      const { left, right, batch, m, n, k } = kernel;
      const a = toNumbers(kernel.inputs[left.input] as DType, inputs[left.input] as HostArray);
      const b = toNumbers(kernel.inputs[right.input] as DType, inputs[right.input] as HostArray);
      const at = (strides: readonly number[], offset: number, point: readonly number[]) =>
        point.reduce((sum, x, axis) => sum + x * (strides[axis] as number), offset);
      const sumAt = (point: readonly number[]): number => {
        const [row, column] = point.slice(-2) as [number, number];
        const outer = point.slice(0, -2);
        let sum = 0;
        for (let i = 0; i < k; i++) {
          const x = a[at(left.strides, left.offset, [...outer, row, i])] as number;
          const y = b[at(right.strides, right.offset, [...outer, i, column])] as number;
          sum += kernel.dtype === 'int32' || kernel.dtype === 'uint32' ? Math.imul(x, y) : x * y;
        }
        return rounders[kernel.dtype](sum);
      };
      const points = pointsOf([...batch, m, n]);
      const evaluations = points.map(
        (point) =>
          new Evaluation(kernel, inputs, point, (_, { op }) => (op === 'accumulator' ? sumAt(point) : undefined)),
      );
      return kernel.outputs.map(({ value }) => evaluations.map((evaluation) => evaluation.value(value)));
    }
    default:
      throw new TypeError(kernel.kind);
  }
};

/** Bytes that arrays of a dtype and length take. */
export const bytesOf = (dtype: DType, shape: Shape): number => byteSize(dtype) * sizeOf(shape);
