import type { DType, Shape } from '@cotangent/ir';
import { type OpAttributes, opTraits } from '../graph/op.js';

/** `fold` is lowered to `spread`, which gives each window element its place, and a sum over the windows. */
export interface LoweredAttributes extends OpAttributes {
  spread: OpAttributes['fold'];
}

export type LoweredOp = keyof LoweredAttributes;

/** A vertex of the graph being compiled; inputs are numbers of earlier vertices. */
export type GraphNode = {
  readonly [K in LoweredOp]: {
    readonly op: K;
    readonly attributes: LoweredAttributes[K];
    readonly inputs: readonly number[];
    readonly dtype: DType;
    readonly shape: Shape;
  };
}[LoweredOp];

/** A graph to compile: vertices in topological order and the ones asked for. */
export interface Graph {
  readonly nodes: readonly GraphNode[];
  readonly roots: readonly number[];
  /** Vertices that are program inputs, in order. */
  readonly leaves: readonly number[];
}

/** Takes vertices and gives their numbers. */
export interface VertexSink {
  add(node: GraphNode): number;
  constant(value: number, dtype: DType, shape: Shape): number;
  /** Row-major positions, uint32. */
  positions(shape: Shape): number;
}

/** Moves elements without computing. */
export const isMovementOp = (op: LoweredOp): boolean => op === 'spread' || opTraits[op].isMovement;
/** Computes each element from those at the same position. */
export const isElementwiseOp = (op: LoweredOp): boolean => op !== 'spread' && opTraits[op].isElementwise;
/** Can be computed inside the kernel that reads it. */
export const isFusible = (op: LoweredOp): boolean => isElementwiseOp(op) || op === 'gather' || op === 'concat';
