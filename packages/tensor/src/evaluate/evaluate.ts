import {
  type DeviceBuffer,
  DisposedError,
  type HostArrays,
  OutOfMemoryError,
  sizeOf,
  UnsupportedError,
} from '@cotangent/ir';
import type { Device } from '../graph/device.js';
import { attachStorage, createNode, type Node, withoutTracking } from '../graph/node.js';
import { Storage } from '../graph/storage.js';
import { BoundedCache } from './bounded-cache.js';
import { type Capture, capture } from './capture.js';
import { type Pending, pendingNodes, takePending } from './pending.js';
import { compileProgram, countKernels, type KernelCounts, type Program, runProgram } from './program.js';
import { requireNotTracing } from './trace.js';

/** Hashes whose programs a device keeps; programs of one hash are told apart by their keys. */
const programCapacity = 1024;
/** Programs by device, then by the hash of the structural key. */
const caches = new WeakMap<Device, BoundedCache<number, Program[]>>();
let isFusionEnabled = true;

/** Turns fusion off (every op its own kernel) or on again, to test one against the other. */
export const setFusion = (isEnabled: boolean): void => {
  isFusionEnabled = isEnabled;
};

const keysEqual = (a: Int32Array, b: Int32Array): boolean => {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
};

/** Whether ops are fused now. */
export const fusionEnabled = (): boolean => isFusionEnabled;

const findProgram = (captured: Capture, device: Device): Program => {
  let cache = caches.get(device);
  if (cache === undefined) {
    cache = new BoundedCache(programCapacity);
    caches.set(device, cache);
  }
  const known = cache.get(captured.hash) ?? [];
  let program = known.find((p) => p.isFused === isFusionEnabled && keysEqual(p.key, captured.key));
  if (program === undefined) {
    program = compileProgram(captured, device, isFusionEnabled);
    cache.set(captured.hash, [...known, program]);
  }
  return program;
};

const storageOf = (node: Node): Storage => {
  if (node.storage === undefined) {
    throw new DisposedError('evaluate', 'the tensor was disposed.', {
      sides: { tensor: `${node.dtype} [${node.shape.join(', ')}]` },
    });
  }
  return node.storage;
};

/** Computes nodes of one device in one program and gives them storage. */
const evaluateOn = (device: Device, roots: readonly Node[]): void => {
  const captured = capture(roots);
  const program = findProgram(captured, device);
  const buffers = runProgram(
    program,
    device,
    captured.leaves.map((leaf): DeviceBuffer => storageOf(leaf).buffer),
  );
  const results = buffers.map((buffer) => new Storage(device, buffer));
  for (const [i, root] of roots.entries()) {
    const slot = program.rootSlots[i] as number;
    attachStorage(
      root,
      slot < program.leafCount
        ? storageOf(captured.leaves[slot] as Node)
        : (results[slot - program.leafCount] as Storage),
    );
  }
  for (const root of roots) if (!root.tracked || root.isReleased) root.forgetInputs();
};

/**
 * Gives nodes their values, and with them every assigned variable on the same device. Where that fails, the variables
 * have their former values again.
 */
const evaluateWithPending = (nodes: readonly Node[]): void => {
  for (const device of new Set(nodes.map((node) => node.device))) {
    const requested = nodes.filter((node) => node.device === device);
    const pending = takePending(requested[0] as Node);
    const roots = new Set(requested.filter((node) => node.storage === undefined));
    for (const { node } of pending) if (node.storage === undefined) roots.add(node);
    try {
      if (roots.size > 0) evaluateOn(device, [...roots]);
    } catch (error) {
      settleAlone(device, pending);
      throw error;
    }
    for (const holder of pending) holder.settle();
  }
};

/** Computes assigned variables without what failed beside them; where they can't be computed either, takes them back. */
const settleAlone = (device: Device, pending: readonly Pending[]): void => {
  try {
    const roots = new Set(pending.map(({ node }) => node).filter((node) => node.storage === undefined));
    if (roots.size > 0) evaluateOn(device, [...roots]);
  } catch {
    for (const holder of pending) holder.revert();
    return;
  }
  for (const holder of pending) holder.settle();
};

/** Gives nodes their values; those that have them are left alone, and assigned variables with them. */
export const evaluateNow = (nodes: readonly Node[]): void => {
  requireNotTracing('evaluate');
  for (const node of nodes) if (node.isDisposed && node.storage === undefined) storageOf(node);
  const missing = nodes.filter((node) => node.storage === undefined);
  if (missing.length > 0) evaluateWithPending(missing);
};

/** Computes every assigned variable of every device. */
export const evaluatePending = (): void => {
  requireNotTracing('evaluate');
  evaluateWithPending(pendingNodes());
};

/** Evaluates; out of memory, it lets collected tensors be freed once and tries again. */
export const evaluateNodes = async (nodes: readonly Node[]): Promise<void> => {
  try {
    evaluateNow(nodes);
  } catch (error) {
    if (!(error instanceof OutOfMemoryError)) throw error;
    await new Promise((resolve) => setTimeout(resolve));
    evaluateNow(nodes);
  }
};

/** The node that the host reads: float16 is widened on the device. */
const readable = (node: Node): Node =>
  node.dtype === 'float16'
    ? withoutTracking(() => createNode('cast', {}, [node], 'float32', node.shape, node.device))
    : node;

/** Copies an evaluated node's values to the host. */
export const readNode = async (node: Node): Promise<HostArrays[keyof HostArrays]> => {
  requireNotTracing('data');
  const source = readable(node);
  if (source !== node) await evaluateNodes([source]);
  const { buffer, device } = storageOf(source);
  return device.backend.read(buffer, source.dtype, sizeOf(source.shape));
};

/** Evaluates and copies to the host at once. */
export const readNodeSync = (node: Node): HostArrays[keyof HostArrays] => {
  const { backend } = node.device;
  if (backend.readSync === undefined) {
    throw new UnsupportedError('dataSync', `the device '${backend.name}' answers only later.`, {
      hint: 'Use await data().',
    });
  }
  const source = readable(node);
  evaluateNow([node, source]);
  return backend.readSync(storageOf(source).buffer, source.dtype, sizeOf(source.shape));
};

/** How many kernels of each kind it takes to evaluate the nodes now; evaluates nothing. */
export const kernelCounts = (nodes: readonly Node[]): KernelCounts => {
  const roots = nodes.filter((node) => node.storage === undefined);
  const first = roots[0];
  return first === undefined ? {} : countKernels(findProgram(capture(roots), first.device));
};
