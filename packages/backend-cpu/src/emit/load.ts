import { affineStrides, type DType, type Guard, type Index } from '@cotangent/ir';
import type { Graph, Node } from './graph.js';
import type { Indices, Position } from './indices.js';
import type { FunctionCode } from './module.js';
import { control, type OpcodeName, opcodes } from './opcodes.js';
import { storages, unpack, type Vector } from './vector.js';

/** Reads an input buffer at a position. No lane reads memory where its guards fail. */
export const lowerLoad = (
  indices: Indices,
  dtype: DType,
  buffer: Node,
  index: Index,
  guards: readonly Guard[],
): Vector => {
  const { graph } = indices;
  const { uniform, packed } = loadPacked(indices, dtype, buffer, index, guards);
  return { nodes: unpack(graph, dtype, packed), uniform };
};

const loadPacked = (
  indices: Indices,
  dtype: DType,
  buffer: Node,
  index: Index,
  guards: readonly Guard[],
): { uniform: boolean; packed: readonly Node[] } => {
  const { graph, position } = indices;
  const { bytes, loadSplat, perNode } = storages[dtype];
  const parts = 4 / perNode;
  const stride = indices.laneStride(index);
  const address = indices.atLane(index, 0, bytes, buffer);
  const zero = graph.int32All(0);
  const twice = (node: Node): Node[] => Array.from({ length: parts }, () => node);

  if (guards.length === 0) {
    if (stride === 0) return { uniform: true, packed: twice(graph.op(loadSplat, address)) };
    return { uniform: false, packed: loadStrided(indices, dtype, buffer, index, stride) };
  }
  if (stride === 0 && guards.every((guard) => indices.laneStride(guard.index) === 0)) {
    const load = graph.choice(indices.allHoldAt(guards, 0), graph.op(loadSplat, address), zero);
    return { uniform: true, packed: twice(load) };
  }
  const window = stride === undefined ? undefined : indices.window(guards);
  if (window && stride !== undefined) {
    const axis = position.coordinates[position.vectorAxis] as Node;
    const distance = graph.op('i32.sub', axis, window.low);
    const span = graph.op('i32.sub', window.high, window.low);
    const slow = guardedLanes(indices, dtype, address, stride, distance, span);
    if (position.lanes < 4) return { uniform: false, packed: slow };
    const wholeStarts = graph.larger(graph.add(span, graph.integer(-3)), graph.integer(0));
    const isWhole = graph.op('i32.lt_u', distance, wholeStarts);
    const fast = loadStrided(indices, dtype, buffer, index, stride, isWhole);
    return { uniform: false, packed: fast.map((node, part) => graph.choice(isWhole, node, slow[part] as Node)) };
  }
  return { uniform: false, packed: conditionalLanes(indices, dtype, buffer, index, guards) };
};

/** Loads along the vector axis without conditions; `stride` undefined gathers. */
const loadStrided = (
  indices: Indices,
  dtype: DType,
  buffer: Node,
  index: Index,
  stride: number | undefined,
  guarded?: Node,
): readonly Node[] => {
  const { graph, position } = indices;
  const { bytes, loadAll, loadOne, loadLane, loadSplat, perNode } = storages[dtype];
  if (position.square && !guarded && isAcrossSquare(index, dtype, stride, position)) {
    return [transposed(indices.atFirstRow(), buffer, index, position.square.row)];
  }
  const parts = Array.from({ length: 4 / perNode }, (_, part) => part);
  const at = (lane: number) => indices.atLane(index, lane, bytes, buffer);
  if (stride === 0) return parts.map(() => graph.op(loadSplat, at(0)));
  if (stride === 1) return parts.map((part) => graph.op(loadAll, at(part * perNode)));
  if (stride === -1 && bytes === 4 && position.lanes === 4 && !guarded) {
    const forward = graph.op('v128.load', at(3));
    return [graph.shuffle32(forward, forward, [3, 2, 1, 0])];
  }
  if (stride === 2 && bytes === 4 && position.lanes === 4 && !guarded) {
    return [graph.shuffle32(graph.op('v128.load', at(0)), graph.op('v128.load', at(2)), [0, 2, 4, 6])];
  }
  if (guarded && stride !== undefined)
    return parts.map((part) => stridedLanes(graph, dtype, at(part * perNode), stride));
  return parts.map((part) => {
    const first = part * perNode;
    let packed = graph.op(loadOne, at(first));
    for (let lane = 1; lane < perNode && first + lane < position.lanes; lane++) {
      packed = graph.lane(loadLane, lane, at(first + lane), packed);
    }
    return packed;
  });
};

/** Whether memory runs along the rows of the position's square. */
const isAcrossSquare = (
  index: Index,
  dtype: DType,
  stride: number | undefined,
  { square, coordinates }: Position,
): boolean => {
  const strides = affineStrides(index, coordinates.length)?.strides;
  return (
    square !== undefined && storages[dtype].bytes === 4 && Math.abs(stride ?? 0) > 1 && strides?.[square.axis] === 1
  );
};

/** Row `row` of four by four elements that lie in memory by columns; its other rows share the loads. */
const transposed = (first: Indices, buffer: Node, index: Index, row: number): Node => {
  const { graph } = first;
  const [a, b, c, d] = [0, 1, 2, 3].map((lane) => graph.op('v128.load', first.atLane(index, lane, 4, buffer))) as [
    Node,
    Node,
    Node,
    Node,
  ];
  const pairs = row < 2 ? ([0, 4, 1, 5] as const) : ([2, 6, 3, 7] as const);
  const low = graph.shuffle32(a, b, pairs);
  const high = graph.shuffle32(c, d, pairs);
  return graph.shuffle32(low, high, row % 2 === 0 ? [0, 1, 4, 5] : [2, 3, 6, 7]);
};

/** One v128 of elements `stride` apart, as one node, so that it can be an arm of a choice. */
const stridedLanes = (graph: Graph, dtype: DType, address: Node, stride: number): Node => {
  const { bytes, loadOne, loadLane, perNode } = storages[dtype];
  return graph.code('v128', [address], (code, [first]) => {
    const packed = code.allocate('v128');
    code.get(first!);
    pushLoad(code, loadOne);
    code.set(packed);
    for (let lane = 1; lane < perNode; lane++) {
      pushAddress(code, first!, lane * stride * bytes);
      code.get(packed);
      pushLoad(code, loadLane, lane);
      code.set(packed);
    }
    code.get(packed);
    code.release('v128', packed);
  });
};

/** Lanes whose distance from the window's start, lane number added, is below `span`; 0 elsewhere. */
const guardedLanes = (
  indices: Indices,
  dtype: DType,
  address: Node,
  stride: number,
  distance: Node,
  span: Node,
): readonly Node[] => {
  const { graph, position } = indices;
  const { bytes, loadLane, perNode } = storages[dtype];
  return Array.from({ length: 4 / perNode }, (_, part) =>
    graph.code('v128', [address, distance, span], (code, [base, start, length]) => {
      const packed = code.allocate('v128');
      pushZero(code);
      code.set(packed);
      for (let lane = 0; lane < perNode; lane++) {
        const number = part * perNode + lane;
        if (number >= position.lanes) break;
        pushAddress(code, start!, number);
        code.get(length!);
        code.push(...opcodes['i32.lt_u'].bytes, control.if, control.void);
        pushAddress(code, base!, number * stride * bytes);
        code.get(packed);
        pushLoad(code, loadLane, lane);
        code.set(packed);
        code.push(control.end);
      }
      code.get(packed);
      code.release('v128', packed);
    }),
  );
};

/** Each lane under its own condition, at its own address. */
const conditionalLanes = (
  indices: Indices,
  dtype: DType,
  buffer: Node,
  index: Index,
  guards: readonly Guard[],
): readonly Node[] => {
  const { graph, position } = indices;
  const { bytes, loadLane, perNode } = storages[dtype];
  return Array.from({ length: 4 / perNode }, (_, part) => {
    const inputs: Node[] = [];
    for (let lane = part * perNode; lane < Math.min(position.lanes, (part + 1) * perNode); lane++) {
      inputs.push(indices.allHoldAt(guards, lane), indices.atLane(index, lane, bytes, buffer));
    }
    return graph.code('v128', inputs, (code, locals) => {
      const packed = code.allocate('v128');
      pushZero(code);
      code.set(packed);
      for (let lane = 0; lane * 2 < locals.length; lane++) {
        code.get(locals[lane * 2]!);
        code.push(control.if, control.void);
        code.get(locals[lane * 2 + 1]!);
        code.get(packed);
        pushLoad(code, loadLane, lane);
        code.set(packed);
        code.push(control.end);
      }
      code.get(packed);
      code.release('v128', packed);
    });
  });
};

const pushLoad = (code: FunctionCode, name: OpcodeName, lane?: number): void => {
  code.push(...opcodes[name].bytes, 0, 0);
  if (lane !== undefined) code.push(lane);
};

const pushAddress = (code: FunctionCode, base: number, offset: number): void => {
  code.get(base);
  if (offset === 0) return;
  code.integer(offset);
  code.push(...opcodes['i32.add'].bytes);
};

const pushZero = (code: FunctionCode): void => code.push(0xfd, 12, ...new Array<number>(16).fill(0));
