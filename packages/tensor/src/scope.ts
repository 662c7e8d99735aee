import { pendingNodes } from './evaluate/pending.js';
import { adoptIntoScope, disposeNode, type Node, openScope, type ScopeNodes } from './graph/node.js';
import { tensorsIn } from './structure.js';
import { variableOf } from './variable.js';

/** Nodes with storage that the given nodes still need. */
const storedBelow = (roots: readonly Node[]): Set<Node> => {
  const seen = new Set<Node>();
  const stack = [...roots];
  for (let node = stack.pop(); node !== undefined; node = stack.pop()) {
    if (seen.has(node)) continue;
    seen.add(node);
    if (node.storage === undefined || node.tracked) stack.push(...node.inputs);
  }
  return seen;
};

const closeScope = (nodes: ScopeNodes, result: unknown): void => {
  const kept = storedBelow([...tensorsIn(result).map((tensor) => tensor.node), ...pendingNodes()]);
  for (const node of nodes) {
    if (kept.has(node) || variableOf(node) !== undefined) adoptIntoScope(node);
    else disposeNode(node);
  }
};

/**
 * Runs `body` and frees every value that came to be inside, save those in its result (a tensor, or nested arrays, maps and
 * objects of tensors), what the result still has to be computed from, and the values of variables.
 *
 * `body` may be asynchronous: the scope then lasts until its promise settles, and takes in what other tasks make meanwhile.
 */
export const scope = <T>(body: () => T): T => {
  const { nodes, close } = openScope();
  const finish = (result: unknown): void => {
    close();
    closeScope(nodes, result);
  };
  let result: T;
  try {
    result = body();
  } catch (error) {
    finish(undefined);
    throw error;
  }
  if (result instanceof Promise) {
    return result.then(
      (value) => {
        finish(value);
        return value;
      },
      (error) => {
        finish(undefined);
        throw error;
      },
    ) as T;
  }
  finish(result);
  return result;
};
