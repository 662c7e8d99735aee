import { type Atom, type Guard, type Index, indexBounds } from '@cotangent/ir';
import { type Graph, isPowerOfTwo, type Node } from './graph.js';
import type { Vector } from './vector.js';

/** Where a body is evaluated: four positions (or fewer) side by side along one axis. */
export interface Position {
  /** Scalar coordinate along each axis; that of lane 0 along `vectorAxis`. */
  readonly coordinates: readonly Node[];
  /** The axis along which lanes lie; -1 where all four lanes are the same position. */
  readonly vectorAxis: number;
  /** Lanes that are positions of the space; the others hold anything. */
  readonly lanes: number;
  /** Set where the position is one of four neighbours along another axis: rows of a square that is read at once. */
  readonly square?: {
    readonly axis: number;
    /** Coordinate of row 0 along `axis`. */
    readonly first: Node;
    readonly row: number;
  };
}

/** Index arithmetic at a position; `lookUp` gives the body's computed values. */
export class Indices {
  readonly graph: Graph;
  readonly position: Position;
  readonly #lookUp: (instruction: number) => Vector;

  constructor(graph: Graph, position: Position, lookUp: (instruction: number) => Vector) {
    this.graph = graph;
    this.position = position;
    this.#lookUp = lookUp;
  }

  /** What one step along the vector axis adds; undefined where that isn't a constant. */
  laneStride(index: Index): number | undefined {
    let stride = 0;
    for (const { coefficient, atom } of index.terms) {
      if (atom.kind === 'axis') stride += atom.axis === this.position.vectorAxis ? coefficient : 0;
      else if (atom.kind === 'value') {
        if (!this.#lookUp(atom.value).uniform) return undefined;
      } else if (this.laneStride(atom.index) !== 0) return undefined;
    }
    return stride;
  }

  /** The same indices at row 0 of the square. */
  atFirstRow(): Indices {
    const { coordinates, square } = this.position;
    const moved = coordinates.map((node, axis) => (axis === square?.axis ? square.first : node));
    return new Indices(this.graph, { ...this.position, coordinates: moved }, this.#lookUp);
  }

  /** The index at one lane, times `factor`, plus `base`. */
  atLane(index: Index, lane: number, factor = 1, base?: Node): Node {
    const { graph, position } = this;
    const parts = index.terms.map(({ coefficient, atom }) => {
      const scaled = graph.scale(this.#atom(atom, lane), coefficient * factor);
      const isAlongLanes = atom.kind === 'axis' && atom.axis === position.vectorAxis;
      return isAlongLanes ? graph.add(scaled, graph.integer(lane * coefficient * factor)) : scaled;
    });
    parts.push(graph.integer(index.offset * factor));
    if (base) parts.push(base);
    return graph.sum(parts);
  }

  /** The atom at one lane; of the vector axis, that at lane 0. */
  #atom(atom: Atom, lane: number): Node {
    switch (atom.kind) {
      case 'axis':
        return this.position.coordinates[atom.axis] as Node;
      case 'value': {
        const { nodes, uniform } = this.#lookUp(atom.value);
        return this.graph.lane('i32x4.extract_lane', uniform ? 0 : lane, nodes[0] as Node);
      }
      case 'divide':
        return this.#quotient(atom.index, atom.divisor, lane);
      case 'modulo':
        return this.#remainder(atom.index, atom.divisor, lane);
    }
  }

  #quotient(index: Index, divisor: number, lane: number): Node {
    const { graph } = this;
    const dividend = this.atLane(index, lane);
    if (isPowerOfTwo(divisor)) return graph.op('i32.shr_s', dividend, graph.integer(Math.log2(divisor)));
    return floorDivide(graph, dividend, divisor, indexBounds(index)[0] >= 0);
  }

  #remainder(index: Index, divisor: number, lane: number): Node {
    const { graph } = this;
    const dividend = this.atLane(index, lane);
    if (isPowerOfTwo(divisor)) return graph.op('i32.and', dividend, graph.integer(divisor - 1));
    return graph.add(dividend, graph.scale(this.#quotient(index, divisor, lane), -divisor));
  }

  /** The index at all lanes. */
  vector(index: Index): Vector {
    const { graph } = this;
    const stride = this.laneStride(index);
    const first = graph.op('i32x4.splat', this.atLane(index, 0));
    if (stride === 0) return { nodes: [first], uniform: true };
    if (stride !== undefined) {
      const ramp = graph.int32x4(0, stride, 2 * stride, 3 * stride);
      return { nodes: [graph.op('i32x4.add', first, ramp)], uniform: false };
    }
    let lanes = first;
    for (let lane = 1; lane < this.position.lanes; lane++) {
      lanes = graph.lane('i32x4.replace_lane', lane, lanes, this.atLane(index, lane));
    }
    return { nodes: [lanes], uniform: false };
  }

  /** Whether the guard holds at one lane, as 0 or 1. */
  holdsAt({ index, begin, end }: Guard, lane: number): Node {
    const { graph } = this;
    return graph.op(
      'i32.lt_u',
      this.atLane(index, lane, 1, graph.integer(-begin)),
      graph.integer(Math.max(0, end - begin)),
    );
  }

  /** Whether all guards hold at one lane, as 0 or 1. */
  allHoldAt(guards: readonly Guard[], lane: number): Node {
    const { graph } = this;
    return guards
      .map((guard) => this.holdsAt(guard, lane))
      .sort((a, b) => a.depth - b.depth)
      .reduce((all, one) => graph.op('i32.and', all, one));
  }

  /** Mask of the lanes where all guards hold. */
  mask(guards: readonly Guard[]): Vector {
    const { graph } = this;
    let result: Node | undefined;
    let uniform = true;
    for (const { index, begin, end } of guards) {
      const vector = this.vector({ terms: index.terms, offset: index.offset - begin });
      const holds = graph.op('i32x4.lt_u', vector.nodes[0] as Node, graph.int32All(Math.max(0, end - begin)));
      uniform &&= vector.uniform;
      result = result ? graph.op('v128.and', result, holds) : holds;
    }
    return { nodes: [result ?? graph.int32All(-1)], uniform };
  }

  /**
   * The positions along the vector axis where all guards hold, as `[low, high)`; undefined where a guard isn't affine
   * along it. `high ≥ low` holds.
   */
  window(guards: readonly Guard[]): { readonly low: Node; readonly high: Node } | undefined {
    const { graph, position } = this;
    const axisFree = (index: Index): Index => ({
      terms: index.terms.filter(({ atom }) => atom.kind !== 'axis' || atom.axis !== position.vectorAxis),
      offset: index.offset,
    });
    let low = graph.integer(0);
    let high = graph.integer(0x7fffffff);
    for (const { index, begin, end } of guards) {
      const stride = this.laneStride(index);
      if (stride === undefined) return undefined;
      const rest = this.atLane(axisFree(index), 0);
      if (stride === 0) {
        const holds = graph.op(
          'i32.lt_u',
          graph.add(rest, graph.integer(-begin)),
          graph.integer(Math.max(0, end - begin)),
        );
        high = graph.select(holds, high, graph.integer(0));
        continue;
      }
      // stride·x ≥ begin − rest and stride·x < end − rest.
      const negated = graph.scale(rest, -1);
      const step = Math.abs(stride);
      const [atLeast, below] = stride > 0 ? [begin, end] : [1 - end, 1 - begin];
      const side = stride > 0 ? negated : rest;
      const ceiling = (bound: number) =>
        floorDivide(graph, graph.add(side, graph.integer(bound + step - 1)), step, false);
      low = graph.larger(low, ceiling(atLeast));
      high = graph.smaller(high, ceiling(below));
    }
    return { low, high: graph.larger(low, high) };
  }
}

/** Floored quotient by a positive constant. */
const floorDivide = (graph: Graph, dividend: Node, divisor: number, isNonNegative: boolean): Node => {
  if (divisor === 1) return dividend;
  if (isNonNegative) return graph.op('i32.div_u', dividend, graph.integer(divisor));
  const isNegative = graph.op('i32.shr_s', dividend, graph.integer(31));
  const lowered = graph.op('i32.sub', dividend, graph.op('i32.and', isNegative, graph.integer(divisor - 1)));
  return graph.op('i32.div_s', lowered, graph.integer(divisor));
};
