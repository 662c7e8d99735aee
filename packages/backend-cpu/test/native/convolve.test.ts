import {
  type ConvolveKernel,
  contiguousStrides,
  createHostArray,
  type DType,
  type HostArray,
  sizeOf,
} from '@cotangent/ir';
import { describe, expect, it } from 'vitest';
import { planConvolve } from '../../src/native/convolve.js';
import { faultsOfEpilogue, runPlan } from './driver.js';
import { fillRandom, toNumbers } from './elements.js';
import { randomOperand } from './operands.js';
import { Random } from './random.js';

/** Coordinates of a row-major position. */
const coordinatesOf = (shape: readonly number[], position: number): number[] => {
  const coordinates = new Array<number>(shape.length);
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    const size = shape[axis] as number;
    coordinates[axis] = position % size;
    position = Math.floor(position / size);
  }
  return coordinates;
};

const placeOf = (strides: readonly number[], coordinates: readonly number[], firstAxis = 0): number =>
  coordinates.reduce((place, position, axis) => place + position * (strides[firstAxis + axis] as number), 0);

/** Places of the image's and the weights' elements, channel 0, that meet at an output position. */
const meetingsAt = (kernel: ConvolveKernel, p: readonly number[]): number[] => {
  const { left, right, inputSize, kernelSize, stride, padding, kernelDilation, inputDilation } = kernel;
  const places: number[] = [];
  for (let tap = 0; tap < sizeOf(kernelSize); tap++) {
    const q = coordinatesOf(kernelSize, tap);
    const position = p.map((at, axis) => {
      const reached = at * (stride[axis] as number) + (q[axis] as number) * (kernelDilation[axis] as number);
      return (reached - (padding[axis] as number)) / (inputDilation[axis] as number);
    });
    const isInside = position.every((at, axis) => Number.isInteger(at) && at >= 0 && at < (inputSize[axis] as number));
    if (isInside) places.push(placeOf(left.strides, position, 3), placeOf(right.strides, q, 3));
  }
  return places;
};

/** The sums in float64 straight from the definition, with the sums of magnitudes that rounding errors scale with. */
const reference = (kernel: ConvolveKernel, a: Float64Array, b: Float64Array) => {
  const { batch, groups, inputChannels, outputChannels, outputSize, left, right } = kernel;
  const positions = sizeOf(outputSize);
  const values = new Float64Array(batch * groups * outputChannels * positions);
  const magnitudes = new Float64Array(values.length);
  for (let p = 0; p < positions; p++) {
    const meetings = meetingsAt(kernel, coordinatesOf(outputSize, p));
    for (let i = p; i < values.length; i += positions) {
      const [n, g, o] = coordinatesOf([batch, groups, outputChannels], Math.floor(i / positions)) as [
        number,
        number,
        number,
      ];
      let sum = 0;
      let magnitude = 0;
      for (let c = 0; c < inputChannels; c++) {
        const leftPlace = left.offset + placeOf(left.strides, [n, g, c]);
        const rightPlace = right.offset + placeOf(right.strides, [g, o, c]);
        for (let meeting = 0; meeting < meetings.length; meeting += 2) {
          const product =
            (a[leftPlace + (meetings[meeting] as number)] as number) *
            (b[rightPlace + (meetings[meeting + 1] as number)] as number);
          sum += product;
          magnitude += Math.abs(product);
        }
      }
      values[i] = sum;
      magnitudes[i] = magnitude;
    }
  }
  return { values, magnitudes };
};

const expectConvolution = (
  kernel: ConvolveKernel,
  inputs: readonly HostArray[],
  actual: HostArray,
  { isFiltered = false } = {},
) => {
  const [a, b] = inputs.map((input, i) => toNumbers(kernel.inputs[i] as DType, input)) as [Float64Array, Float64Array];
  const { values, magnitudes } = reference(kernel, a, b);
  // A sum of `depth` rounded products stays within a few √depth of the unit roundoff, far inside `depth` of it.
  const depth = kernel.inputChannels * sizeOf(kernel.kernelSize);
  const roundoff =
    kernel.dtype === 'int32' ? 0 : (8 + 2 * Math.sqrt(depth)) * (kernel.dtype === 'float64' ? 2 ** -53 : 2 ** -24);
  // Filtering mixes the outputs of a tile, and their errors with them.
  const largest = magnitudes.reduce((a, b) => Math.max(a, b), 0);
  const worst = values.reduce((worst, value, i) => {
    const excess =
      Math.abs((actual[i] as number) - value) - roundoff * (isFiltered ? largest : (magnitudes[i] as number));
    return excess > 0 || Number.isNaN(excess) ? i : worst;
  }, -1);
  expect(actual.length).toBe(values.length);
  expect(worst === -1 ? 'equal' : `${actual[worst]} for ${values[worst]} at ${worst}`).toBe('equal');
};

type Parameters = Omit<ConvolveKernel, 'kind' | 'inputs' | 'body' | 'outputs' | 'left' | 'right'>;

/** A kernel over random inputs, through random or contiguous views. */
const randomCase = (parameters: Parameters, random: Random, isContiguous = false) => {
  const { dtype, batch, groups, inputChannels, outputChannels, inputSize, kernelSize, outputSize } = parameters;
  const operand = (input: number, shape: readonly number[]) =>
    isContiguous
      ? { operand: { input, offset: 0, strides: contiguousStrides(shape) }, length: sizeOf(shape) }
      : randomOperand(input, shape, random);
  const left = operand(0, [batch, groups, inputChannels, ...inputSize]);
  const right = operand(1, [groups, outputChannels, inputChannels, ...kernelSize]);
  const length = batch * groups * outputChannels * sizeOf(outputSize);
  const kernel: ConvolveKernel = {
    kind: 'convolve',
    ...parameters,
    inputs: [dtype, dtype],
    left: left.operand,
    right: right.operand,
    body: [{ op: 'accumulator', dtype }],
    outputs: [{ dtype, length, value: 0, space: 'full' }],
  };
  const inputs = [left.length, right.length].map((size) => fillRandom(createHostArray(dtype, size), dtype, random));
  return { kernel, inputs, length };
};

const randomParameters = (dtype: DType, random: Random): Parameters => {
  const rank = random.between(1, 3);
  const axes = <T>(make: () => T): T[] => Array.from({ length: rank }, make);
  const size = () => random.pick(rank === 3 ? [1, 2, 3, 5] : [1, 2, 3, 4, 7, 9, 13, 16]);
  return {
    dtype,
    batch: random.between(1, 3),
    groups: random.pick([1, 1, 2, 3]),
    inputChannels: random.pick([1, 1, 2, 3, 5, 9]),
    outputChannels: random.pick([1, 1, 2, 3, 4, 5, 8]),
    inputSize: axes(size),
    kernelSize: axes(() => random.pick([1, 2, 3, 3, 5, size()])),
    outputSize: axes(size),
    stride: axes(() => random.pick([1, 1, 2, 3])),
    padding: axes(() => random.between(-2, 3)),
    inputDilation: axes(() => random.pick([1, 1, 1, 2, 3, 4])),
    kernelDilation: axes(() => random.pick([1, 1, 2, 3])),
  };
};

describe('planConvolve', () => {
  it.each(['float32', 'float16', 'float64', 'int32'] as const)(
    'convolves %s with any parameters and strides',
    (dtype) => {
      for (let seed = 1; seed <= 150; seed++) {
        const random = new Random(seed);
        const { kernel, inputs, length } = randomCase(randomParameters(dtype, random), random);
        const plan = planConvolve(kernel, { threads: random.pick([1, 2, 16]) });
        try {
          expectConvolution(kernel, inputs, runPlan(plan, { inputs, accumulator: length, random }).accumulator);
        } catch (cause) {
          throw new Error(`seed ${seed}: ${JSON.stringify(kernel)}`, { cause });
        }
      }
    },
  );

  const ones = { stride: [1, 1], padding: [1, 1], inputDilation: [1, 1], kernelDilation: [1, 1] } as const;
  it.each([
    ['forward', { ...ones, inputSize: [20, 20], kernelSize: [3, 3], outputSize: [20, 20] }],
    ['strided forward', { ...ones, inputSize: [20, 20], kernelSize: [3, 3], outputSize: [10, 10], stride: [2, 2] }],
    [
      'strided input gradient',
      { ...ones, inputSize: [10, 10], kernelSize: [3, 3], outputSize: [20, 20], inputDilation: [2, 2] },
    ],
    ['weight gradient', { ...ones, inputSize: [20, 20], kernelSize: [20, 20], outputSize: [3, 3] }],
    [
      'strided weight gradient',
      { ...ones, inputSize: [20, 20], kernelSize: [10, 10], outputSize: [3, 3], kernelDilation: [2, 2] },
    ],
  ])('convolves many channels: %s', (_, geometry) => {
    const random = new Random(3);
    const parameters = {
      dtype: 'float32',
      batch: 5,
      groups: 1,
      inputChannels: 37,
      outputChannels: 18,
      ...geometry,
    } as const;
    const { kernel, inputs, length } = randomCase(parameters, random);
    expectConvolution(
      kernel,
      inputs,
      runPlan(planConvolve(kernel), { inputs, accumulator: length, random }).accumulator,
    );
  });

  it.each([
    ['forward, odd sizes', { batch: 3, groups: 2, inputSize: [13, 22], kernelSize: [3, 3], outputSize: [13, 22] }],
    [
      'forward, many small images',
      { batch: 9, groups: 1, inputSize: [8, 9], kernelSize: [3, 3], outputSize: [6, 7], padding: [0, 0] },
    ],
    ['forward, a wide image', { batch: 1, groups: 1, inputSize: [3, 700], kernelSize: [3, 3], outputSize: [3, 700] }],
    [
      'weight gradient, odd sizes',
      { batch: 13, groups: 2, inputSize: [13, 22], kernelSize: [13, 22], outputSize: [3, 3] },
    ],
    [
      'weight gradient, many small images',
      { batch: 20, groups: 1, inputChannels: 41, inputSize: [6, 7], kernelSize: [6, 7], outputSize: [3, 3] },
    ],
    [
      'weight gradient, a wide image',
      { batch: 9, groups: 1, inputSize: [3, 700], kernelSize: [3, 700], outputSize: [3, 3] },
    ],
  ])('filters tiles with any views, threads and float16: %s', (_, geometry) => {
    for (const dtype of ['float32', 'float16'] as const) {
      const random = new Random(8);
      const parameters = { dtype, inputChannels: 12, outputChannels: 11, ...ones, ...geometry };
      const { kernel, inputs, length } = randomCase(parameters, random);
      const run = (threads: number) =>
        runPlan(planConvolve(kernel, { threads }), { inputs, accumulator: length, random }).accumulator;
      const alone = run(1);
      expect(planConvolve(kernel).phases[0]?.entry).toMatch(/^winograd/);
      expectConvolution(kernel, inputs, alone, { isFiltered: true });
      for (const threads of [2, 7]) expect(run(threads)).toEqual(alone);
    }
  });

  it('sums long weight gradients in slices, with the same bits for any number of threads', () => {
    const random = new Random(4);
    const geometry = { ...ones, inputSize: [70, 70], kernelSize: [70, 70], outputSize: [3, 3] };
    const parameters = {
      dtype: 'float32',
      batch: 1,
      groups: 1,
      inputChannels: 2,
      outputChannels: 3,
      ...geometry,
    } as const;
    const { kernel, inputs, length } = randomCase(parameters, random);
    const run = (threads: number) =>
      runPlan(planConvolve(kernel, { threads }), { inputs, accumulator: length, random }).accumulator;
    expectConvolution(kernel, inputs, run(1));
    for (const threads of [2, 16]) expect(run(threads)).toEqual(run(1));
    expect(planConvolve(kernel).phases.map(({ entry }) => entry)).toEqual(['convolveFloat32', 'sumFloat32']);
  });

  it('gives zeros where no tap meets the image', () => {
    const random = new Random(5);
    const geometry = {
      ...ones,
      inputSize: [3, 3],
      kernelSize: [1, 1],
      outputSize: [5, 5],
      padding: [0, 0],
      inputDilation: [2, 2],
    };
    const parameters = {
      dtype: 'float32',
      batch: 1,
      groups: 1,
      inputChannels: 1,
      outputChannels: 1,
      ...geometry,
    } as const;
    const { kernel, inputs, length } = randomCase(parameters, random);
    const { accumulator } = runPlan(planConvolve(kernel), { inputs, accumulator: length });
    expectConvolution(kernel, inputs, accumulator);
    expect(accumulator[1]).toBe(0);
  });

  it.each([
    ['patches', { ...ones, inputSize: [18, 35], kernelSize: [5, 5], outputSize: [16, 33] }],
    [
      'patches of every second position',
      { ...ones, inputSize: [41, 50], kernelSize: [3, 3], outputSize: [20, 25], stride: [2, 2] },
    ],
    ['tiles', { ...ones, inputSize: [13, 14], kernelSize: [3, 3], outputSize: [13, 14] }],
    ['tiles of a weight gradient', { ...ones, inputSize: [13, 14], kernelSize: [13, 14], outputSize: [3, 3] }],
    [
      'rows',
      {
        ...ones,
        inputSize: [20, 30],
        kernelSize: [3, 3],
        outputSize: [20, 30],
        groups: 9,
        inputChannels: 1,
        outputChannels: 1,
      },
    ],
    [
      'every second position of rows',
      {
        ...ones,
        inputSize: [20, 30],
        kernelSize: [3, 3],
        outputSize: [10, 15],
        stride: [2, 2],
        groups: 9,
        inputChannels: 1,
        outputChannels: 1,
      },
    ],
    [
      'dot products of rows',
      {
        ...ones,
        inputSize: [20, 30],
        kernelSize: [20, 30],
        outputSize: [3, 3],
        groups: 9,
        inputChannels: 3,
        outputChannels: 1,
      },
    ],
    ['a matmul', { ...ones, inputSize: [9, 10], kernelSize: [1, 1], outputSize: [9, 10], padding: [0, 0] }],
  ])('convolves and finishes contiguous images: %s', (_, geometry) => {
    const random = new Random(6);
    const channels = { batch: 9, groups: 2, inputChannels: 10, outputChannels: 11 };
    const { kernel, inputs, length } = randomCase({ dtype: 'float32', ...channels, ...geometry }, random, true);
    const plan = planConvolve(kernel, { threads: 8 });
    const result = runPlan(plan, { inputs, accumulator: length, random });
    expectConvolution(kernel, inputs, result.accumulator, { isFiltered: true });
    expect(plan.epilogue).toBe('during');
    expect(faultsOfEpilogue(result, kernel.outputSize.at(-1) as number)).toEqual([]);
  });

  it('leaves the epilogue to a phase of its own where input dilation scatters the output', () => {
    const random = new Random(6);
    const geometry = { ...ones, inputSize: [5, 5], kernelSize: [3, 3], outputSize: [9, 9], inputDilation: [2, 2] };
    const channels = { batch: 1, groups: 1, inputChannels: 2, outputChannels: 2 };
    const { kernel, inputs, length } = randomCase({ dtype: 'float32', ...channels, ...geometry }, random);
    const plan = planConvolve(kernel);
    expect(plan.epilogue).toBe('after');
    expect(runPlan(plan, { inputs, accumulator: length }).finished).toEqual([]);
  });
});
