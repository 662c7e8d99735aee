import { add, isFloat, type Node, Tensor } from '@cotangent/tensor';
import type { Application, Rule } from './rules/rule.js';
import { rules } from './rules/table.js';

/** One op as it was recorded: the node may forget its inputs later, the entry does not. */
export interface Entry {
  readonly node: Node;
  readonly inputs: readonly Node[];
  readonly rule: Node['rule'];
}

/** Cotangents by node. */
export type Cotangents = Map<Node, Tensor>;

/** Nodes that lead from a source to the end of the list. */
const findActive = (entries: readonly Entry[], sources: ReadonlySet<Node>): Set<Node> => {
  const active = new Set<Node>(sources);
  for (const { node, inputs } of entries) {
    if (isFloat(node.dtype) && node.op !== 'detach' && inputs.some((input) => active.has(input))) active.add(node);
  }
  return active;
};

const applyRule = (entry: Entry, cotangent: Tensor, active: ReadonlySet<Node>): readonly (Tensor | undefined)[] => {
  const { node, inputs, rule } = entry;
  if (node.op === 'call' && rule !== undefined) {
    return [undefined, ...rule(cotangent.node).map((gradient) => gradient && new Tensor(gradient))];
  }
  const application: Application = {
    attributes: node.attributes,
    inputs: inputs.map((input) => new Tensor(input)),
    output: new Tensor(node),
    cotangent,
    wants: (i) => active.has(inputs[i] as Node),
  };
  return (rules[node.op] as Rule)(application);
};

/**
 * Walks a Wengert list from its end, handing each op's cotangent to its inputs, and adds to `cotangents`. Ops that lead to
 * no source are skipped.
 */
export const sweep = (entries: readonly Entry[], sources: ReadonlySet<Node>, cotangents: Cotangents): Cotangents => {
  const active = findActive(entries, sources);
  for (let i = entries.length - 1; i >= 0; i--) {
    const entry = entries[i] as Entry;
    const cotangent = cotangents.get(entry.node);
    if (cotangent === undefined || !active.has(entry.node)) continue;
    if (!sources.has(entry.node)) cotangents.delete(entry.node);
    for (const [position, gradient] of applyRule(entry, cotangent, active).entries()) {
      const input = entry.inputs[position] as Node;
      if (gradient === undefined || !active.has(input)) continue;
      const held = cotangents.get(input);
      cotangents.set(input, held === undefined ? gradient : add(held, gradient));
    }
  }
  return cotangents;
};
