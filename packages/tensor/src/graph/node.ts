import type { DType, Shape } from '@cotangent/ir';
import { isTracing } from '../evaluate/trace.js';
import type { Device } from './device.js';
import type { OpAttributes, OpName } from './op.js';
import type { Storage } from './storage.js';

/** Sees each node as it is made; a tape is one. */
export interface Recorder {
  record(node: Node): void;
}

const recorders: Recorder[] = [];
let isTracking = true;

/** Adds a recorder until the returned function is called. */
export const startRecording = (recorder: Recorder): (() => void) => {
  recorders.push(recorder);
  return () => {
    const position = recorders.lastIndexOf(recorder);
    if (position >= 0) recorders.splice(position, 1);
  };
};

/** Whether a recorder sees what is made now. */
export const isRecording = (): boolean => recorders.length > 0;

/** Runs `body` with no recorder and no gradient history. */
export const withoutTracking = <T>(body: () => T): T => {
  const paused = recorders.splice(0);
  const before = isTracking;
  isTracking = false;
  try {
    return body();
  } finally {
    isTracking = before;
    recorders.push(...paused);
  }
};

const signatures = new Map<string, number>();

/** A small integer that is equal for nodes of equal op, attributes, dtype and shape. */
const signatureOf = (op: OpName, attributes: object, dtype: DType, shape: Shape): number => {
  let key = `${op}|${dtype}|${shape.join()}`;
  for (const name in attributes) {
    const value = (attributes as Record<string, unknown>)[name];
    key += typeof value === 'number' ? `|${Object.is(value, -0) ? '-0' : value}` : `|${String(value)}`;
  }
  let signature = signatures.get(key);
  if (signature === undefined) {
    signature = signatures.size;
    signatures.set(key, signature);
  }
  return signature;
};

const noInputs: readonly Node[] = [];

/**
 * A vertex of the lazy graph: what to compute, and once computed, where the result is.
 *
 * A node with storage is a leaf to the evaluator. A tracked node keeps its inputs as gradient history even then.
 */
export class Node<K extends OpName = OpName> {
  readonly signature: number;
  /** Depends on a variable, so that `backward` can reach it. */
  tracked = false;
  storage: Storage | undefined;
  /** What stands for the node in a structural key while it has storage. */
  storedSignature = -1;
  isDisposed = false;
  /** Stands for an argument of the function that is being compiled. */
  isPlaceholder = false;
  /** No gradient flows through it any more: `backward` has been here. */
  isReleased = false;
  /** The gradient rule of a `call` node. */
  rule: ((cotangent: Node) => readonly (Node | undefined)[]) | undefined;
  /** Scratch of the traversal that last visited this node. */
  visit = 0;
  position = 0;

  /** A program reads it from memory. */
  get isLeaf(): boolean {
    return this.storage !== undefined || this.isPlaceholder;
  }

  /** Had a value once, so that without storage it is gone for good. */
  get wasEvaluated(): boolean {
    return this.storedSignature >= 0 || this.op === 'data';
  }

  constructor(
    readonly op: K,
    readonly attributes: OpAttributes[K],
    public inputs: readonly Node[],
    readonly dtype: DType,
    readonly shape: Shape,
    readonly device: Device,
  ) {
    this.signature = signatureOf(op, attributes, dtype, shape);
  }

  /** Lets go of the inputs: the node has its value, and no gradient will flow through it. */
  forgetInputs(): void {
    this.inputs = noInputs;
    this.rule = undefined;
  }
}

/** Makes a node, tracks it if an input is tracked, and shows it to the recorders. */
export const createNode = <K extends OpName>(
  op: K,
  attributes: OpAttributes[K],
  inputs: readonly Node[],
  dtype: DType,
  shape: Shape,
  device: Device,
  rule?: Node['rule'],
): Node<K> => {
  const node = new Node(op, attributes, inputs, dtype, shape, device);
  node.rule = rule;
  if (isTracking) {
    for (const input of inputs) if (input.tracked) node.tracked = true;
  }
  for (const recorder of recorders) recorder.record(node);
  return node;
};

const storages = new FinalizationRegistry<Storage>((storage) => storage.release());

/** Gives a node its value; the storage is released when the node is disposed or collected. */
export const attachStorage = (node: Node, storage: Storage): void => {
  storage.retain();
  node.storage = storage;
  node.storedSignature = signatureOf('data', {}, node.dtype, node.shape);
  storages.register(node, storage, node);
  // What a compiled function makes on the host stays with its program.
  if (!isTracing()) currentScope?.add(node);
};

/** A node for a value that comes with each call of a compiled function. */
export const createPlaceholder = (dtype: DType, shape: Shape, device: Device): Node => {
  const node = withoutTracking(() => createNode('data', {}, [], dtype, shape, device));
  node.isPlaceholder = true;
  node.storedSignature = signatureOf('data', {}, dtype, shape);
  return node;
};

/** Takes a node's value away; using the node afterwards is an error. Idempotent. */
export const disposeNode = (node: Node): void => {
  node.isDisposed = true;
  const { storage } = node;
  if (storage === undefined) return;
  node.storage = undefined;
  storages.unregister(node);
  storage.release();
};

/** Nodes that got storage while a scope was open. */
export type ScopeNodes = Set<Node>;
let currentScope: ScopeNodes | undefined;

/** Opens a scope for storage; returns its nodes and the function that closes it. */
export const openScope = (): { nodes: ScopeNodes; close: () => void } => {
  const parent = currentScope;
  const nodes: ScopeNodes = new Set();
  currentScope = nodes;
  return {
    nodes,
    close: () => {
      currentScope = parent;
    },
  };
};

/** Hands nodes that outlive their scope to the scope that is open now, if any. */
export const adoptIntoScope = (node: Node): void => {
  if (node.storage !== undefined) currentScope?.add(node);
};
