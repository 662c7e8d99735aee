import { opTraits } from '../graph/op.js';
import { type Graph, type GraphNode, isElementwiseOp, isFusible, isMovementOp } from './graph.js';

/** Recomputing is no dearer than reading back, up to this many simple instructions on one load. */
const cheapCost = 8;
/** Rough cost of choosing among parts or of an indirect load. */
const addressCost = 2;

/** Which vertices cost no more to recompute in every reader than to store: few simple instructions on at most one load. */
export const findCheap = ({ nodes, roots }: Graph): boolean[] => {
  const readers = new Int32Array(nodes.length);
  for (const node of nodes) for (const input of node.inputs) readers[input] = (readers[input] as number) + 1;
  for (const root of roots) readers[root] = 2;
  const cost = new Float64Array(nodes.length);
  const loads = new Float64Array(nodes.length);
  return nodes.map((node, n) => {
    if (node.op === 'constant' || node.op === 'iota') return false;
    let total = isElementwiseOp(node.op) ? opTraits[node.op as 'add'].cost : addressCost;
    let read = 0;
    for (const input of node.inputs) {
      total += cost[input] as number;
      read += loads[input] as number;
    }
    if (isMovementOp(node.op)) {
      cost[n] = total - addressCost;
      loads[n] = read;
      return false;
    }
    const isCheap = isFusible(node.op) && read <= 1 && total <= cheapCost;
    const isStored = !isFusible(node.op) || (!isCheap && (readers[n] as number) > 1);
    cost[n] = isStored ? 0 : total;
    loads[n] = isStored ? 1 : read;
    return isCheap;
  });
};

/** Which vertices follow from a reduction's result elementwise. */
export const findReduced = (nodes: readonly GraphNode[]): Uint8Array => {
  const follows = new Uint8Array(nodes.length);
  for (const [n, { op, inputs }] of nodes.entries()) {
    const passesOn = isElementwiseOp(op) || op === 'reshape';
    if (op === 'reduce' || (passesOn && inputs.some((input) => follows[input] === 1))) follows[n] = 1;
  }
  return follows;
};
