import { CompileError } from '@cotangent/ir';
import { capture } from '../evaluate/capture.js';
import { evaluateNow, evaluatePending, fusionEnabled } from '../evaluate/evaluate.js';
import { type Pending, takeAllPending } from '../evaluate/pending.js';
import { compileProgram } from '../evaluate/program.js';
import { isTracing, type Trace, withTrace } from '../evaluate/trace.js';
import { createPlaceholder, isRecording, type Node } from '../graph/node.js';
import { randomState, setRandomState } from '../ops/random.js';
import { describeParts, identityOf, mapTensors, tensorsIn } from '../structure.js';
import { Tensor } from '../tensor.js';
import { Variable, variableOf } from '../variable.js';
import { type Binding, CompiledProgram, type ProgramReport } from './compiled-program.js';

/** How a compiled function keeps its programs. */
export interface CompileOptions {
  /** Shown in errors. */
  readonly name?: string;
  /** Programs kept at once, one for each signature; the one not used for longest goes. 8. */
  readonly capacity?: number;
  /** Told, once, when programs are dropped and compiled again: what changed between the last two signatures. */
  readonly onRetrace?: (cause: string) => void;
}

/** A compiled function with its programs. */
export interface Compiled<A extends readonly unknown[], R> {
  (...args: A): R;
  /** The programs it holds, by signature. */
  programs(): ReadonlyMap<string, ProgramReport>;
  /** Frees the programs and their memory; a later call compiles again. */
  dispose(): void;
}

interface Entry {
  readonly program: CompiledProgram;
  /** The function's result with a tensor for each that a call makes. */
  readonly result: unknown;
}

const defaultCapacity = 8;
/** Variables may be made by the first trace, and by a second one that runs because of them. */
const maxTraces = 3;

const describeTensor = (tensor: Tensor): string =>
  tensor instanceof Variable
    ? `variable #${identityOf(tensor)}`
    : `${tensor.dtype}[${tensor.shape.join(', ')}] on ${tensor.device.name} #${identityOf(tensor.device)}`;

const changedLines = (before: string, after: string): string => {
  const known = new Set(before.split('\n'));
  const changed = after.split('\n').filter((line) => !known.has(line));
  return changed.length > 0 ? changed.join('; ') : 'parts were removed';
};

/** Runs the function once on stand-ins, and makes what it did a program. Leaves all state as it was. */
const traceOnce = (
  name: string,
  f: (...args: never[]) => unknown,
  args: readonly unknown[],
): { entry: Entry | undefined } =>
  withTrace((trace) => {
    const placeholders = new Map<Node, number>();
    const standIns = mapTensors(args, (argument) => {
      if (argument instanceof Variable) return argument;
      const { dtype, shape, device } = argument;
      const node = createPlaceholder(dtype, shape, device);
      placeholders.set(node, placeholders.size);
      return new Tensor(node);
    });
    const stream = randomState();
    let result: unknown;
    let assigned: readonly (readonly [Pending, Node])[] = [];
    try {
      result = f(...(standIns as never[]));
    } finally {
      setRandomState(stream);
      assigned = takeAllPending().map((holder) => [holder, holder.node]);
      for (const [holder] of assigned) holder.revert();
    }
    if (result instanceof Promise) {
      result.catch(() => undefined);
      throw new CompileError(name, 'the function is asynchronous.', { hint: 'Compile the part that only computes.' });
    }
    if (trace.createdCount > 0) return { entry: undefined };
    const tensors = tensorsIn(result);
    const roots = [...tensors.map(({ node }) => node), ...assigned.map(([, node]) => node)];
    const device = roots[0]?.device;
    if (device === undefined || roots.some((root) => root.device !== device)) {
      throw new CompileError(name, 'the function must compute something, on one device.', {
        sides: { devices: [...new Set(roots.map((root) => root.device.name))] },
      });
    }
    const captured = capture(roots);
    const program = compileProgram(captured, device, fusionEnabled());
    const bindings = captured.leaves.map((leaf) => bindingOf(leaf, placeholders, trace));
    const results = tensors.map(({ dtype, shape }) => ({ dtype, shape }));
    const variables = assigned.map(([holder]) => holder as Variable);
    const plan = { program, device, bindings, results, assigned: variables };
    return { entry: { program: new CompiledProgram(plan), result } };
  });

const bindingOf = (leaf: Node, placeholders: ReadonlyMap<Node, number>, trace: Trace): Binding => {
  const position = placeholders.get(leaf);
  if (position !== undefined) return { kind: 'argument', position };
  const variable = variableOf(leaf);
  if (variable !== undefined) return { kind: 'variable', variable };
  const fill = trace.hostInputs.get(leaf);
  return fill === undefined ? { kind: 'captured', node: leaf } : { kind: 'host', node: leaf, fill };
};

/**
 * Compiles a function to one program for each signature: shapes, dtypes and devices of the tensors in its arguments, and the
 * values of everything else. The first call runs the function on stand-ins; later calls replay the program, with forward
 * pass, `backward` and optimizer step in one, and allocate nothing.
 *
 * Arguments and result are tensors, or arrays, maps and plain objects of tensors and static values. Variables that the function
 * reads are inputs, those it assigns are outputs; tensors it closes over are read at each call. What it does on the host
 * happens while it is traced alone; gradients stay inside unless they are returned. Reading a value inside throws CompileError.
 * Where a call throws, all state is as before. Inside another compiled function, and under a tape, it runs as it stands.
 *
 * @example
 * const step = compile((x: Tensor, y: Tensor) => {
 *   optimizer.zeroGrad();
 *   const loss = crossEntropyLoss(model.forward(x), y);
 *   backward(loss);
 *   optimizer.step();
 *   return loss;
 * });
 */
export const compile = <A extends readonly unknown[], R>(
  f: (...args: A) => R,
  { name = 'compile', capacity = defaultCapacity, onRetrace }: CompileOptions = {},
): Compiled<A, R> => {
  const entries = new Map<string, Entry>();
  let last = '';
  let hasWarned = false;

  const build = (signature: string, args: A): Entry => {
    let entry: Entry | undefined;
    for (let attempt = 0; entry === undefined && attempt < maxTraces; attempt++) {
      evaluatePending();
      entry = traceOnce(name, f as (...args: never[]) => unknown, args).entry;
    }
    if (entry === undefined) {
      throw new CompileError(name, 'every run of the function makes new variables.', {
        hint: 'Make variables outside, and assign to them inside.',
      });
    }
    for (const [oldest, { program }] of entries) {
      if (entries.size < capacity) break;
      entries.delete(oldest);
      program.dispose();
      if (!hasWarned) onRetrace?.(changedLines(last, signature));
      hasWarned = true;
    }
    return entry;
  };

  const call = (...args: A): R => {
    if (isTracing() || isRecording()) return f(...args);
    const signature = describeParts(args, 'arguments', describeTensor).join('\n');
    const entry = entries.get(signature) ?? build(signature, args);
    entries.delete(signature);
    entries.set(signature, entry);
    last = signature;
    const inputs = tensorsIn(args).filter((argument) => !(argument instanceof Variable));
    evaluatePending();
    evaluateNow(inputs.map(({ node }) => node));
    const outputs = entry.program.run(inputs.map(({ node }) => node));
    let next = 0;
    return mapTensors(entry.result, () => outputs[next++] as Tensor) as R;
  };

  return Object.assign(call, {
    programs: () => new Map([...entries].map(([signature, { program }]) => [signature, program.report()] as const)),
    dispose: () => {
      for (const { program } of entries.values()) program.dispose();
      entries.clear();
    },
  });
};
