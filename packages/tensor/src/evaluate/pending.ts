import type { Node } from '../graph/node.js';

/** A holder of a value that was replaced but not evaluated yet. */
export interface Pending {
  readonly node: Node;
  settle(): void;
  revert(): void;
}

let pending = new Set<Pending>();

/** The next evaluation on the holder's device computes its value too. */
export const markPending = (holder: Pending): void => {
  pending.add(holder);
};

/** Takes the holders of every device. */
export const takeAllPending = (): Pending[] => {
  const taken = [...pending];
  pending = new Set();
  return taken;
};

/** Takes the holders whose node is on the device of `node`. */
export const takePending = (node: Node): Pending[] => {
  if (pending.size === 0) return [];
  const taken: Pending[] = [];
  const kept = new Set<Pending>();
  for (const holder of pending) {
    if (holder.node.device === node.device) taken.push(holder);
    else kept.add(holder);
  }
  pending = kept;
  return taken;
};

/** Nodes whose values are still to be computed for a holder. */
export const pendingNodes = (): Node[] => Array.from(pending, (holder) => holder.node);
