import { type HostArray, isFloat, sizeOf, UnsupportedError } from '@cotangent/ir';
import type { Node, OpName, Tensor } from '@cotangent/tensor';
import { decodeFloat16 } from './float16.js';
import { type Rule, rules } from './rules.js';
import { type Precision, wrapTo } from './scalar.js';

/** How the interpreter treats floating point. */
export interface InterpretOptions {
  /**
   * `exact` (the default) computes every floating-point dtype in float64, so that the result is an oracle for any of
   * them; `stored` rounds each node's values to its dtype.
   */
  readonly precision?: Precision;
}

/**
 * Evaluates graphs with plain loops, without lowering, fusion or kernels: the oracle that backends are held to.
 *
 * Gives the values of each tensor, row-major; bool as 0 and 1. A node that has storage is read from its device, so
 * interpret a graph before it is evaluated to see all of it computed. UnsupportedError where the device can't be read
 * at once.
 */
export const interpret = (tensors: readonly Tensor[], options: InterpretOptions = {}): Float64Array[] => {
  const nodes = tensors.map((tensor) => tensor.node);
  const values = interpretNodes(nodes, options);
  return nodes.map((node) => values.get(node) as Float64Array);
};

/** The same with the values of every node that the roots depend on. */
export const interpretNodes = (
  roots: readonly Node[],
  { precision = 'exact' }: InterpretOptions = {},
): ReadonlyMap<Node, Float64Array> => {
  const values = new Map<Node, Float64Array>();
  for (const node of inDependencyOrder(roots)) {
    if (node.storage !== undefined) {
      values.set(node, readStorage(node));
      continue;
    }
    const rule = rules[node.op] as Rule<OpName>;
    const inputs = node.inputs.map((input) => values.get(input) as Float64Array);
    const computed = rule(node, inputs);
    values.set(node, isFloat(node.dtype) && precision === 'exact' ? computed : computed.map(wrapTo[node.dtype]));
  }
  return values;
};

/** Nodes below the roots, each after its inputs; with a stack of its own, as graphs may be deeper than the call stack. */
const inDependencyOrder = (roots: readonly Node[]): Node[] => {
  const ordered: Node[] = [];
  const seen = new Set<Node>();
  const stack: { readonly node: Node; next: number }[] = [];
  const enter = (node: Node) => {
    if (seen.has(node)) return;
    seen.add(node);
    stack.push({ node, next: 0 });
  };
  for (const root of roots) {
    enter(root);
    for (let frame = stack.at(-1); frame !== undefined; frame = stack.at(-1)) {
      const input = frame.node.storage === undefined ? frame.node.inputs[frame.next++] : undefined;
      if (input !== undefined) {
        enter(input);
      } else {
        ordered.push(frame.node);
        stack.pop();
      }
    }
  }
  return ordered;
};

const readStorage = ({ device, storage, dtype, shape }: Node): Float64Array => {
  const { backend } = device;
  if (backend.readSync === undefined || storage === undefined) {
    throw new UnsupportedError('interpret', 'the device can not be read at once.', { sides: { device: device.name } });
  }
  const data: HostArray = backend.readSync(storage.buffer, dtype, sizeOf(shape));
  return dtype === 'float16' ? Float64Array.from(data, decodeFloat16) : Float64Array.from(data);
};
