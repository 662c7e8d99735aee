// Times the fixed kernels on one thread, beside a register-resident multiply-add loop timed in the same rounds.
// node packages/backend-cpu/bench/native.mjs [name…]      after `npm run build`; names filter the cases
import { contiguousStrides, sizeOf } from '@cotangent/ir';
import { planConvolve } from '../dist/native/convolve.js';
import { planMatmul } from '../dist/native/matmul.js';
import { nativeModuleBytes } from '../dist/native/module.js';
import { planSort } from '../dist/native/sort.js';

const rounds = 15;
const memory = new WebAssembly.Memory({ initial: 16384, maximum: 65536, shared: true });
const table = new WebAssembly.Table({ initial: 2, element: 'anyfunc' });
const native = new WebAssembly.Instance(new WebAssembly.Module(nativeModuleBytes()), { env: { memory, table } })
  .exports;

let top = 1024;
const allocate = (byteLength) => {
  const pointer = top;
  top = Math.ceil((top + byteLength + 128) / 64) * 64;
  return pointer;
};

/** Lays the buffers out once and returns a function that runs all phases. */
const launch = (plan, inputBytes, accumulatorLength, outputBytes = []) => {
  const inputs = inputBytes.map((byteLength) => {
    const pointer = allocate(byteLength);
    const words = new Float32Array(memory.buffer, pointer, byteLength / 4);
    for (let i = 0; i < words.length; i++) words[i] = Math.random() - 0.5;
    return pointer;
  });
  const accumulator = allocate(accumulatorLength * 4);
  const keys = new Float32Array(memory.buffer, accumulator, accumulatorLength);
  for (let i = 0; i < keys.length; i++) keys[i] = Math.random();
  const outputs = outputBytes.map(allocate);
  const scratch = allocate(plan.scratchByteLength);
  const block = allocate(plan.argumentsByteLength);
  const threadScratch = allocate(plan.threadScratchByteLength);
  plan.fill(new Int32Array(memory.buffer, block, plan.argumentsByteLength / 4), {
    inputs,
    accumulator,
    outputs,
    scratch,
    epilogue: 0,
  });
  return () => {
    for (const phase of plan.phases) native[phase.entry](block + phase.argumentsOffset, 0, phase.units, threadScratch);
  };
};

const matmulCase = (m, n, k, { batch = [], transpose = '' } = {}) => {
  const dtype = 'float32';
  const swap = (strides) => [...strides.slice(0, -2), strides.at(-1), strides.at(-2)];
  const strides = (shape, isTransposed) =>
    isTransposed
      ? swap(contiguousStrides([...shape.slice(0, -2), shape.at(-1), shape.at(-2)]))
      : contiguousStrides(shape);
  const kernel = {
    kind: 'matmul',
    dtype,
    inputs: [dtype, dtype],
    batch,
    m,
    n,
    k,
    left: { input: 0, offset: 0, strides: strides([...batch, m, k], transpose.includes('left')) },
    right: { input: 1, offset: 0, strides: strides([...batch, k, n], transpose.includes('right')) },
    body: [],
    outputs: [],
  };
  const items = sizeOf(batch);
  return {
    run: launch(planMatmul(kernel), [4 * items * m * k, 4 * items * k * n], items * m * n),
    operations: 2 * items * m * n * k,
  };
};

/** The three roles of one square convolution: forward, gradient of the input, gradient of the weights. */
const convolveCase = (
  role,
  { batch, groups = 1, channels, outputs, size, kernel, stride = 1, padding = (kernel - 1) / 2 },
) => {
  const out = Math.floor((size + 2 * padding - kernel) / stride) + 1;
  const image = contiguousStrides([batch, groups, channels, size, size]);
  const result = contiguousStrides([batch, groups, outputs, out, out]);
  const weights = contiguousStrides([groups, outputs, channels, kernel, kernel]);
  const common = {
    kind: 'convolve',
    dtype: 'float32',
    inputs: ['float32', 'float32'],
    groups,
    body: [],
    outputs: [],
    kernelDilation: [1, 1],
    inputDilation: [1, 1],
    stride: [1, 1],
    padding: [padding, padding],
  };
  const pair = (n) => [n, n];
  const imageLength = batch * groups * channels * size * size;
  const resultLength = batch * groups * outputs * out * out;
  const weightsLength = groups * outputs * channels * kernel * kernel;
  const [n, g, c, ...imageSpatial] = image;
  const [rn, rg, ro, ...resultSpatial] = result;
  const [wg, wo, wc, ...weightsSpatial] = weights;
  const roles = {
    forward: () => [
      {
        ...common,
        batch,
        inputChannels: channels,
        outputChannels: outputs,
        inputSize: pair(size),
        kernelSize: pair(kernel),
        outputSize: pair(out),
        stride: pair(stride),
        left: { input: 0, offset: 0, strides: image },
        right: { input: 1, offset: 0, strides: weights },
      },
      [imageLength, weightsLength],
      resultLength,
    ],
    input: () => [
      {
        ...common,
        batch,
        inputChannels: outputs,
        outputChannels: channels,
        inputSize: pair(out),
        kernelSize: pair(kernel),
        outputSize: pair(size),
        inputDilation: pair(stride),
        padding: pair(kernel - 1 - padding),
        left: { input: 0, offset: 0, strides: result },
        right: {
          input: 1,
          offset: kernel * kernel - 1,
          strides: [wg, wc, wo, ...weightsSpatial.map((stride) => -stride)],
        },
      },
      [resultLength, weightsLength],
      imageLength,
    ],
    weights: () => [
      {
        ...common,
        batch: channels,
        inputChannels: batch,
        outputChannels: outputs,
        inputSize: pair(size),
        kernelSize: pair(out),
        outputSize: pair(kernel),
        kernelDilation: pair(stride),
        left: { input: 0, offset: 0, strides: [c, g, n, ...imageSpatial] },
        right: { input: 1, offset: 0, strides: [rg, ro, rn, ...resultSpatial] },
      },
      [imageLength, resultLength],
      weightsLength,
    ],
  };
  const [plan, lengths, length] = roles[role]();
  return {
    run: launch(
      planConvolve(plan),
      lengths.map((count) => 4 * count),
      length,
    ),
    operations: 2 * resultLength * channels * kernel * kernel,
  };
};

const sortCase = (rows, length, contents, threads = 1) => {
  const kernel = {
    kind: 'sort',
    inputs: [],
    body: [{ op: 'constant', dtype: 'float32', value: 0 }],
    outer: [rows],
    length,
    key: 0,
    descending: true,
    outputs: contents.map((content) => ({ dtype: 'float32', length: rows * length, content })),
  };
  const run = launch(
    planSort(kernel, { threads }),
    [],
    rows * length,
    contents.map(() => 4 * rows * length),
  );
  return { run, elements: rows * length };
};

/** Multiplies and adds in registers alone, in independent chains: (module (func (param i32 f32) …)). */
const peakCase = () => {
  const chains = 12;
  const unsigned = (value) => (value < 128 ? [value] : [(value & 127) | 128, ...unsigned(value >> 7)]);
  const step = Array.from({ length: chains }, (_, i) => [32, i + 3, 32, 2, 253, 230, 1, 32, 2, 253, 228, 1, 33, i + 3]);
  const loop = [3, 64, ...step.flat(), 32, 0, 65, 1, 107, 34, 0, 13, 0, 11];
  const total = Array.from({ length: chains }, (_, i) => [32, i + 3, 253, 228, 1]).flat();
  const body = [1, chains + 1, 123, 32, 1, 253, 19, 33, 2, ...loop, 32, 2, ...total, 253, 31, 0, 11];
  const code = [1, ...unsigned(body.length), ...body];
  const module = new Uint8Array([
    ...[0, 97, 115, 109, 1, 0, 0, 0, 1, 7, 1, 96, 2, 127, 125, 1, 125, 3, 2, 1, 0, 7, 5, 1, 1, 102, 0, 0],
    ...[10, ...unsigned(code.length), ...code],
  ]);
  const { f } = new WebAssembly.Instance(new WebAssembly.Module(module)).exports;
  const iterations = 200_000;
  return { run: () => f(iterations, 0.5), operations: 8 * chains * iterations };
};

const geometries = {
  '8x32→64 64² 3×3': { batch: 8, channels: 32, outputs: 64, size: 64, kernel: 3 },
  '8x32→64 64² 3×3 step 2': { batch: 8, channels: 32, outputs: 64, size: 64, kernel: 3, stride: 2 },
  '8x1→16 64² 3×3': { batch: 8, channels: 1, outputs: 16, size: 64, kernel: 3 },
  '8x3→32 64² 7×7 step 2': { batch: 8, channels: 3, outputs: 32, size: 64, kernel: 7, stride: 2 },
  '8x16→16 64² 3×3': { batch: 8, channels: 16, outputs: 16, size: 64, kernel: 3 },
  '8x64→64 16² 3×3': { batch: 8, channels: 64, outputs: 64, size: 16, kernel: 3 },
  '8x128→128 8² 3×3': { batch: 8, channels: 128, outputs: 128, size: 8, kernel: 3 },
  '8x64→11 64² 1×1': { batch: 8, channels: 64, outputs: 11, size: 64, kernel: 1 },
  '8x64→64 14² 3×3': { batch: 8, channels: 64, outputs: 64, size: 14, kernel: 3 },
  '8x64 depthwise 32² 3×3': { batch: 8, groups: 64, channels: 1, outputs: 1, size: 32, kernel: 3 },
};

const cases = {
  peak: peakCase,
  'matmul 256': () => matmulCase(256, 256, 256),
  'matmul 512': () => matmulCase(512, 512, 512),
  'matmul 1024': () => matmulCase(1024, 1024, 1024),
  'matmul 1024 left transposed': () => matmulCase(1024, 1024, 1024, { transpose: 'left' }),
  'matmul 1024 right transposed': () => matmulCase(1024, 1024, 1024, { transpose: 'right' }),
  'matmul 128x512 784': () => matmulCase(128, 512, 784),
  'matmul 128x10 512': () => matmulCase(128, 10, 512),
  'matmul 1024x1 1024': () => matmulCase(1024, 1, 1024),
  'matmul 1x1024 1024': () => matmulCase(1, 1024, 1024),
  'matmul 4x1024 1024': () => matmulCase(4, 1024, 1024),
  'matmul 1024x4 1024': () => matmulCase(1024, 4, 1024),
  'matmul 1024x1024 4': () => matmulCase(1024, 1024, 4),
  'matmul 4x4 4 batch 4096': () => matmulCase(4, 4, 4, { batch: [4096] }),
  'matmul 16x16 16 batch 512': () => matmulCase(16, 16, 16, { batch: [512] }),
  'matmul 64x64 64 batch 64': () => matmulCase(64, 64, 64, { batch: [64] }),
  'matmul 64x64 65536': () => matmulCase(64, 64, 65536),
  ...Object.fromEntries(
    Object.entries(geometries).flatMap(([name, geometry]) =>
      ['forward', 'input', 'weights'].map((role) => [`convolve ${name}: ${role}`, () => convolveCase(role, geometry)]),
    ),
  ),
  'sort 1M': () => sortCase(1, 1 << 20, ['values']),
  'sort 1M in blocks': () => sortCase(1, 1 << 20, ['values'], 2),
  'argsort 1M in blocks': () => sortCase(1, 1 << 20, ['permutation'], 2),
  'argsort 1M': () => sortCase(1, 1 << 20, ['permutation']),
  'sort 21x65536 both': () => sortCase(21, 65536, ['values', 'permutation']),
  'sort 16384x64 values': () => sortCase(16384, 64, ['values']),
  'sort 16384x64 both': () => sortCase(16384, 64, ['values', 'permutation']),
  'sort 4096x256 both': () => sortCase(4096, 256, ['values', 'permutation']),
  'sort 65536x10 both': () => sortCase(65536, 10, ['values', 'permutation']),
};

const wanted = process.argv.slice(2);
const chosen = Object.entries(cases).filter(
  ([name]) => name === 'peak' || wanted.length === 0 || wanted.some((part) => name.includes(part)),
);
const runs = chosen.map(([name, prepare]) => ({ name, ...prepare(), times: [] }));
for (let round = 0; round < rounds; round++) {
  for (const { run, times } of runs) {
    let repeats = 0;
    const start = performance.now();
    do {
      run();
      repeats++;
    } while (performance.now() - start < 5);
    times.push((performance.now() - start) / repeats);
  }
}
for (const { name, operations, elements, times } of runs) {
  times.sort((a, b) => a - b);
  const best = times[0];
  const rate = operations
    ? `${(operations / best / 1e6).toFixed(1)} GFLOP/s`
    : `${((best * 1e6) / elements).toFixed(1)} ns/element`;
  const median = times[times.length >> 1];
  console.log(`${name.padEnd(44)} ${best.toFixed(3).padStart(9)} ms  median ${median.toFixed(3).padStart(9)}  ${rate}`);
}
