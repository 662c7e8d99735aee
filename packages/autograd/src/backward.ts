import {
  add,
  GradientError,
  type Node,
  type Tensor,
  type Variable,
  variableOf,
  withoutTracking,
} from '@cotangent/tensor';
import { type Entry, sweep } from './sweep.js';
import { seedOf } from './tape.js';

/** What `backward` keeps. */
export interface BackwardOptions {
  /** Gradient of the loss's own target; needed where the loss is not a scalar. */
  readonly cotangent?: Tensor;
  /** Keeps the history, for another `backward` through the same values; false. */
  readonly retainGraph?: boolean;
  /** Makes gradients that can be differentiated themselves; false. */
  readonly createGraph?: boolean;
}

/** History of a node back to the variables, inputs before users; walks without recursion. */
const listHistory = (loss: Node): { entries: Entry[]; variables: Map<Node, Variable> } => {
  const entries: Entry[] = [];
  const variables = new Map<Node, Variable>();
  const done = new Set<Node>();
  const stack: { node: Node; next: number }[] = [{ node: loss, next: 0 }];
  const entered = new Set<Node>([loss]);
  while (stack.length > 0) {
    const frame = stack[stack.length - 1] as { node: Node; next: number };
    const { node } = frame;
    const variable = variableOf(node);
    if (variable !== undefined) {
      variables.set(node, variable);
      frame.next = node.inputs.length;
    } else if (node.isReleased) {
      throw new GradientError('backward', 'the history was freed by an earlier backward.', {
        hint: 'Pass { retainGraph: true } to the earlier call, or compute the loss again.',
      });
    }
    const input = node.inputs[frame.next++];
    if (input === undefined || variable !== undefined) {
      stack.pop();
      if (!done.has(node) && variable === undefined) entries.push({ node, inputs: node.inputs, rule: node.rule });
      done.add(node);
    } else if (input.tracked && !entered.has(input)) {
      entered.add(input);
      stack.push({ node: input, next: 0 });
    }
  }
  return { entries, variables };
};

/**
 * Adds the gradient of a scalar loss to `grad` of every trainable variable it depends on. Lazy: the gradients are computed
 * with the next evaluation that needs them.
 *
 * Throws GradientError where the loss is not a scalar, depends on no trainable variable, or its history was freed.
 */
export const backward = (loss: Tensor, options: BackwardOptions = {}): void => {
  if (!loss.node.tracked) {
    throw new GradientError('backward', 'the loss depends on no trainable variable.', {
      sides: { loss: loss.toString() },
      hint: 'Compute it from Variables, outside noGrad.',
    });
  }
  const { entries, variables } = listHistory(loss.node);
  const pull = () => {
    const seed = options.cotangent ?? seedOf('backward', loss);
    return sweep(entries, new Set(variables.keys()), new Map([[loss.node, seed]]));
  };
  const cotangents = options.createGraph ? pull() : withoutTracking(pull);
  for (const [node, variable] of variables) {
    const gradient = cotangents.get(node);
    if (gradient === undefined) continue;
    const sum = (): Tensor => (variable.grad === undefined ? gradient : add(variable.grad, gradient));
    variable.grad = options.createGraph ? sum() : withoutTracking(sum);
  }
  if (options.retainGraph || options.createGraph) return;
  for (const { node } of entries) {
    node.isReleased = true;
    if (node.storage !== undefined) node.forgetInputs();
  }
};
