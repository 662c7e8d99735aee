import type { Graph, Node, Variable } from './graph.js';
import type { FunctionCode } from './module.js';
import { control, opcodes, type StoreName, storeOpcodes, type ValueType, valueTypeCodes } from './opcodes.js';

/** Something a block does, as opposed to what it computes. */
export type Statement =
  | {
      readonly kind: 'store';
      readonly name: StoreName;
      readonly address: Node;
      readonly value: Node;
      readonly lane?: number;
    }
  /** Sets all variables after computing all values. */
  | { readonly kind: 'assign'; readonly variables: readonly Variable[]; readonly values: readonly Node[] };

type Item =
  | { readonly kind: 'statements'; readonly statements: readonly Statement[] }
  | {
      readonly kind: 'loop';
      readonly counter: number;
      readonly begin: Node;
      readonly end: Node;
      readonly step: number;
      readonly body: Block;
    }
  | { readonly kind: 'branch'; readonly condition: Node; readonly body: Block };

/** Statements and loops at one depth of a function. */
export class Block {
  readonly graph: Graph;
  readonly code: FunctionCode;
  readonly depth: number;
  readonly items: Item[] = [];
  readonly variables: Variable[] = [];

  constructor(graph: Graph, code: FunctionCode, depth = 0) {
    this.graph = graph;
    this.code = code;
    this.depth = depth;
  }

  /** Runs statements in order; what several of them share is computed once, before the first. */
  do(...statements: readonly Statement[]): void {
    if (statements.length > 0) this.items.push({ kind: 'statements', statements });
  }

  /** A local variable of this block with a first value. */
  variable(initial: Node): Variable {
    const variable: Variable = { type: initial.type, local: undefined };
    this.variables.push(variable);
    this.do({ kind: 'assign', variables: [variable], values: [initial] });
    return variable;
  }

  /** The variable's value here. */
  read(variable: Variable): Node {
    return this.graph.read(variable, this.depth);
  }

  /** The node's value, held in this block: nothing made from it is computed further out. */
  pin(node: Node): Node {
    return this.read(this.variable(node));
  }

  /** Runs `fill`'s block for `begin`, `begin + step`, … below `end`. */
  loop(begin: Node, end: Node, step: number, fill: (body: Block, counter: Node) => void): void {
    const body = new Block(this.graph, this.code, this.depth + 1);
    const counter = this.code.allocate('i32');
    fill(body, this.graph.local(counter, 'i32', body.depth));
    this.items.push({ kind: 'loop', counter, begin, end, step, body });
  }

  /** Runs `fill`'s block where the condition is not 0. */
  branch(condition: Node, fill: (body: Block) => void): void {
    const body = new Block(this.graph, this.code, this.depth + 1);
    fill(body);
    this.items.push({ kind: 'branch', condition, body });
  }

  /** Writes the function: every node in the block of its depth, before the first item that needs it. */
  write(): void {
    new Writer(this.code).block(this);
  }
}

/** Which nodes an item needs, and which of them deserve a local. */
class Demand {
  readonly order: Node[] = [];
  readonly kept = new Set<Node>();
  readonly #seen = new Set<Node>();
  readonly #depth: number;
  readonly #locals: ReadonlyMap<Node, number>;

  constructor(depth: number, locals: ReadonlyMap<Node, number>) {
    this.#depth = depth;
    this.#locals = locals;
  }

  /** Notes a use; `inline` says that the value may be computed at the place of use. */
  use(node: Node, inline: boolean): void {
    if (node.form.kind === 'integer' || node.form.kind === 'local' || this.#locals.has(node)) return;
    const isHere = node.depth <= this.#depth;
    if (isHere && (!inline || this.#seen.has(node))) this.kept.add(node);
    if (this.#seen.has(node)) return;
    this.#seen.add(node);
    for (const input of node.inputs) this.use(input, isHere && node.form.kind !== 'code');
    this.#useArms(node);
    if (isHere) this.order.push(node);
  }

  /** What arms are made from is computed before the choice. */
  #useArms({ form }: Node): void {
    if (form.kind !== 'choice') return;
    for (const arm of form.arms) {
      for (const input of arm.inputs) this.use(input, false);
      this.#useArms(arm);
    }
  }

  item(item: Item, inline: boolean): void {
    if (item.kind === 'statements') {
      for (const statement of item.statements) {
        const nodes = statement.kind === 'store' ? [statement.address, statement.value] : statement.values;
        for (const node of nodes) this.use(node, inline);
      }
      return;
    }
    if (item.kind === 'loop') {
      this.use(item.begin, inline);
      this.use(item.end, false);
    } else this.use(item.condition, inline);
    for (const inner of item.body.items) this.item(inner, false);
  }
}

class Writer {
  readonly #code: FunctionCode;
  readonly #locals = new Map<Node, number>();

  constructor(code: FunctionCode) {
    this.#code = code;
  }

  block(block: Block): void {
    const made: Node[] = [];
    for (const variable of block.variables) variable.local = this.#code.allocate(variable.type);
    for (const item of block.items) {
      const demand = new Demand(block.depth, this.#locals);
      demand.item(item, true);
      for (const node of demand.order) {
        if (!demand.kept.has(node)) continue;
        this.#value(node);
        const local = this.#code.allocate(node.type);
        this.#code.set(local);
        this.#locals.set(node, local);
        made.push(node);
      }
      this.#item(item);
    }
    for (const node of made) {
      this.#code.release(node.type, this.#locals.get(node) as number);
      this.#locals.delete(node);
    }
    for (const variable of block.variables) this.#code.release(variable.type, variable.local as number);
  }

  #item(item: Item): void {
    const code = this.#code;
    if (item.kind === 'statements') {
      for (const statement of item.statements) this.#statement(statement);
    } else if (item.kind === 'branch') {
      this.#value(item.condition);
      code.push(control.if, control.void);
      this.block(item.body);
      code.push(control.end);
    } else {
      this.#value(item.begin);
      code.tee(item.counter);
      this.#value(item.end);
      code.push(...opcodes['i32.lt_s'].bytes, control.if, control.void, control.loop, control.void);
      this.block(item.body);
      code.get(item.counter);
      code.integer(item.step);
      code.push(...opcodes['i32.add'].bytes);
      code.tee(item.counter);
      this.#value(item.end);
      code.push(...opcodes['i32.lt_s'].bytes, control.branchIf, 0, control.end, control.end);
    }
  }

  #statement(statement: Statement): void {
    if (statement.kind === 'store') {
      this.#value(statement.address);
      this.#value(statement.value);
      this.#code.push(...storeOpcodes[statement.name], 0, 0);
      if (statement.lane !== undefined) this.#code.push(statement.lane);
      return;
    }
    for (const value of statement.values) this.#value(value);
    for (const variable of [...statement.variables].reverse()) this.#code.set(variable.local as number);
  }

  /** Leaves the node's value on the stack. */
  #value(node: Node): void {
    const code = this.#code;
    const kept = this.#locals.get(node);
    if (kept !== undefined) {
      code.get(kept);
      return;
    }
    const { form } = node;
    switch (form.kind) {
      case 'operation':
        for (const input of node.inputs) this.#value(input);
        code.push(...form.bytes);
        return;
      case 'integer':
        code.integer(form.value);
        return;
      case 'local':
        code.get(form.local);
        return;
      case 'variable':
        code.get(form.variable.local as number);
        return;
      case 'choice':
        this.#value(node.inputs[0] as Node);
        code.push(control.if, valueTypeCodes[node.type]);
        this.#value(form.arms[0]);
        code.push(control.else);
        this.#value(form.arms[1]);
        code.push(control.end);
        return;
      case 'code':
        this.#written(node, form.write);
    }
  }

  #written(node: Node, write: (code: FunctionCode, locals: readonly number[]) => void): void {
    const scratch: { type: ValueType; local: number }[] = [];
    const locals = node.inputs.map((input) => {
      const kept = this.#locals.get(input);
      if (kept !== undefined) return kept;
      if (input.form.kind === 'local') return input.form.local;
      const local = this.#code.allocate(input.type);
      scratch.push({ type: input.type, local });
      this.#value(input);
      this.#code.set(local);
      return local;
    });
    write(this.#code, locals);
    for (const { type, local } of scratch) this.#code.release(type, local);
  }
}
