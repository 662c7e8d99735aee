import type {
  ConvolveKernel,
  DType,
  Instruction,
  Kernel,
  KernelKind,
  MapKernel,
  MatmulKernel,
  Operand,
  ReduceKernel,
  ScanKernel,
  ScatterKernel,
  Shape,
  SortKernel,
} from '@cotangent/ir';
import { forEachPosition, positionOf } from '../interpreter/coordinates.js';
import { argExtreme, sortedOrder } from '../interpreter/order.js';
import { arithmetics, combinations, wrapTo } from '../interpreter/scalar.js';
import { combiningRounds, evaluateBody, evaluateIndex, isInside } from './body.js';

type Values = ArrayLike<number>;
type Store = (output: number, position: number, value: number) => void;
type Execute<K extends Kernel> = (kernel: K, inputs: readonly Values[], store: Store) => void;

const none: ReadonlyMap<number, number> = new Map();

const executeMap: Execute<MapKernel> = ({ shape, body, outputs }, inputs, store) => {
  forEachPosition(shape, (axes, position) => {
    const values = evaluateBody(body, axes, { inputs, given: none });
    for (const [i, output] of outputs.entries()) store(i, position, values[output.value] as number);
  });
};

/** The positions of a row: outer coordinates followed by inner ones. */
const rowOf = (outer: readonly number[], inner: Shape): number[][] => {
  const row: number[][] = [];
  forEachPosition(inner, (coordinates) => row.push([...outer, ...coordinates]));
  return row;
};

const reduceValues = (
  instruction: Extract<Instruction, { op: 'reduce' }>,
  body: readonly Instruction[],
  values: number[],
) => {
  const { reduction, dtype, operands } = instruction;
  if (reduction === 'argmax') return argExtreme(values, (a, b) => a > b);
  if (reduction === 'argmin') return argExtreme(values, (a, b) => a < b);
  const arithmetic = arithmetics[(body[operands[0]] as Instruction).dtype];
  const { identity, combine } = combinations[reduction];
  return wrapTo[dtype](values.reduce((result, value) => combine(arithmetic, result, value), identity(arithmetic)));
};

const executeReduce: Execute<ReduceKernel> = ({ outer, inner, body, outputs }, inputs, store) => {
  const rounds = combiningRounds(body);
  forEachPosition(outer, (coordinates, position) => {
    const row = rowOf(coordinates, inner);
    const given = new Map<number, number>();
    const sweep = () => row.map((axes) => evaluateBody(body, axes, { inputs, given }));
    for (const round of rounds) {
      const swept = sweep();
      for (const number of round) {
        const instruction = body[number] as Extract<Instruction, { op: 'reduce' }>;
        const operand = instruction.operands[0];
        given.set(
          number,
          reduceValues(
            instruction,
            body,
            swept.map((values) => values[operand] as number),
          ),
        );
      }
    }
    const finished = sweep();
    const start = [...coordinates, ...inner.map(() => 0)];
    const once = finished[0] ?? evaluateBody(body, start, { inputs, given });
    for (const [i, { space, value, index }] of outputs.entries()) {
      if (space === 'outer') store(i, position, once[value] as number);
      else {
        for (const [j, values] of finished.entries()) {
          const place = index ? evaluateIndex(index, row[j] as number[], values) : position * row.length + j;
          store(i, place, values[value] as number);
        }
      }
    }
  });
};

const executeScan: Execute<ScanKernel> = ({ outer, length, body, outputs }, inputs, store) => {
  const rounds = combiningRounds(body);
  forEachPosition(outer, (coordinates, position) => {
    const row = rowOf(coordinates, [length]);
    const given = row.map(() => new Map<number, number>());
    const sweep = () =>
      row.map((axes, i) => evaluateBody(body, axes, { inputs, given: given[i] as ReadonlyMap<number, number> }));
    for (const round of rounds) {
      const swept = sweep();
      for (const number of round) {
        const {
          combine: name,
          dtype,
          reverse,
          exclusive,
          operands,
        } = body[number] as Extract<Instruction, { op: 'scan' }>;
        const arithmetic = arithmetics[dtype];
        const { identity, combine } = combinations[name];
        let running = identity(arithmetic);
        for (let step = 0; step < length; step++) {
          const i = reverse ? length - 1 - step : step;
          const next = combine(arithmetic, running, swept[i]?.[operands[0]] as number);
          given[i]?.set(number, wrapTo[dtype](exclusive ? running : next));
          running = next;
        }
      }
    }
    for (const [j, values] of sweep().entries()) {
      for (const [i, { value }] of outputs.entries()) store(i, position * length + j, values[value] as number);
    }
  });
};

const executeSort: Execute<SortKernel> = ({ outer, length, body, key, descending, outputs }, inputs, store) => {
  forEachPosition(outer, (coordinates, position) => {
    const row = rowOf(coordinates, [length]);
    const keys = row.map((axes) => evaluateBody(body, axes, { inputs, given: none })[key] as number);
    for (const [rank, from] of sortedOrder(keys, descending).entries()) {
      for (const [i, { content }] of outputs.entries()) {
        store(i, position * length + rank, content === 'values' ? (keys[from] as number) : from);
      }
    }
  });
};

const executeScatter: Execute<ScatterKernel> = (kernel, inputs, store) => {
  const { shape, combine, initial, target, guards, value, body, outputs } = kernel;
  const { dtype, length } = outputs[0] as { dtype: DType; length: number };
  const out = Float64Array.from({ length }, (_, i) =>
    'constant' in initial ? initial.constant : (inputs[initial.input]?.[i] as number),
  );
  forEachPosition(shape, (axes) => {
    const values = evaluateBody(body, axes, { inputs, given: none });
    if (!isInside(guards, axes, values)) return;
    const place = evaluateIndex(target, axes, values);
    const update = values[value] as number;
    out[place] = wrapTo[dtype](combine === 'add' ? (out[place] as number) + update : update);
  });
  for (const [i, element] of out.entries()) store(0, i, element);
};

/** Runs the epilogue on the accumulators of a matmul or convolve. */
const finish = (
  { body, outputs, dtype }: MatmulKernel | ConvolveKernel,
  shape: Shape,
  inputs: readonly Values[],
  store: Store,
  accumulate: (axes: readonly number[]) => number,
): void => {
  const accumulators = body.flatMap(({ op }, number) => (op === 'accumulator' ? [number] : []));
  forEachPosition(shape, (axes, position) => {
    const sum = wrapTo[dtype](accumulate(axes));
    const given = new Map(accumulators.map((number) => [number, sum]));
    const values = evaluateBody(body, axes, { inputs, given });
    for (const [i, output] of outputs.entries()) store(i, position, values[output.value] as number);
  });
};

const readOperand = ({ input, offset, strides }: Operand, inputs: readonly Values[], at: readonly number[]): number =>
  inputs[input]?.[offset + positionOf(at, strides)] as number;

const executeMatmul: Execute<MatmulKernel> = (kernel, inputs, store) => {
  const { batch, m, n, k, left, right, dtype } = kernel;
  const { multiply } = arithmetics[dtype];
  finish(kernel, [...batch, m, n], inputs, store, (axes) => {
    const lead = axes.slice(0, batch.length);
    const [row, column] = axes.slice(batch.length) as [number, number];
    let sum = 0;
    for (let inner = 0; inner < k; inner++) {
      const a = readOperand(left, inputs, [...lead, row, inner]);
      sum += multiply(a, readOperand(right, inputs, [...lead, inner, column]));
    }
    return sum;
  });
};

/** Position in the undilated, unpadded input of an output position and a kernel position, or −1 where there is none. */
const inputPosition = (kernel: ConvolveKernel, axis: number, output: number, tap: number): number => {
  const { stride, padding, inputDilation, kernelDilation, inputSize } = kernel;
  const reach = output * (stride[axis] as number) + tap * (kernelDilation[axis] as number);
  const position = (reach - (padding[axis] as number)) / (inputDilation[axis] as number);
  return Number.isInteger(position) && position >= 0 && position < (inputSize[axis] as number) ? position : -1;
};

const executeConvolve: Execute<ConvolveKernel> = (kernel, inputs, store) => {
  const { batch, groups, inputChannels, outputChannels, kernelSize, outputSize, left, right, dtype } = kernel;
  const { multiply } = arithmetics[dtype];
  finish(kernel, [batch, groups, outputChannels, ...outputSize], inputs, store, (axes) => {
    const [n, g, o] = axes as readonly [number, number, number];
    let sum = 0;
    forEachPosition([inputChannels, ...kernelSize], ([c, ...taps]) => {
      const position = taps.map((tap, d) => inputPosition(kernel, d, axes[3 + d] as number, tap));
      if (position.includes(-1)) return;
      const a = readOperand(left, inputs, [n, g, c as number, ...position]);
      sum += multiply(a, readOperand(right, inputs, [g, o, c as number, ...taps]));
    });
    return sum;
  });
};

const executors: { readonly [K in KernelKind]: Execute<Extract<Kernel, { kind: K }>> } = {
  map: executeMap,
  reduce: executeReduce,
  scan: executeScan,
  sort: executeSort,
  scatter: executeScatter,
  matmul: executeMatmul,
  convolve: executeConvolve,
};

/** Runs a kernel with plain loops: what the kernel contract means. */
export const execute = (kernel: Kernel, inputs: readonly Values[], store: Store): void => {
  (executors[kernel.kind] as Execute<Kernel>)(kernel, inputs, store);
};
