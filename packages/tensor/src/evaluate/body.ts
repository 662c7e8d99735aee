import {
  contiguousStrides,
  type DType,
  type Guard,
  guardKey,
  guardTruth,
  type Index,
  type Instruction,
  indexKey,
  linearIndex,
  valueIndex,
} from '@cotangent/ir';
import type { GraphNode } from './graph.js';
import { type Access, accessKey, throughConcat, throughGather, throughMovement } from './view.js';

/** What a body reads: buffers of vertices by number. */
export interface BodySource {
  readonly nodes: readonly GraphNode[];
  /** The vertex whose buffer holds `n`'s elements in row-major order, if one does. */
  bufferOf(n: number): number | undefined;
}

/** Builds a kernel's instructions from vertices read at kernel positions. Each vertex at each access is computed once. */
export class BodyBuilder {
  readonly instructions: Instruction[] = [];
  /** Vertices behind the kernel's input buffers. */
  readonly inputs: number[] = [];
  readonly #source: BodySource;
  readonly #numbers = new Map<string, number>();
  readonly #accesses = new Map<string, Access>();
  readonly #values = new Map<Access, Map<number, number>>();
  readonly #inner = new Map<Access, Map<string, Access>>();
  /** Vertices that the kernel computes as a whole: their value is an instruction already. */
  readonly #given = new Map<number, number>();
  readonly #combined = new Map<number, { readonly access: Access; readonly finish: (operand: number) => number }>();

  constructor(source: BodySource) {
    this.#source = source;
  }

  /** Says that vertex `n`, wherever it is read, is instruction `value`. */
  give(n: number, value: number): void {
    this.#given.set(n, value);
  }

  /** Says that vertex `n`, wherever it is read, comes from its input at `access` through `finish`. */
  combine(n: number, access: Access, finish: (operand: number) => number): void {
    this.#combined.set(n, { access: this.#canonical(access), finish });
  }

  /** Number of the kernel input that holds a vertex. */
  input(buffer: number): number {
    const known = this.inputs.indexOf(buffer);
    return known >= 0 ? known : this.inputs.push(buffer) - 1;
  }

  emit(instruction: Instruction): number {
    const key = instructionKey(instruction);
    let number = this.#numbers.get(key);
    if (number === undefined) {
      number = this.instructions.push(instruction) - 1;
      this.#numbers.set(key, number);
    }
    return number;
  }

  constant(value: number, dtype: DType): number {
    return this.emit({ op: 'constant', dtype, value });
  }

  /** The instruction that has vertex `root`'s element at `access`; walks without recursion. */
  read(root: number, access: Access): number {
    const start = this.#canonical(access);
    const stack: [number, Access][] = [[root, start]];
    while (stack.length > 0) {
      const [n, at] = stack[stack.length - 1] as [number, Access];
      if (this.#valueOf(n, at) !== undefined) {
        stack.pop();
        continue;
      }
      const missing = this.#needs(n, at).filter(([input, inner]) => this.#valueOf(input, inner) === undefined);
      if (missing.length > 0) {
        for (let i = missing.length - 1; i >= 0; i--) stack.push(missing[i] as [number, Access]);
        continue;
      }
      stack.pop();
      this.#setValue(n, at, this.#compute(n, at));
    }
    return this.#valueOf(root, start) as number;
  }

  #canonical(access: Access): Access {
    const key = accessKey(access);
    const known = this.#accesses.get(key);
    if (known !== undefined) return known;
    this.#accesses.set(key, access);
    return access;
  }

  #valueOf(n: number, access: Access): number | undefined {
    return this.#given.get(n) ?? this.#values.get(access)?.get(n);
  }

  #setValue(n: number, access: Access, value: number): void {
    let values = this.#values.get(access);
    if (values === undefined) {
      values = new Map();
      this.#values.set(access, values);
    }
    values.set(n, value);
  }

  /** An access derived from another once. */
  #derive(access: Access, key: string, make: () => Access): Access {
    let derived = this.#inner.get(access);
    if (derived === undefined) {
      derived = new Map();
      this.#inner.set(access, derived);
    }
    let inner = derived.get(key);
    if (inner === undefined) {
      inner = this.#canonical(make());
      derived.set(key, inner);
    }
    return inner;
  }

  /** What has to be known before vertex `n` at an access. */
  #needs(n: number, access: Access): (readonly [number, Access])[] {
    const { nodes } = this.#source;
    const node = nodes[n] as GraphNode;
    if (this.#source.bufferOf(n) !== undefined || node.inputs.length === 0) return [];
    const inputs = node.inputs;
    const first = inputs[0] as number;
    const combined = this.#combined.get(n);
    if (combined !== undefined) return [[first, combined.access]];
    switch (node.op) {
      case 'concat': {
        const parts = inputs.map((input) => nodes[input] as GraphNode);
        return inputs.map((input, part) => [
          input,
          this.#derive(access, `${n}/${part}`, () => throughConcat(node, parts, part, access)),
        ]);
      }
      case 'gather': {
        const position = this.#valueOf(inputs[1] as number, access);
        if (position === undefined) return [[inputs[1] as number, access]];
        const source = nodes[first] as GraphNode;
        return [[first, this.#derive(access, `${n}`, () => throughGather(node, source, valueIndex(position), access))]];
      }
      case 'reshape':
      case 'transpose':
      case 'broadcast':
      case 'slice':
      case 'pad':
      case 'window':
      case 'spread': {
        const input = nodes[first] as GraphNode;
        return [[first, this.#derive(access, `${n}`, () => throughMovement(node, input, access))]];
      }
      default:
        return inputs.map((input) => [input, access]);
    }
  }

  #compute(n: number, access: Access): number {
    const node = this.#source.nodes[n] as GraphNode;
    const buffer = this.#source.bufferOf(n);
    if (buffer !== undefined) return this.#load(buffer, node, access);
    const needs = this.#needs(n, access);
    const values = needs.map(([input, inner]) => this.#valueOf(input, inner) as number);
    const first = values[0] as number;
    const { dtype } = node;
    const combined = this.#combined.get(n);
    if (combined !== undefined) {
      this.give(n, combined.finish(first));
      return this.#given.get(n) as number;
    }
    switch (node.op) {
      case 'constant':
        return this.constant(node.attributes.value, dtype);
      case 'iota':
        return this.emit({ op: 'index', dtype: 'int32', index: access.coordinates[node.attributes.axis] as Index });
      case 'compare':
        return this.emit({
          op: node.attributes.comparison,
          dtype: 'bool',
          operands: [values[0] as number, values[1] as number],
        });
      case 'pad':
        return this.#guarded(first, (needs[0] as readonly [number, Access])[1], access, node.attributes.value, dtype);
      case 'spread':
      case 'gather':
        return this.#guarded(first, (needs[0] as readonly [number, Access])[1], access, 0, dtype);
      case 'concat': {
        let result = values[values.length - 1] as number;
        for (let part = values.length - 2; part >= 0; part--) {
          const guards = newGuards((needs[part] as readonly [number, Access])[1], access);
          result = this.#select(guards, values[part] as number, result, dtype);
        }
        return result;
      }
      case 'add': {
        const negated = this.instructions[values[1] as number] as Instruction;
        if (negated.op === 'negate')
          return this.emit({ op: 'subtract', dtype, operands: [first, negated.operands[0]] });
        return this.emit({ op: 'add', dtype, operands: [first, values[1] as number] });
      }
      case 'reshape':
      case 'transpose':
      case 'broadcast':
      case 'slice':
      case 'window':
        return first;
      default:
        return this.emit({ op: node.op, dtype, operands: values } as unknown as Instruction);
    }
  }

  #load(buffer: number, node: GraphNode, access: Access): number {
    if (access.guards.some((guard) => guardTruth(guard) === false)) return this.constant(0, node.dtype);
    const index = linearIndex(access.coordinates, contiguousStrides(node.shape));
    return this.emit({ op: 'load', dtype: node.dtype, input: this.input(buffer), index, guards: access.guards });
  }

  /** `value` where the guards that `inner` adds to `access` hold, else `fill`; a load that gives 0 there stays as it is. */
  #guarded(value: number, inner: Access, access: Access, fill: number, dtype: DType): number {
    const guards = newGuards(inner, access);
    const { op } = this.instructions[value] as Instruction;
    if (guards.length === 0 || (op === 'load' && fill === 0)) return value;
    return this.#select(guards, value, this.constant(fill, dtype), dtype);
  }

  #select(guards: readonly Guard[], whenTrue: number, whenFalse: number, dtype: DType): number {
    if (guards.some((guard) => guardTruth(guard) === false)) return whenFalse;
    if (guards.length === 0 || whenTrue === whenFalse) return whenTrue;
    const condition = this.emit({ op: 'inside', dtype: 'bool', guards });
    return this.emit({ op: 'select', dtype, operands: [condition, whenTrue, whenFalse] });
  }
}

const newGuards = (inner: Access, outer: Access): readonly Guard[] => {
  const known = new Set(outer.guards.map(guardKey));
  return inner.guards.filter((guard) => !known.has(guardKey(guard)));
};

const instructionKey = (instruction: Instruction): string => {
  switch (instruction.op) {
    case 'constant':
      return `c${instruction.dtype}${Object.is(instruction.value, -0) ? '-0' : instruction.value}`;
    case 'index':
      return `i${indexKey(instruction.index)}`;
    case 'load':
      return `l${instruction.input}@${indexKey(instruction.index)}?${instruction.guards.map(guardKey).join()}`;
    case 'inside':
      return `g${instruction.guards.map(guardKey).join()}`;
    case 'reduce':
      return `${instruction.reduction}:${instruction.dtype}:${instruction.operands[0]}`;
    case 'scan':
      return `scan${instruction.combine}${instruction.reverse}${instruction.exclusive}${instruction.dtype}${instruction.operands[0]}`;
    case 'accumulator':
      return 'accumulator';
    default:
      return `${instruction.op}:${instruction.dtype}:${instruction.operands.join()}`;
  }
};
