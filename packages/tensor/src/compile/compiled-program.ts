import { type DeviceBuffer, DisposedError, type HostArray } from '@cotangent/ir';
import { allocateAll, countKernels, type KernelCounts, type Program, submitProgram } from '../evaluate/program.js';
import type { Device } from '../graph/device.js';
import { attachStorage, createNode, type Node, withoutTracking } from '../graph/node.js';
import { Storage } from '../graph/storage.js';
import { Tensor } from '../tensor.js';
import type { Variable } from '../variable.js';

/** Where a program's leaf comes from at each call. */
export type Binding =
  | { readonly kind: 'argument'; readonly position: number }
  | { readonly kind: 'variable'; readonly variable: Variable }
  /** A tensor that the function closes over. */
  | { readonly kind: 'captured'; readonly node: Node }
  | { readonly kind: 'host'; readonly node: Node; readonly fill: () => HostArray };

/** What a compiled function does at each call. */
export interface Plan {
  readonly program: Program;
  readonly device: Device;
  readonly bindings: readonly Binding[];
  /** Shapes and dtypes of the results, which are the first roots. */
  readonly results: readonly Pick<Node, 'dtype' | 'shape'>[];
  /** Variables that take the other roots. */
  readonly assigned: readonly Variable[];
}

/** What a program takes, for tests and curious readers. */
export interface ProgramReport {
  readonly kernels: KernelCounts;
  readonly launches: number;
  /** Bytes of intermediates, which the program keeps between calls. */
  readonly temporaryBytes: number;
  /** Bytes of results and new values of variables. */
  readonly resultBytes: number;
}

const total = (sizes: readonly number[]): number => sizes.reduce((sum, size) => sum + size, 0);

const storedValue = (node: Node): Storage => {
  if (node.storage === undefined) {
    throw new DisposedError('compile', 'a value that the compiled function uses was freed.', {
      sides: { value: `${node.dtype} [${node.shape.join(', ')}]` },
      hint: 'Keep tensors that a compiled function closes over, or pass them as arguments.',
    });
  }
  return node.storage;
};

/**
 * A program with the memory it runs in. Intermediates stay allocated between calls; a buffer that held a result goes back to
 * the program when nothing holds it any more, so that a loop of calls allocates nothing.
 */
export class CompiledProgram {
  readonly #plan: Plan;
  readonly #temporaries: readonly DeviceBuffer[];
  /** Unused buffers for each result slot. */
  readonly #spare: DeviceBuffer[][];
  #isDisposed = false;

  constructor(plan: Plan) {
    this.#plan = plan;
    this.#temporaries = allocateAll(plan.device, plan.program.temporaryBytes);
    this.#spare = plan.program.resultBytes.map(() => []);
  }

  report(): ProgramReport {
    const { program } = this.#plan;
    return {
      kernels: countKernels(program),
      launches: program.launches.length,
      temporaryBytes: total(program.temporaryBytes),
      resultBytes: total(program.resultBytes),
    };
  }

  /** Runs on arguments; assigns variables and returns the results. Where it throws, variables are as before. */
  run(inputs: readonly Node[]): Tensor[] {
    const { program, device, results, assigned } = this.#plan;
    const sources = this.#plan.bindings.map((binding) => this.#sourceOf(binding, inputs));
    const buffers = this.#takeResultBuffers();
    try {
      submitProgram(program, device, [...sources.map(({ buffer }) => buffer), ...buffers, ...this.#temporaries]);
    } catch (error) {
      for (const [slot, buffer] of buffers.entries()) this.#giveBack(slot, buffer);
      throw error;
    }
    const made = buffers.map((buffer, slot) => new Storage(device, buffer, (unused) => this.#giveBack(slot, unused)));
    const storageOf = (root: number): Storage => {
      const slot = program.rootSlots[root] as number;
      return (slot < program.leafCount ? sources[slot] : made[slot - program.leafCount]) as Storage;
    };
    const tensors = results.map(({ dtype, shape }, i) => {
      const node = withoutTracking(() => createNode('data', {}, [], dtype, shape, device));
      attachStorage(node, storageOf(i));
      return new Tensor(node);
    });
    const values = assigned.map((_, i) => storageOf(results.length + i));
    // A variable may take the value that another one had: none is freed before all are taken.
    for (const value of values) value.retain();
    for (const [i, variable] of assigned.entries()) variable.adopt(values[i] as Storage);
    for (const value of values) value.release();
    return tensors;
  }

  #sourceOf(binding: Binding, inputs: readonly Node[]): Storage {
    switch (binding.kind) {
      case 'argument':
        return storedValue(inputs[binding.position] as Node);
      case 'variable':
        return storedValue(binding.variable.node);
      case 'captured':
        return storedValue(binding.node);
      case 'host': {
        const storage = storedValue(binding.node);
        storage.device.backend.write(storage.buffer, binding.node.dtype, binding.fill());
        return storage;
      }
    }
  }

  #takeResultBuffers(): DeviceBuffer[] {
    const { program, device } = this.#plan;
    const missing = program.resultBytes.filter((_, slot) => (this.#spare[slot] as DeviceBuffer[]).length === 0);
    const fresh = allocateAll(device, missing);
    return this.#spare.map((spare) => spare.pop() ?? (fresh.shift() as DeviceBuffer));
  }

  #giveBack(slot: number, buffer: DeviceBuffer): void {
    if (this.#isDisposed) this.#plan.device.free(buffer);
    else (this.#spare[slot] as DeviceBuffer[]).push(buffer);
  }

  /** Frees the program's memory; results that are still held stay. */
  dispose(): void {
    if (this.#isDisposed) return;
    this.#isDisposed = true;
    const { device } = this.#plan;
    for (const buffer of this.#temporaries) device.free(buffer);
    for (const spare of this.#spare) for (const buffer of spare.splice(0)) device.free(buffer);
  }
}
