import { DtypeError, ShapeError, shapesEqual } from '@cotangent/ir';
import { markPending } from './evaluate/pending.js';
import { currentTrace, isTracing } from './evaluate/trace.js';
import { attachStorage, createNode, disposeNode, type Node, withoutTracking } from './graph/node.js';
import type { Storage } from './graph/storage.js';
import { Tensor } from './tensor.js';

/** How a variable behaves. */
export interface VariableOptions {
  /** Shown in errors and summaries. */
  readonly name?: string;
  /** Whether gradients flow to it; true. */
  readonly trainable?: boolean;
}

/**
 * A tensor whose value can be replaced: a parameter, an optimizer moment, a running statistic.
 *
 * Ops on it use the value it has then. `assign` is lazy like any op, takes effect with the next evaluation on the device,
 * and frees the old storage there; `backward` adds to `grad` of every trainable variable that the loss depends on.
 */
export class Variable extends Tensor {
  readonly name: string;
  #grad: Tensor | undefined;
  #trainable: boolean;
  /** The value last evaluated, to return to where an assignment fails. */
  #settled: Node;

  constructor(value: Tensor, { name = 'variable', trainable = true }: VariableOptions = {}) {
    super(value.node);
    this.name = name;
    this.#trainable = trainable;
    this.#settled = this.#hold(value.node);
    this.node = this.#settled;
    if (this.node.storage === undefined) markPending(this);
    const trace = currentTrace();
    if (trace !== undefined) trace.createdCount++;
  }

  /** What `backward` has added up since the last `zeroGrad`. */
  get grad(): Tensor | undefined {
    return this.#grad;
  }
  set grad(grad: Tensor | undefined) {
    const before = this.#grad;
    currentTrace()?.undos.push(() => {
      this.#grad = before;
    });
    this.#grad = grad;
  }

  get trainable(): boolean {
    return this.#trainable;
  }
  set trainable(trainable: boolean) {
    this.#trainable = trainable;
    this.node = this.#hold(this.node);
    markPending(this);
  }

  /** Replaces the value; shape and dtype must stay. */
  assign(value: Tensor): void {
    if (!shapesEqual(value.shape, this.shape)) {
      throw new ShapeError('assign', `the shape of '${this.name}' is fixed.`, {
        sides: { variable: this.shape, value: value.shape },
      });
    }
    if (value.dtype !== this.dtype) {
      throw new DtypeError('assign', `the dtype of '${this.name}' is fixed.`, {
        sides: { variable: this.dtype, value: value.dtype },
        hint: `Use cast(value, '${this.dtype}').`,
      });
    }
    this.node = this.#hold(value.node);
    markPending(this);
  }

  /** A node of the variable's own for `value`, at which gradients stop and are collected. */
  #hold(value: Node): Node {
    const node = withoutTracking(() => createNode('detach', {}, [value], value.dtype, value.shape, value.device));
    node.tracked = this.#trainable;
    owners.set(node, this);
    // A program's graph has to show whose value is taken.
    if (value.storage !== undefined && !isTracing()) {
      attachStorage(node, value.storage);
      node.forgetInputs();
    }
    return node;
  }

  /** Called when the pending value has storage: the one before it is freed. */
  settle(): void {
    if (this.#settled !== this.node) disposeNode(this.#settled);
    this.#settled = this.node;
    this.node.forgetInputs();
  }

  /** Takes a value that a program computed; the one before it is freed. */
  adopt(storage: Storage): void {
    const { dtype, shape, device } = this.#settled;
    const node = withoutTracking(() => createNode('data', {}, [], dtype, shape, device));
    node.tracked = this.#trainable;
    owners.set(node, this);
    attachStorage(node, storage);
    this.node = node;
    this.settle();
  }

  /** Called when the pending value could not be computed: the one before it is back. */
  revert(): void {
    this.node = this.#settled;
    if (this.node.storage === undefined) markPending(this);
  }
}

const owners = new WeakMap<Node, Variable>();

/** The variable whose value a node is. */
export const variableOf = (node: Node): Variable | undefined => owners.get(node);
