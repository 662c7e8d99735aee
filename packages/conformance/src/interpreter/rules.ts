import {
  type BinaryScalarOp,
  contiguousStrides,
  DisposedError,
  type DType,
  isFloat,
  type Shape,
  sizeOf,
  type UnaryScalarOp,
} from '@cotangent/ir';
import type { Node, OpName } from '@cotangent/tensor';
import { forEachPosition, positionOf } from './coordinates.js';
import { argExtreme, sortedOrder } from './order.js';
import {
  arithmetics,
  binaryFunctions,
  combinations,
  comparisons,
  convertTo,
  unaryFunctions,
  wrapTo,
} from './scalar.js';
import { randomWord } from './threefry.js';

/** Computes a node's elements, row-major, from those of its inputs. Integers may leave their range: the caller wraps. */
export type Rule<K extends OpName> = (node: Node<K>, inputs: readonly Float64Array[]) => Float64Array;

type Values = Float64Array;
type Inputs = readonly Float64Array[];

const shapeOf = (node: Node, input: number): Shape => (node.inputs[input] as Node).shape;
const dtypeOf = (node: Node, input: number) => (node.inputs[input] as Node).dtype;

/** A number from an op's attributes; a floating-point one keeps its float64 digits. */
const asConstant = (dtype: DType, value: number): number => (isFloat(dtype) ? value : convertTo[dtype](value));

const unary =
  (op: UnaryScalarOp) =>
  (_: Node, [x]: Inputs): Values =>
    (x as Values).map(unaryFunctions[op]);

const zip = (left: Values | undefined, right: Values | undefined, combine: (a: number, b: number) => number): Values =>
  (left as Values).map((a, i) => combine(a, (right as Values)[i] as number));

const binary =
  (op: BinaryScalarOp) =>
  ({ dtype }: Node, [left, right]: Inputs): Values =>
    zip(left, right, binaryFunctions[op](arithmetics[dtype]));

/** Each output position takes the input element at `source`, or `otherwise` where there is none. */
const moved = (shape: Shape, x: Values, source: (coordinates: readonly number[]) => number, otherwise = 0): Values => {
  const out = new Float64Array(sizeOf(shape));
  forEachPosition(shape, (coordinates, position) => {
    const from = source(coordinates);
    out[position] = from < 0 ? otherwise : (x[from] as number);
  });
  return out;
};

/** Groups the positions of a shape by their coordinates outside `axes`: one list, in row-major order, per group. */
const groupPositions = (shape: Shape, axes: readonly number[]): number[][] => {
  const outerStrides = new Array<number>(shape.length).fill(0);
  let groups = 1;
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    if (axes.includes(axis)) continue;
    outerStrides[axis] = groups;
    groups *= shape[axis] as number;
  }
  const positions = Array.from({ length: groups }, (): number[] => []);
  forEachPosition(shape, (coordinates, position) => {
    positions[positionOf(coordinates, outerStrides)]?.push(position);
  });
  return positions;
};

const reduce: Rule<'reduce'> = (node, [x]) => {
  const { reduction, axes } = node.attributes;
  const arithmetic = arithmetics[node.dtype];
  const groups = groupPositions(shapeOf(node, 0), axes);
  return Float64Array.from(groups, (positions) => {
    const values = positions.map((position) => (x as Values)[position] as number);
    if (reduction === 'argmax') return argExtreme(values, (a, b) => a > b);
    if (reduction === 'argmin') return argExtreme(values, (a, b) => a < b);
    const { identity, combine } = combinations[reduction];
    return values.reduce((result, value) => combine(arithmetic, result, value), identity(arithmetic));
  });
};

const scan: Rule<'scan'> = (node, [x]) => {
  const { combine: name, axis, reverse, exclusive } = node.attributes;
  const arithmetic = arithmetics[node.dtype];
  const { identity, combine } = combinations[name];
  const out = new Float64Array((x as Values).length);
  for (const positions of groupPositions(node.shape, [axis])) {
    let running = identity(arithmetic);
    for (const position of reverse ? positions.toReversed() : positions) {
      const next = combine(arithmetic, running, (x as Values)[position] as number);
      out[position] = exclusive ? running : next;
      running = next;
    }
  }
  return out;
};

const matmul: Rule<'matmul'> = (node, [left, right]) => {
  const [m, n] = node.shape.slice(-2) as [number, number];
  const k = shapeOf(node, 0).at(-1) as number;
  const { multiply } = arithmetics[node.dtype];
  const out = new Float64Array(sizeOf(node.shape));
  for (let position = 0; position < out.length; position++) {
    const column = position % n;
    const row = Math.floor(position / n);
    const rightStart = Math.floor(row / m) * k * n + column;
    let sum = 0;
    for (let inner = 0; inner < k; inner++) {
      sum += multiply((left as Values)[row * k + inner] as number, (right as Values)[rightStart + inner * n] as number);
    }
    out[position] = sum;
  }
  return out;
};

const convolve: Rule<'convolve'> = (node, [input, kernel]) => {
  const { stride, padding, inputDilation, kernelDilation } = node.attributes;
  const inputShape = shapeOf(node, 0);
  const kernelShape = shapeOf(node, 1);
  const inputStrides = contiguousStrides(inputShape);
  const kernelStrides = contiguousStrides(kernelShape);
  const channels = inputShape[2] as number;
  const spatial = inputShape.slice(3);
  const size = kernelShape.slice(3);
  const { multiply } = arithmetics[node.dtype];
  const out = new Float64Array(sizeOf(node.shape));
  forEachPosition(node.shape, (at, position) => {
    const [n, g, o] = at as [number, number, number];
    let sum = 0;
    forEachPosition([channels, ...size], (inner) => {
      const c = inner[0] as number;
      const from = [n, g, c];
      const weight = [g, o, c];
      for (let d = 0; d < spatial.length; d++) {
        const q = inner[1 + d] as number;
        const dilated =
          (at[3 + d] as number) * (stride[d] as number) +
          q * (kernelDilation[d] as number) -
          (padding[d]?.[0] as number);
        const step = inputDilation[d] as number;
        if (dilated < 0 || dilated % step !== 0 || dilated / step >= (spatial[d] as number)) return;
        from.push(dilated / step);
        weight.push(q);
      }
      sum += multiply(
        (input as Values)[positionOf(from, inputStrides)] as number,
        (kernel as Values)[positionOf(weight, kernelStrides)] as number,
      );
    });
    out[position] = sum;
  });
  return out;
};

const broadcast: Rule<'broadcast'> = (node, [x]) => {
  const from = shapeOf(node, 0);
  const lead = node.shape.length - from.length;
  const strides = contiguousStrides(from).map((stride, axis) => (from[axis] === 1 ? 0 : stride));
  return moved(node.shape, x as Values, (at) => positionOf(at.slice(lead), strides));
};

const pad: Rule<'pad'> = (node, [x]) => {
  const { low, interior, value } = node.attributes;
  const from = shapeOf(node, 0);
  const strides = contiguousStrides(from);
  const source = (at: readonly number[]): number => {
    let position = 0;
    for (let axis = 0; axis < from.length; axis++) {
      const offset = (at[axis] as number) - (low[axis] as number);
      const pitch = 1 + (interior[axis] as number);
      if (offset < 0 || offset % pitch !== 0 || offset / pitch >= (from[axis] as number)) return -1;
      position += (offset / pitch) * (strides[axis] as number);
    }
    return position;
  };
  return moved(node.shape, x as Values, source, asConstant(node.dtype, value));
};

const concat: Rule<'concat'> = (node, inputs) => {
  const { axis } = node.attributes;
  const strides = contiguousStrides(node.shape);
  const out = new Float64Array(sizeOf(node.shape));
  let start = 0;
  for (const [i, x] of inputs.entries()) {
    const shape = shapeOf(node, i);
    const offset = start * (strides[axis] as number);
    forEachPosition(shape, (at, position) => {
      out[offset + positionOf(at, strides)] = x[position] as number;
    });
    start += shape[axis] as number;
  }
  return out;
};

/** Position in the unwindowed tensor of an element of its windows. */
const windowSource = (node: Node<'window'> | Node<'fold'>, spatial: Shape) => {
  const { size, stride, dilation } = node.attributes;
  const strides = contiguousStrides(spatial);
  const lead = spatial.length - size.length;
  return (at: readonly number[]): number => {
    let position = positionOf(at, strides.slice(0, lead));
    for (let d = 0; d < size.length; d++) {
      const window = (at[lead + d] as number) * (stride[d] as number);
      const within = (at[lead + size.length + d] as number) * (dilation[d] as number);
      position += (window + within) * (strides[lead + d] as number);
    }
    return position;
  };
};

const fold: Rule<'fold'> = (node, [x]) => {
  const target = windowSource(node, node.shape);
  const out = new Float64Array(sizeOf(node.shape));
  forEachPosition(shapeOf(node, 0), (at, position) => {
    const to = target(at);
    out[to] = (out[to] as number) + ((x as Values)[position] as number);
  });
  return out;
};

/** Position that `indices[…, i, …]` names along `axis` of `shape`, or −1 where it is out of range. */
const indexedPosition = (shape: Shape, axis: number, at: readonly number[], index: number): number => {
  if (index < 0 || index >= (shape[axis] as number)) return -1;
  const strides = contiguousStrides(shape);
  return positionOf(at, strides) + (index - (at[axis] as number)) * (strides[axis] as number);
};

const gather: Rule<'gather'> = (node, [source, indices]) => {
  const from = shapeOf(node, 0);
  const out = new Float64Array(sizeOf(node.shape));
  forEachPosition(node.shape, (at, position) => {
    const place = indexedPosition(from, node.attributes.axis, at, (indices as Values)[position] as number);
    out[position] = place < 0 ? 0 : ((source as Values)[place] as number);
  });
  return out;
};

const scatter: Rule<'scatter'> = (node, [operand, indices, updates]) => {
  const { axis, combine } = node.attributes;
  const out = (operand as Values).slice();
  forEachPosition(shapeOf(node, 1), (at, position) => {
    const place = indexedPosition(node.shape, axis, at, (indices as Values)[position] as number);
    if (place < 0) return;
    const update = (updates as Values)[position] as number;
    out[place] = combine === 'add' ? (out[place] as number) + update : update;
  });
  return out;
};

const sort: Rule<'sort'> = (node, [x]) => {
  const { descending, output } = node.attributes;
  const length = node.shape.at(-1) as number;
  const out = new Float64Array((x as Values).length);
  for (let start = 0; start < out.length; start += length) {
    const row = (x as Values).subarray(start, start + length);
    for (const [i, from] of sortedOrder(row, descending).entries())
      out[start + i] = output === 'values' ? (row[from] as number) : from;
  }
  return out;
};

/** How each op computes, with plain loops: what the graph means, whatever lowering and fusion do with it. */
export const rules: { readonly [K in OpName]: Rule<K> } = {
  data: () => {
    throw new DisposedError('interpret', 'a leaf has no values.');
  },
  constant: (node) => new Float64Array(sizeOf(node.shape)).fill(asConstant(node.dtype, node.attributes.value)),
  iota: (node) => {
    const out = new Float64Array(sizeOf(node.shape));
    forEachPosition(node.shape, (at, position) => {
      out[position] = at[node.attributes.axis] as number;
    });
    return out;
  },
  randomBits: (node, [key]) => {
    const words = [(key as Values)[0] as number, (key as Values)[1] as number] as const;
    return new Float64Array(sizeOf(node.shape)).map((_, position) => randomWord(words, position));
  },

  negate: unary('negate'),
  exp: unary('exp'),
  log: unary('log'),
  sqrt: unary('sqrt'),
  sin: unary('sin'),
  cos: unary('cos'),
  tanh: unary('tanh'),
  erf: unary('erf'),
  floor: unary('floor'),
  cast: (node, [x]) => {
    if (isFloat(node.dtype)) return x as Values;
    return (x as Values).map((isFloat(dtypeOf(node, 0)) ? convertTo : wrapTo)[node.dtype]);
  },

  add: binary('add'),
  multiply: binary('multiply'),
  divide: binary('divide'),
  maximum: binary('maximum'),
  minimum: binary('minimum'),
  remainder: binary('remainder'),
  and: binary('and'),
  or: binary('or'),
  xor: binary('xor'),
  shiftLeft: binary('shiftLeft'),
  shiftRight: binary('shiftRight'),
  compare: (node, [left, right]) => {
    const holds = comparisons[node.attributes.comparison];
    return zip(left, right, (a, b) => Number(holds(a, b)));
  },
  select: (_, [condition, whenTrue, whenFalse]) =>
    (condition as Values).map((isTrue, i) => ((isTrue ? whenTrue : whenFalse) as Values)[i] as number),

  reduce,
  scan,
  matmul,
  convolve,

  reshape: (_, [x]) => x as Values,
  transpose: (node, [x]) => {
    const strides = contiguousStrides(shapeOf(node, 0));
    const permuted = node.attributes.permutation.map((axis) => strides[axis] as number);
    return moved(node.shape, x as Values, (at) => positionOf(at, permuted));
  },
  broadcast,
  slice: (node, [x]) => {
    const { start, step } = node.attributes;
    const strides = contiguousStrides(shapeOf(node, 0));
    const stepped = strides.map((stride, axis) => stride * (step[axis] as number));
    const offset = positionOf(start, strides);
    return moved(node.shape, x as Values, (at) => offset + positionOf(at, stepped));
  },
  pad,
  concat,
  window: (node, [x]) => moved(node.shape, x as Values, windowSource(node, shapeOf(node, 0))),
  fold,
  gather,
  scatter,
  sort,

  detach: (_, [x]) => x as Values,
  call: (_, [value]) => value as Values,
};
