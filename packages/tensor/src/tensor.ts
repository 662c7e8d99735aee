import { type DType, type HostArrays, type Shape, ShapeError, sizeOf } from '@cotangent/ir';
import { evaluateNodes, readNode, readNodeSync } from './evaluate/evaluate.js';
import type { Device } from './graph/device.js';
import { disposeNode, type Node } from './graph/node.js';

/** Nested arrays as deep as the tensor's rank; a scalar is the value itself. */
export type NestedArray = number | boolean | readonly NestedArray[];

/** What `data()` gives for a dtype: float16 is widened. */
export type DataArray<D extends DType = DType> = D extends 'float16' ? HostArrays['float32'] : HostArrays[D];

/**
 * A lazy n-dimensional array: shape and dtype are known at once, values when asked for.
 *
 * Ops are free functions (`add(x, y)`) with thin methods beside them (`x.add(y)`).
 */
export class Tensor {
  /** The graph vertex behind this handle. */
  node: Node;

  constructor(node: Node) {
    this.node = node;
  }

  get shape(): Shape {
    return this.node.shape;
  }
  get dtype(): DType {
    return this.node.dtype;
  }
  get device(): Device {
    return this.node.device;
  }
  /** Number of axes. */
  get rank(): number {
    return this.node.shape.length;
  }
  /** Number of elements. */
  get size(): number {
    return sizeOf(this.node.shape);
  }

  /** Evaluates and copies the values to a typed array, row-major: float16 as Float32Array, bool as Uint8Array of 0 and 1. */
  async data(): Promise<DataArray> {
    await evaluateNodes([this.node]);
    return (await readNode(this.node)) as DataArray;
  }

  /** The same at once; UnsupportedError where the device answers only later. */
  dataSync(): DataArray {
    return readNodeSync(this.node) as DataArray;
  }

  /** The single element; ShapeError where there are more. A bool gives 0 or 1. */
  async item(): Promise<number> {
    requireSingle(this);
    return (await this.data())[0] as number;
  }

  /** Evaluates to nested arrays, booleans for dtype bool. */
  async toArray(): Promise<NestedArray> {
    return nest(await this.data(), this.shape, this.dtype);
  }

  /** Frees the values now; using the tensor afterwards is a DisposedError. Idempotent. */
  dispose(): void {
    disposeNode(this.node);
  }

  [Symbol.dispose](): void {
    this.dispose();
  }

  toString(): string {
    return `Tensor(${this.dtype}[${this.shape.join(', ')}] on ${this.device.name})`;
  }
}

const requireSingle = (tensor: Tensor): void => {
  if (tensor.size !== 1) {
    throw new ShapeError('item', 'the tensor does not have exactly one element.', {
      sides: { shape: tensor.shape },
      hint: 'Reduce it first, or read data().',
    });
  }
};

const nest = (data: DataArray, shape: Shape, dtype: DType): NestedArray => {
  let level: NestedArray[] = Array.from(data, (v): number | boolean => (dtype === 'bool' ? v !== 0 : v));
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    const extent = shape[axis] as number;
    const count = sizeOf(shape.slice(0, axis));
    level = Array.from({ length: count }, (_, i) => level.slice(i * extent, (i + 1) * extent));
  }
  return level[0] as NestedArray;
};
