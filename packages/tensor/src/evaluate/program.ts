import {
  type Backend,
  type DeviceBuffer,
  type Executable,
  type KernelKind,
  kernelKey,
  type Launch,
} from '@cotangent/ir';
import type { Device } from '../graph/device.js';
import { BoundedCache } from './bounded-cache.js';
import type { Capture } from './capture.js';
import { fuse } from './fuse.js';
import { lower, type Step } from './lower.js';
import { simplify } from './simplify.js';

/** One launch of a program: which kernel, on which of the program's buffers. */
interface PlannedLaunch {
  readonly executable: Executable;
  /** Slots of inputs, then of outputs. */
  readonly slots: readonly number[];
}

/** A planned graph: leaves in, roots out, intermediates in shared temporary buffers. */
export interface Program {
  readonly key: Int32Array;
  readonly isFused: boolean;
  readonly launches: readonly PlannedLaunch[];
  /** Slots are numbered leaves first, then buffers that hold results, then temporaries. */
  readonly leafCount: number;
  readonly resultBytes: readonly number[];
  readonly temporaryBytes: readonly number[];
  /** For each root, its slot: a leaf's where the root is a view of a leaf. */
  readonly rootSlots: readonly number[];
}

/** How many kernels of each kind a program launches. */
export type KernelCounts = Readonly<Partial<Record<KernelKind, number>>>;

export const countKernels = ({ launches }: Program): KernelCounts => {
  const counts: Partial<Record<KernelKind, number>> = {};
  for (const { executable } of launches) {
    const { kind } = executable.kernel;
    counts[kind] = (counts[kind] ?? 0) + 1;
  }
  return counts;
};

/** Kernels that a backend keeps compiled besides those of its programs. */
const executableCapacity = 4096;
const executables = new WeakMap<Backend, BoundedCache<string, Executable>>();

const prepare = (backend: Backend, step: Step): Executable => {
  let known = executables.get(backend);
  if (known === undefined) {
    known = new BoundedCache(executableCapacity);
    executables.set(backend, known);
  }
  const key = kernelKey(step.kernel);
  let executable = known.get(key);
  if (executable === undefined) {
    executable = backend.prepare(step.kernel);
    known.set(key, executable);
  }
  return executable;
};

/** Compiles a captured graph for a device. */
export const compileProgram = (captured: Capture, device: Device, isFused: boolean): Program => {
  const { backend } = device;
  const graph = simplify(captured);
  const fusion = fuse(graph, { limits: backend.limits, isEnabled: isFused });
  const steps = lower(graph, fusion);
  const holder = (n: number): number => {
    let buffer = n;
    for (let next = fusion.aliases.get(buffer); next !== undefined; next = fusion.aliases.get(buffer)) buffer = next;
    return buffer;
  };

  const slots = new Map<number, number>(graph.leaves.map((leaf, i) => [leaf, i]));
  const bytes = new Map<number, number>();
  for (const { kernel, outputs } of steps) {
    for (const [i, n] of outputs.entries()) {
      const { dtype, length } = kernel.outputs[i] as { dtype: Parameters<Backend['byteLength']>[0]; length: number };
      bytes.set(n, backend.byteLength(dtype, length));
    }
  }
  const resultBytes: number[] = [];
  for (const root of graph.roots) {
    const n = holder(root);
    if (slots.has(n)) continue;
    slots.set(n, graph.leaves.length + resultBytes.length);
    resultBytes.push(bytes.get(n) as number);
  }
  const firstTemporary = graph.leaves.length + resultBytes.length;
  const temporaryBytes = shareTemporaries(steps, slots, bytes, firstTemporary);
  const launches = steps.map((step) => ({
    executable: prepare(backend, step),
    slots: [...step.inputs, ...step.outputs].map((n) => slots.get(n) as number),
  }));
  return {
    key: captured.key,
    isFused,
    launches,
    leafCount: graph.leaves.length,
    resultBytes,
    temporaryBytes,
    rootSlots: graph.roots.map((root) => slots.get(holder(root)) as number),
  };
};

/** Largest part of a reused temporary that may lie idle. */
const wasteLimit = 0.25;

/** Gives intermediates slots by liveness: one that is read for the last time frees its slot for later ones of similar size. */
const shareTemporaries = (
  steps: readonly Step[],
  slots: Map<number, number>,
  bytes: ReadonlyMap<number, number>,
  firstSlot: number,
): number[] => {
  const lastUse = new Map<number, number>();
  for (const [i, step] of steps.entries()) for (const n of [...step.inputs, ...step.outputs]) lastUse.set(n, i);
  const sizes: number[] = [];
  const free: number[] = [];
  const take = (size: number): number => {
    let best = -1;
    for (const [i, slot] of free.entries()) {
      const held = sizes[slot] as number;
      const isBetter = best < 0 || held < (sizes[free[best] as number] as number);
      if (held >= size && size >= held * (1 - wasteLimit) && isBetter) best = i;
    }
    if (best >= 0) return free.splice(best, 1)[0] as number;
    return sizes.push(size) - 1;
  };
  for (const [i, step] of steps.entries()) {
    for (const n of step.outputs) {
      if (!slots.has(n)) slots.set(n, firstSlot + take(bytes.get(n) as number));
    }
    for (const n of new Set([...step.inputs, ...step.outputs])) {
      const slot = slots.get(n) as number;
      if (lastUse.get(n) === i && slot >= firstSlot) free.push(slot - firstSlot);
    }
  }
  return sizes;
};

/** Buffers for sizes, all or none. */
export const allocateAll = (device: Device, byteLengths: readonly number[]): DeviceBuffer[] => {
  const buffers: DeviceBuffer[] = [];
  try {
    for (const byteLength of byteLengths) buffers.push(device.allocate(byteLength));
  } catch (error) {
    for (const buffer of buffers) device.free(buffer);
    throw error;
  }
  return buffers;
};

/** Runs a program on its buffers, in the order of its slots: leaves, results, temporaries. */
export const submitProgram = (program: Program, device: Device, buffers: readonly DeviceBuffer[]): void => {
  const launches: Launch[] = program.launches.map(({ executable, slots }) => ({
    executable,
    buffers: slots.map((slot) => buffers[slot] as DeviceBuffer),
  }));
  device.backend.submit(launches);
};

/** Runs a program on its leaves; returns the buffers that hold results. */
export const runProgram = (program: Program, device: Device, leaves: readonly DeviceBuffer[]): DeviceBuffer[] => {
  const allocated = allocateAll(device, [...program.resultBytes, ...program.temporaryBytes]);
  try {
    submitProgram(program, device, [...leaves, ...allocated]);
  } catch (error) {
    for (const buffer of allocated) device.free(buffer);
    throw error;
  }
  const results = allocated.slice(0, program.resultBytes.length);
  for (const buffer of allocated.slice(results.length)) device.free(buffer);
  return results;
};
