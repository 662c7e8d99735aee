// Times the fixed kernels on one thread, beside a register-resident multiply-add loop timed in the same rounds.
// node packages/backend-cpu/bench/native.mjs [name…]      after `npm run build`; names filter the cases
import { contiguousStrides, sizeOf } from '@cotangent/ir';
import { planMatmul } from '../dist/native/matmul.js';
import { nativeModuleBytes } from '../dist/native/module.js';

const rounds = 15;
const memory = new WebAssembly.Memory({ initial: 4096, maximum: 65536, shared: true });
const table = new WebAssembly.Table({ initial: 2, element: 'anyfunc' });
const native = new WebAssembly.Instance(new WebAssembly.Module(nativeModuleBytes()), { env: { memory, table } }).exports;

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

/** Adds and multiplies in registers alone: (module (func (param i32) … 8 independent f32x4 chains)). */
const peakCase = () => {
  const chains = 14;
  const uleb = (value) => (value < 128 ? [value] : [(value & 127) | 128, ...uleb(value >> 7)]);
  const step = Array.from({ length: chains }, (_, i) => [32, i + 1, 32, 15, 253, 230, 1, 32, 15, 253, 228, 1, 33, i + 1]);
  const code = [1, 15, 123, 3, 64, ...step.flat(), 32, 0, 65, 1, 107, 34, 0, 13, 0, 11, 11];
  const module = new Uint8Array([
    ...[0, 97, 115, 109, 1, 0, 0, 0, 1, 5, 1, 96, 1, 127, 0, 3, 2, 1, 0, 7, 5, 1, 1, 102, 0, 0],
    ...[10, ...uleb(code.length + 1 + uleb(code.length).length), 1, ...uleb(code.length), ...code],
  ]);
  const { f } = new WebAssembly.Instance(new WebAssembly.Module(module)).exports;
  const iterations = 200_000;
  return { run: () => f(iterations), operations: 8 * chains * iterations };
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
  const rate = operations ? `${(operations / best / 1e6).toFixed(1)} GFLOP/s` : `${((best * 1e6) / elements).toFixed(1)} ns/element`;
  const median = times[times.length >> 1];
  console.log(`${name.padEnd(44)} ${best.toFixed(3).padStart(9)} ms  median ${median.toFixed(3).padStart(9)}  ${rate}`);
}
