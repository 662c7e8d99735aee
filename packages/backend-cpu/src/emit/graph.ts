import { type FunctionCode, type HostFunction, hostFunctions, type ModuleCode } from './module.js';
import { control, type OpcodeName, opcodes, type ValueType } from './opcodes.js';

/**
 * A value in a function under construction. `depth` is the deepest loop that it changes in: a node is computed in the block of
 * that depth, once, which is what moves invariant work out of loops.
 */
export interface Node {
  readonly id: number;
  readonly type: ValueType;
  readonly depth: number;
  readonly inputs: readonly Node[];
  readonly form: Form;
}

export type Form =
  /** Inputs on the stack, then these bytes. */
  | { readonly kind: 'operation'; readonly bytes: readonly number[] }
  /** A 32-bit integer constant: cheaper to repeat than to keep. */
  | { readonly kind: 'integer'; readonly value: number }
  /** A local variable that nobody sets while the node is in use. */
  | { readonly kind: 'local'; readonly local: number }
  /** A local variable that is set between uses. */
  | { readonly kind: 'variable'; readonly variable: Variable }
  /** The first input is the condition; each arm runs only when taken, except for the arms' inputs. */
  | { readonly kind: 'choice'; readonly arms: readonly [Node, Node] }
  /** Code that reads its inputs from locals. */
  | { readonly kind: 'code'; readonly write: (code: FunctionCode, locals: readonly number[]) => void };

/** A local variable with a type; it gets its number where its block is written. */
export interface Variable {
  readonly type: ValueType;
  local: number | undefined;
}

/** Sixteen bytes for writing constants. */
const constantView = new DataView(new ArrayBuffer(16));

/** Makes nodes; structurally equal ones are one node. */
export class Graph {
  readonly module: ModuleCode;
  readonly #interned = new Map<string, Node>();
  #count = 0;

  constructor(module: ModuleCode) {
    this.module = module;
  }

  #make(type: ValueType, inputs: readonly Node[], form: Form, depth = 0): Node {
    for (const input of inputs) if (input.depth > depth) depth = input.depth;
    return { id: this.#count++, type, depth, inputs, form };
  }

  #intern(key: string, type: ValueType, inputs: readonly Node[], form: () => Form): Node {
    for (const input of inputs) key += `,${input.id}`;
    let node = this.#interned.get(key);
    if (!node) {
      node = this.#make(type, inputs, form());
      this.#interned.set(key, node);
    }
    return node;
  }

  /** An instruction without immediates besides a plain memory argument. */
  op(name: OpcodeName, ...inputs: readonly Node[]): Node {
    const { bytes, result, memory } = opcodes[name];
    const form = (): Form => ({ kind: 'operation', bytes: memory ? [...bytes, 0, 0] : bytes });
    return this.#intern(name, result, inputs, form);
  }

  /** An instruction on one lane. */
  lane(name: OpcodeName, lane: number, ...inputs: readonly Node[]): Node {
    const { bytes, result, memory } = opcodes[name];
    const form = (): Form => ({ kind: 'operation', bytes: memory ? [...bytes, 0, 0, lane] : [...bytes, lane] });
    return this.#intern(`${name}:${lane}`, result, inputs, form);
  }

  /** A load of memory that this function also writes: made anew each time, and not moved out of the block of `depth`. */
  freshLoad(name: OpcodeName, address: Node, depth: number): Node {
    const { bytes, result } = opcodes[name];
    return this.#make(result, [address], { kind: 'operation', bytes: [...bytes, 0, 0] }, depth);
  }

  /** Bytes of `low`, then of `high`, picked by number. */
  shuffle(low: Node, high: Node, bytes: readonly number[]): Node {
    const form = (): Form => ({ kind: 'operation', bytes: [...opcodes['i8x16.shuffle'].bytes, ...bytes] });
    return this.#intern(`shuffle:${bytes.join()}`, 'v128', [low, high], form);
  }

  /** 32-bit lanes of `low` (0–3) and `high` (4–7), picked by number. */
  shuffle32(low: Node, high: Node, lanes: readonly [number, number, number, number]): Node {
    const bytes = lanes.flatMap((lane) => [lane * 4, lane * 4 + 1, lane * 4 + 2, lane * 4 + 3]);
    return this.shuffle(low, high, bytes);
  }

  integer(value: number): Node {
    return this.#intern(`i32:${value | 0}`, 'i32', [], () => ({ kind: 'integer', value: value | 0 }));
  }

  #constant(key: string, write: (view: DataView) => void): Node {
    return this.#intern(key, 'v128', [], () => {
      write(constantView);
      return { kind: 'operation', bytes: [0xfd, 12, ...new Uint8Array(constantView.buffer)] };
    });
  }

  int32x4(...lanes: readonly [number, number, number, number]): Node {
    return this.#constant(`i32x4:${lanes.join()}`, (view) => {
      for (let i = 0; i < 4; i++) view.setInt32(i * 4, lanes[i] as number, true);
    });
  }

  /** A 32-bit integer in all lanes. */
  int32All(value: number): Node {
    return this.int32x4(value, value, value, value);
  }

  /** A float32 in all lanes. */
  float32All(value: number): Node {
    return this.#constant(`f32x4:${Object.is(value, -0) ? '-0' : value}`, (view) => {
      for (let i = 0; i < 4; i++) view.setFloat32(i * 4, value, true);
    });
  }

  /** A float64 in both lanes. */
  float64All(value: number): Node {
    return this.#constant(`f64x2:${Object.is(value, -0) ? '-0' : value}`, (view) => {
      for (let i = 0; i < 2; i++) view.setFloat64(i * 8, value, true);
    });
  }

  /** A parameter or loop counter. */
  local(local: number, type: ValueType, depth: number): Node {
    return this.#make(type, [], { kind: 'local', local }, depth);
  }

  /** The variable's value at the point of use, in the block of `depth`. */
  read(variable: Variable, depth: number): Node {
    return this.#make(variable.type, [], { kind: 'variable', variable }, depth);
  }

  /** One of two values; only the arm taken is run, though not what the arm itself is made from. */
  choice(condition: Node, whenTrue: Node, whenFalse: Node): Node {
    const node = this.#make(whenTrue.type, [condition], { kind: 'choice', arms: [whenTrue, whenFalse] });
    return { ...node, depth: Math.max(node.depth, whenTrue.depth, whenFalse.depth) };
  }

  code(type: ValueType, inputs: readonly Node[], write: (code: FunctionCode, locals: readonly number[]) => void): Node {
    return this.#make(type, inputs, { kind: 'code', write });
  }

  /** A float64 function of the host. */
  callHost(host: HostFunction, ...inputs: readonly Node[]): Node {
    if (inputs.length !== hostFunctions[host]) throw new RangeError(`${host} takes ${hostFunctions[host]} operands`);
    const number = this.module.importFunction(host);
    return this.#intern(`call:${host}`, 'f64', inputs, () => ({ kind: 'operation', bytes: [control.call, number] }));
  }

  /** `left + right` on 32-bit integers, folded where constant. */
  add(left: Node, right: Node): Node {
    const l = constantOf(left);
    const r = constantOf(right);
    if (l !== undefined && r !== undefined) return this.integer(l + r);
    if (l === 0) return right;
    return r === 0 ? left : this.op('i32.add', left, right);
  }

  /** `node·factor` on 32-bit integers. */
  scale(node: Node, factor: number): Node {
    const value = constantOf(node);
    if (value !== undefined) return this.integer(Math.imul(value, factor));
    if (factor === 0) return this.integer(0);
    if (factor === 1) return node;
    if (isPowerOfTwo(factor)) return this.op('i32.shl', node, this.integer(Math.log2(factor)));
    return this.op('i32.mul', node, this.integer(factor));
  }

  /** Sum of 32-bit integers, those of outer loops first, so that each partial sum is computed as far out as it can be. */
  sum(parts: readonly Node[]): Node {
    const sorted = [...parts].sort((a, b) => a.depth - b.depth);
    return sorted.reduce((total, part) => this.add(total, part), this.integer(0));
  }

  smaller(left: Node, right: Node): Node {
    return this.#select(left, right, this.op('i32.lt_s', left, right));
  }

  larger(left: Node, right: Node): Node {
    return this.#select(left, right, this.op('i32.gt_s', left, right));
  }

  #select(whenTrue: Node, whenFalse: Node, condition: Node): Node {
    const t = constantOf(whenTrue);
    const f = constantOf(whenFalse);
    if (t !== undefined && t === f) return whenTrue;
    const inputs = [whenTrue, whenFalse, condition];
    return this.#intern('select', whenTrue.type, inputs, () => ({ kind: 'operation', bytes: [0x1b] }));
  }

  /** `whenTrue` where the condition is not 0; both are computed. */
  select(condition: Node, whenTrue: Node, whenFalse: Node): Node {
    return this.#select(whenTrue, whenFalse, condition);
  }
}

export const isPowerOfTwo = (value: number): boolean => value > 0 && Number.isInteger(Math.log2(value));

/** The value of an integer constant. */
export const constantOf = (node: Node): number | undefined =>
  node.form.kind === 'integer' ? node.form.value : undefined;
