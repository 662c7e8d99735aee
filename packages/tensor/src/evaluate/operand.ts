import { affineStrides, contiguousStrides, linearIndex, type Operand } from '@cotangent/ir';
import { type GraphNode, isMovementOp } from './graph.js';
import { type Access, identityAccess, throughMovement } from './view.js';

/** An operand read in place: which vertex's buffer, and how. */
export interface StridedOperand extends Omit<Operand, 'input'> {
  readonly buffer: number;
}

/** Follows movement ops down from an operand for as long as strides can express them. */
export const stridedOperand = (nodes: readonly GraphNode[], operand: number): StridedOperand => {
  const { shape } = nodes[operand] as GraphNode;
  let best: StridedOperand = { buffer: operand, offset: 0, strides: contiguousStrides(shape) };
  let n = operand;
  let access: Access = identityAccess(shape);
  for (;;) {
    const node = nodes[n] as GraphNode;
    if (!isMovementOp(node.op)) return best;
    const input = node.inputs[0] as number;
    const inner = nodes[input] as GraphNode;
    access = throughMovement(node, inner, access);
    if (access.guards.length > 0) return best;
    const affine = affineStrides(linearIndex(access.coordinates, contiguousStrides(inner.shape)), shape.length);
    if (affine !== undefined) best = { buffer: input, ...affine };
    n = input;
  }
};
