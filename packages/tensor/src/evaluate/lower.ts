import {
  type ConvolveKernel,
  contiguousStrides,
  type DType,
  type Index,
  type Kernel,
  type KernelOutput,
  linearIndex,
  type MatmulKernel,
  type Operand,
  type ScanKernel,
  type Shape,
  sizeOf,
  valueIndex,
} from '@cotangent/ir';
import { BodyBuilder, type BodySource } from './body.js';
import type { Fusion } from './fuse.js';
import type { Graph, GraphNode } from './graph.js';
import type { Group, Rows } from './group.js';
import type { StridedOperand } from './operand.js';
import { type Access, identityAccess, throughGather, throughReshape } from './view.js';

/** A kernel and the vertices behind its buffers. */
export interface Step {
  readonly kernel: Kernel;
  /** Vertices whose buffers it reads, in the order of the kernel's inputs. */
  readonly inputs: readonly number[];
  /** Vertices whose buffers it writes, in the order of the kernel's outputs. */
  readonly outputs: readonly number[];
}

type CoreNode<K extends GraphNode['op']> = Extract<GraphNode, { op: K }>;

/** The kernels of a fused graph, in an order in which inputs come first. */
export const lower = (graph: Graph, fusion: Fusion): Step[] => {
  const { nodes } = graph;
  const isBuffer = new Set<number>([...graph.leaves, ...fusion.groups.flatMap((group) => group.outputs)]);
  const bufferOf = (n: number): number | undefined => {
    let buffer = n;
    for (let next = fusion.aliases.get(buffer); next !== undefined; next = fusion.aliases.get(buffer)) buffer = next;
    return isBuffer.has(buffer) ? buffer : undefined;
  };
  const steps: Step[] = [];
  const sorts = new Map<string, number>();
  for (const group of fusion.groups) {
    // A group computes its own outputs; nothing else reads them before it has run.
    const own = new Set(group.outputs);
    const source: BodySource = { nodes, bufferOf: (n) => (own.has(n) ? undefined : bufferOf(n)) };
    const node = nodes[group.root] as GraphNode;
    if (node.op === 'sort') lowerSort(node, group.root, source, steps, sorts);
    else if (node.op === 'scatter') steps.push(lowerScatter(node, group.root, source));
    else if (group.rows !== undefined) steps.push(lowerRows(group, group.rows, source));
    else if (group.core === undefined) steps.push(lowerMap(group, source));
    else steps.push(lowerCore(group, fusion, source));
  }
  return steps;
};

const finish = (builder: BodyBuilder, nodes: readonly GraphNode[]) => ({
  inputs: builder.inputs.map((n) => (nodes[n] as GraphNode).dtype),
  body: builder.instructions,
});

const lowerMap = (group: Group, source: BodySource): Step => {
  const builder = new BodyBuilder(source);
  const { shape } = source.nodes[group.root] as GraphNode;
  const outputs = readOutputs(builder, group, source.nodes, identityAccess(shape), shape);
  const kernel: Kernel = { kind: 'map', shape, ...finish(builder, source.nodes), outputs };
  return { kernel, inputs: builder.inputs, outputs: group.outputs };
};

/** The stored vertices, read where `access` gives the position in `shape`; each may have another shape of the same elements. */
const readOutputs = (
  builder: BodyBuilder,
  { outputs }: Pick<Group, 'outputs'>,
  nodes: readonly GraphNode[],
  { coordinates }: Access,
  shape: Shape,
): KernelOutput[] =>
  outputs.map((n) => {
    const node = nodes[n] as GraphNode;
    const value = builder.read(n, { coordinates: throughReshape(coordinates, shape, node.shape), guards: [] });
    return { dtype: node.dtype, length: sizeOf(node.shape), value, space: 'full' };
  });

const lowerCore = (group: Group, fusion: Fusion, source: BodySource): Step => {
  const core = source.nodes[group.core as number] as GraphNode;
  switch (core.op) {
    case 'scan':
      return lowerScan(core, group, source);
    case 'matmul':
    case 'convolve':
      return lowerContraction(core, group, fusion.operands.get(group.core as number) as StridedOperand[], source);
    default:
      throw new Error(`no kernel has the core ${core.op}`);
  }
};

/** float16 is stored, never accumulated. */
const accumulationType = (dtype: DType): DType => (dtype === 'float16' ? 'float32' : dtype);

const castTo = (builder: BodyBuilder, value: number, from: DType, to: DType): number =>
  from === to ? value : builder.emit({ op: 'cast', dtype: to, operands: [value] });

/** Kernel positions in the shape that rows are cut from: axes that stay come first, swept ones after them. */
const rowAccess = ({ shape, axes }: Rows): { kept: number[]; inner: number[]; access: Access } => {
  const kept = shape.filter((_, axis) => !axes.includes(axis));
  const inner = axes.map((axis) => shape[axis] as number);
  const outside = identityAccess(kept).coordinates;
  const inside = identityAccess(inner, kept.length).coordinates;
  let next = 0;
  const coordinates = shape.map((_, axis) => {
    const position = axes.indexOf(axis);
    return (position >= 0 ? inside[position] : outside[next++]) as Index;
  });
  return { kept, inner, access: { coordinates, guards: [] } };
};

const lowerRows = (group: Group, rows: Rows, source: BodySource): Step => {
  const { nodes } = source;
  const builder = new BodyBuilder(source);
  const { kept, inner, access } = rowAccess(rows);
  for (const n of rows.reductions) {
    const node = nodes[n] as CoreNode<'reduce'>;
    const input = nodes[node.inputs[0] as number] as GraphNode;
    const { reduction } = node.attributes;
    const isPosition = reduction === 'argmax' || reduction === 'argmin';
    const dtype = isPosition ? input.dtype : accumulationType(input.dtype);
    builder.combine(n, access, (operand) => {
      const operands = [castTo(builder, operand, input.dtype, dtype)] as const;
      const reduced = builder.emit({ op: 'reduce', dtype: isPosition ? 'int32' : dtype, reduction, operands });
      return isPosition ? reduced : castTo(builder, reduced, dtype, node.dtype);
    });
  }
  const isOrdered = rows.axes.every((axis, i) => axis === kept.length + i);
  const index = isOrdered ? {} : { index: linearIndex(access.coordinates, contiguousStrides(rows.shape)) };
  const outputs = group.outputs.map((n): KernelOutput => {
    const isRow = group.rowOutputs.has(n);
    const place = isRow ? identityAccess(kept) : access;
    const [output] = readOutputs(builder, { outputs: [n] }, nodes, place, isRow ? kept : rows.shape) as [KernelOutput];
    return isRow ? { ...output, space: 'outer' } : { ...output, ...index };
  });
  const kernel: Kernel = { kind: 'reduce', outer: kept, inner, ...finish(builder, nodes), outputs };
  return { kernel, inputs: builder.inputs, outputs: group.outputs };
};

const lowerScan = (core: CoreNode<'scan'>, group: Group, source: BodySource): Step => {
  const builder = new BodyBuilder(source);
  const { combine, reverse, exclusive } = core.attributes;
  const operand = builder.read(core.inputs[0] as number, identityAccess(core.shape));
  const dtype = accumulationType(core.dtype);
  const scanned = builder.emit({
    op: 'scan',
    dtype,
    combine,
    reverse,
    exclusive,
    operands: [castTo(builder, operand, core.dtype, dtype)],
  });
  builder.give(group.core as number, castTo(builder, scanned, dtype, core.dtype));
  const outputs = readOutputs(builder, group, source.nodes, identityAccess(core.shape), core.shape);
  const outer = core.shape.slice(0, -1);
  const length = core.shape[core.shape.length - 1] as number;
  const kernel: ScanKernel = { kind: 'scan', outer, length, ...finish(builder, source.nodes), outputs };
  return { kernel, inputs: builder.inputs, outputs: group.outputs };
};

const lowerContraction = (
  core: CoreNode<'matmul'> | CoreNode<'convolve'>,
  group: Group,
  operands: readonly StridedOperand[],
  source: BodySource,
): Step => {
  const builder = new BodyBuilder(source);
  const [left, right] = operands.map(({ buffer, offset, strides }): Operand => {
    const stored = source.bufferOf(buffer) as number;
    return { input: builder.input(stored), offset, strides };
  }) as [Operand, Operand];
  const dtype = accumulationType(core.dtype);
  const sum = builder.emit({ op: 'accumulator', dtype });
  builder.give(group.core as number, castTo(builder, sum, dtype, core.dtype));
  const outputs = readOutputs(builder, group, source.nodes, identityAccess(core.shape), core.shape);
  const shared = { dtype, left, right, ...finish(builder, source.nodes), outputs };
  const [a, b] = core.inputs.map((input) => (source.nodes[input] as GraphNode).shape) as [Shape, Shape];
  const kernel = core.op === 'matmul' ? matmulKernel(core, a, shared) : convolveKernel(core, a, b, shared);
  return { kernel, inputs: builder.inputs, outputs: group.outputs };
};

type ContractionParts = Pick<MatmulKernel, 'dtype' | 'left' | 'right' | 'inputs' | 'body' | 'outputs'>;

const matmulKernel = (core: CoreNode<'matmul'>, left: Shape, parts: ContractionParts): MatmulKernel => {
  const [m, n] = core.shape.slice(-2) as [number, number];
  return { kind: 'matmul', batch: core.shape.slice(0, -2), m, n, k: left[left.length - 1] as number, ...parts };
};

const convolveKernel = (
  core: CoreNode<'convolve'>,
  left: Shape,
  right: Shape,
  parts: ContractionParts,
): ConvolveKernel => {
  const { stride, padding, inputDilation, kernelDilation } = core.attributes;
  const [batch, groups, outputChannels, ...outputSize] = core.shape as [number, number, number, ...number[]];
  return {
    kind: 'convolve',
    batch,
    groups,
    inputChannels: left[2] as number,
    outputChannels,
    inputSize: left.slice(3),
    kernelSize: right.slice(3),
    outputSize,
    stride,
    padding: padding.map(([low]) => low),
    inputDilation,
    kernelDilation,
    ...parts,
  };
};

/** Values and permutation of one input come from one kernel: the second vertex is added to the first's step. */
const lowerSort = (
  node: CoreNode<'sort'>,
  root: number,
  source: BodySource,
  steps: Step[],
  sorts: Map<string, number>,
): void => {
  const { descending, output } = node.attributes;
  const content = { dtype: node.dtype, length: sizeOf(node.shape), content: output };
  const twinKey = `${node.inputs[0]}${descending}`;
  const twin = sorts.get(twinKey);
  if (twin !== undefined) {
    const step = steps[twin] as Step & { kernel: Extract<Kernel, { kind: 'sort' }> };
    const kernel = { ...step.kernel, outputs: [...step.kernel.outputs, content] };
    steps[twin] = { ...step, kernel, outputs: [...step.outputs, root] };
    return;
  }
  const builder = new BodyBuilder(source);
  const key = builder.read(node.inputs[0] as number, identityAccess(node.shape));
  sorts.set(twinKey, steps.length);
  steps.push({
    kernel: {
      kind: 'sort',
      outer: node.shape.slice(0, -1),
      length: node.shape[node.shape.length - 1] as number,
      key,
      descending,
      ...finish(builder, source.nodes),
      outputs: [content],
    },
    inputs: builder.inputs,
    outputs: [root],
  });
};

const lowerScatter = (node: CoreNode<'scatter'>, root: number, source: BodySource): Step => {
  const builder = new BodyBuilder(source);
  const [operandNumber, indices, updates] = node.inputs as [number, number, number];
  const operand = source.nodes[operandNumber] as GraphNode;
  const { combine, unique, axis } = node.attributes;
  const initial =
    operand.op === 'constant'
      ? { constant: operand.attributes.value }
      : { input: builder.input(source.bufferOf(operandNumber) as number) };
  const { shape } = source.nodes[updates] as GraphNode;
  const access = identityAccess(shape);
  const position = valueIndex(builder.read(indices, access));
  const target = throughGather({ ...node, op: 'gather', attributes: { axis } }, node, position, access);
  const value = builder.read(updates, access);
  return {
    kernel: {
      kind: 'scatter',
      shape,
      combine,
      unique,
      initial,
      target: linearIndex(target.coordinates, contiguousStrides(node.shape)),
      guards: target.guards,
      value,
      ...finish(builder, source.nodes),
      outputs: [{ dtype: node.dtype, length: sizeOf(node.shape) }],
    },
    inputs: builder.inputs,
    outputs: [root],
  };
};
