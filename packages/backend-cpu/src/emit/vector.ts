import type { DType } from '@cotangent/ir';
import type { Statement } from './block.js';
import { float16FromFloat32, float32FromFloat16 } from './float16.js';
import type { Graph, Node } from './graph.js';
import type { OpcodeName, StoreName } from './opcodes.js';

/**
 * Four adjacent positions' values in registers: one v128, or two for float64. float16 is held as float32, bool as a mask of
 * 32-bit lanes, all ones or zero.
 */
export interface Vector {
  readonly nodes: readonly Node[];
  /** Whether all four lanes are the same by construction. */
  readonly uniform: boolean;
}

/** How a dtype is held in registers. */
export type Register = 'f32' | 'f64' | 'i32' | 'u32' | 'mask';

const registers: { readonly [K in DType]: Register } = {
  float32: 'f32',
  float16: 'f32',
  float64: 'f64',
  int32: 'i32',
  uint32: 'u32',
  bool: 'mask',
};

export const registerOf = (dtype: DType): Register => registers[dtype];

interface Storage {
  readonly bytes: number;
  readonly loadOne: OpcodeName;
  readonly loadLane: OpcodeName;
  readonly loadSplat: OpcodeName;
  /** Loads as many adjacent elements as `perNode`. */
  readonly loadAll: OpcodeName;
  readonly storeLane: StoreName;
  readonly storeAll: { readonly name: StoreName; readonly lane?: number };
  /** Elements in one packed v128. */
  readonly perNode: 2 | 4;
}

const word: Storage = {
  bytes: 4,
  loadOne: 'v128.load32_zero',
  loadLane: 'v128.load32_lane',
  loadSplat: 'v128.load32_splat',
  loadAll: 'v128.load',
  storeLane: 'v128.store32_lane',
  storeAll: { name: 'v128.store' },
  perNode: 4,
};

/** How a dtype lies in memory; packed vectors hold elements as in memory, from lane 0 on. */
export const storages: { readonly [K in DType]: Storage } = {
  float32: word,
  int32: word,
  uint32: word,
  float64: {
    bytes: 8,
    loadOne: 'v128.load64_zero',
    loadLane: 'v128.load64_lane',
    loadSplat: 'v128.load64_splat',
    loadAll: 'v128.load',
    storeLane: 'v128.store64_lane',
    storeAll: { name: 'v128.store' },
    perNode: 2,
  },
  float16: {
    bytes: 2,
    loadOne: 'v128.load16_splat',
    loadLane: 'v128.load16_lane',
    loadSplat: 'v128.load16_splat',
    loadAll: 'v128.load64_zero',
    storeLane: 'v128.store16_lane',
    storeAll: { name: 'v128.store64_lane', lane: 0 },
    perNode: 4,
  },
  bool: {
    bytes: 1,
    loadOne: 'v128.load8_splat',
    loadLane: 'v128.load8_lane',
    loadSplat: 'v128.load8_splat',
    loadAll: 'v128.load32_zero',
    storeLane: 'v128.store8_lane',
    storeAll: { name: 'v128.store32_lane', lane: 0 },
    perNode: 4,
  },
};

/** Registers from packed memory. */
export const unpack = (graph: Graph, dtype: DType, packed: readonly Node[]): Node[] => {
  const first = packed[0] as Node;
  if (dtype === 'float16') return [float32FromFloat16(graph, graph.op('i32x4.extend_low_i16x8_u', first))];
  if (dtype === 'bool') {
    const wide = graph.op('i32x4.extend_low_i16x8_u', graph.op('i16x8.extend_low_i8x16_u', first));
    return [graph.op('i32x4.ne', wide, graph.int32All(0))];
  }
  return [...packed];
};

/** Packed memory from registers. */
const pack = (graph: Graph, dtype: DType, nodes: readonly Node[]): readonly Node[] => {
  const first = nodes[0] as Node;
  if (dtype === 'float16') {
    const half = float16FromFloat32(graph, first);
    return [graph.op('i16x8.narrow_i32x4_u', half, half)];
  }
  if (dtype === 'bool') {
    const bits = graph.op('v128.and', first, graph.int32All(1));
    const narrow = graph.op('i16x8.narrow_i32x4_u', bits, bits);
    return [graph.op('i8x16.narrow_i16x8_u', narrow, narrow)];
  }
  return nodes;
};

/**
 * Writes the first `lanes` elements of a vector from `address` on, `byteStride` apart.
 */
export const storeVector = (
  graph: Graph,
  dtype: DType,
  nodes: readonly Node[],
  address: Node,
  { lanes, byteStride = storages[dtype].bytes }: { readonly lanes: number; readonly byteStride?: number },
): Statement[] => {
  const { bytes, perNode, storeAll, storeLane } = storages[dtype];
  const packed = pack(graph, dtype, nodes);
  const at = (offset: number) => graph.add(address, graph.integer(offset));
  if (lanes === 4 && byteStride === bytes) {
    return packed.map((value, i) => ({ kind: 'store', ...storeAll, address: at(i * perNode * bytes), value }));
  }
  return Array.from({ length: lanes }, (_, lane) => ({
    kind: 'store',
    name: storeLane,
    address: at(lane * byteStride),
    value: packed[Math.floor(lane / perNode)] as Node,
    lane: lane % perNode,
  }));
};

/** All four lanes as lane `lane` of the vector. */
export const broadcastLane = (graph: Graph, nodes: readonly Node[], lane: number): Node[] => {
  if (nodes.length === 1) return [graph.shuffle32(nodes[0] as Node, nodes[0] as Node, [lane, lane, lane, lane])];
  const half = nodes[lane >> 1] as Node;
  const at = (lane & 1) * 2;
  const both = graph.shuffle32(half, half, [at, at + 1, at, at + 1]);
  return [both, both];
};
