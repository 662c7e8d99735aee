import { DisposedError } from '@cotangent/ir';
import type { Node } from '../graph/node.js';

/** The unevaluated part of the graph below some roots. */
export interface Capture {
  /** Inputs before users; nodes with storage and placeholders are leaves. */
  readonly nodes: readonly Node[];
  /** Those the program reads, in the order of first visit. */
  readonly leaves: readonly Node[];
  /** Positions of the roots in `nodes`. */
  readonly roots: readonly number[];
  /** Equal for graphs of equal structure. */
  readonly key: Int32Array;
  readonly hash: number;
}

let visitCount = 0;

const requireComputable = (node: Node): void => {
  if (node.storage === undefined && node.wasEvaluated) {
    throw new DisposedError('evaluate', 'a value that the result depends on was freed.', {
      sides: { value: `${node.dtype} [${node.shape.join(', ')}]` },
      hint: 'It was disposed, left its scope, or was replaced by assign: evaluate what depends on it before.',
    });
  }
};

/** Walks the graph without recursion, each node once. */
export const capture = (roots: readonly Node[]): Capture => {
  const visit = ++visitCount;
  const nodes: Node[] = [];
  const leaves: Node[] = [];
  const stack: Node[] = [];
  for (const root of roots) {
    stack.push(root);
    while (stack.length > 0) {
      const node = stack[stack.length - 1] as Node;
      if (node.visit === visit && node.position >= 0) {
        stack.pop();
        continue;
      }
      let isReady = true;
      if (node.visit !== visit) {
        node.visit = visit;
        node.position = -1;
        if (!node.isLeaf) {
          requireComputable(node);
          const { inputs } = node;
          for (let i = inputs.length - 1; i >= 0; i--) {
            const input = inputs[i] as Node;
            if (input.visit !== visit) {
              stack.push(input);
              isReady = false;
            }
          }
        } else {
          leaves.push(node);
        }
      }
      if (isReady) {
        stack.pop();
        node.position = nodes.length;
        nodes.push(node);
      }
    }
  }
  return { nodes, leaves, roots: roots.map((root) => root.position), ...structuralKey(nodes, roots) };
};

const structuralKey = (nodes: readonly Node[], roots: readonly Node[]): { key: Int32Array; hash: number } => {
  let length = roots.length;
  for (const node of nodes) length += 1 + (node.isLeaf ? 0 : node.inputs.length);
  const key = new Int32Array(length);
  let end = 0;
  for (const node of nodes) {
    if (node.isLeaf) {
      key[end++] = ~node.storedSignature;
      continue;
    }
    key[end++] = node.signature;
    for (const input of node.inputs) key[end++] = input.position;
  }
  for (const root of roots) key[end++] = root.position;
  let hash = 0x811c9dc5;
  for (let i = 0; i < length; i++) hash = Math.imul(hash ^ (key[i] as number), 0x01000193);
  return { key, hash };
};
