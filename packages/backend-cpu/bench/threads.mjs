// Times kernels on one and on several threads, in turn within one run.
// node packages/backend-cpu/bench/threads.mjs [name…]      after `npm run build`; names filter the cases
import { axisIndex, contiguousStrides, linearIndex } from '@cotangent/ir';
import { createCpuBackend } from '../dist/index.js';

const rounds = 15;
const sizeOf = (shape) => shape.reduce((product, size) => product * size, 1);
const over = (shape) =>
  linearIndex(
    shape.map((size, axis) => axisIndex(axis, size)),
    contiguousStrides(shape),
  );
const load = (shape, input = 0) => ({ op: 'load', dtype: 'float32', input, index: over(shape), guards: [] });
const f = (op, ...operands) => ({ op, dtype: 'float32', operands });
const full = (shape, value) => ({ dtype: 'float32', length: sizeOf(shape), value, space: 'full' });

const map = (shape, body, inputs = 1) => ({
  kind: 'map',
  shape,
  inputs: Array(inputs).fill('float32'),
  body,
  outputs: [full(shape, body.length - 1)],
});

const softmax = ([rows, length]) => ({
  kind: 'reduce',
  outer: [rows],
  inner: [length],
  inputs: ['float32'],
  body: [
    load([rows, length]),
    { op: 'reduce', dtype: 'float32', reduction: 'maximum', operands: [0] },
    f('negate', 1),
    f('add', 0, 2),
    f('exp', 3),
    { op: 'reduce', dtype: 'float32', reduction: 'sum', operands: [4] },
    f('divide', 4, 5),
  ],
  outputs: [full([rows, length], 6)],
});

const sum = (length) => ({
  kind: 'reduce',
  outer: [],
  inner: [length],
  inputs: ['float32'],
  body: [load([length]), { op: 'reduce', dtype: 'float32', reduction: 'sum', operands: [0] }],
  outputs: [{ dtype: 'float32', length: 1, value: 1, space: 'outer' }],
});

const matmul = (m, n, k, batch = []) => ({
  kind: 'matmul',
  dtype: 'float32',
  batch,
  m,
  n,
  k,
  inputs: ['float32', 'float32'],
  left: { input: 0, offset: 0, strides: contiguousStrides([...batch, m, k]) },
  right: { input: 1, offset: 0, strides: contiguousStrides([...batch, k, n]) },
  body: [{ op: 'accumulator', dtype: 'float32' }],
  outputs: [full([...batch, m, n], 0)],
});

const convolve = (batch, inputChannels, outputChannels, size, taps = 3) => ({
  kind: 'convolve',
  dtype: 'float32',
  batch,
  groups: 1,
  inputChannels,
  outputChannels,
  inputSize: [size, size],
  kernelSize: [taps, taps],
  outputSize: [size, size],
  stride: [1, 1],
  padding: [taps >> 1, taps >> 1],
  inputDilation: [1, 1],
  kernelDilation: [1, 1],
  inputs: ['float32', 'float32'],
  left: { input: 0, offset: 0, strides: contiguousStrides([batch, 1, inputChannels, size, size]) },
  right: { input: 1, offset: 0, strides: contiguousStrides([1, outputChannels, inputChannels, taps, taps]) },
  body: [{ op: 'accumulator', dtype: 'float32' }],
  outputs: [full([batch, outputChannels, size, size], 0)],
});

const sort = (rows, length) => ({
  kind: 'sort',
  outer: [rows],
  length,
  inputs: ['float32'],
  body: [load([rows, length])],
  key: 0,
  descending: true,
  outputs: [
    { dtype: 'float32', length: rows * length, content: 'values' },
    { dtype: 'int32', length: rows * length, content: 'permutation' },
  ],
});

const scan = (rows, length) => ({
  kind: 'scan',
  outer: [rows],
  length,
  inputs: ['float32'],
  body: [
    load([rows, length]),
    { op: 'scan', dtype: 'float32', combine: 'sum', reverse: false, exclusive: false, operands: [0] },
  ],
  outputs: [full([rows, length], 1)],
});

/** Adds values to a target at random places. */
const scatter = (length, targetLength) => ({
  kind: 'scatter',
  shape: [length],
  inputs: ['int32', 'float32'],
  body: [
    { op: 'load', dtype: 'int32', input: 0, index: over([length]), guards: [] },
    { op: 'load', dtype: 'float32', input: 1, index: over([length]), guards: [] },
  ],
  value: 1,
  target: {
    terms: [{ coefficient: 1, atom: { kind: 'value', value: 0, minimum: 0, maximum: targetLength - 1 } }],
    offset: 0,
  },
  guards: [],
  combine: 'add',
  unique: false,
  initial: { constant: 0 },
  outputs: [{ dtype: 'float32', length: targetLength, value: 1, space: 'full' }],
});

const n = 2 ** 22;
const elementwise = map(
  [n],
  [
    load([n]),
    f('multiply', 0, 0),
    f('negate', 1),
    f('exp', 2),
    { op: 'constant', dtype: 'float32', value: 0.5 },
    f('multiply', 3, 4),
    f('tanh', 0),
    f('add', 5, 6),
  ],
);

/** Launches of a kind that a small network makes: convolutions, their bias and activation, sums. */
const small = [
  convolve(8, 16, 16, 64),
  map(
    [8 * 16 * 64 * 64],
    [load([8 * 16 * 64 * 64]), { op: 'constant', dtype: 'float32', value: 0 }, f('maximum', 0, 1)],
  ),
  convolve(8, 32, 32, 32),
  map([8 * 32 * 32 * 32], [load([8 * 32 * 32 * 32]), f('exp', 0)]),
  convolve(8, 64, 64, 16),
  sum(8 * 64 * 16 * 16),
  map([64 * 64 * 9], [load([64 * 64 * 9]), f('sqrt', 0)]),
  map([64], [load([64]), f('negate', 0)]),
];

const cases = {
  'elementwise-4m': [elementwise],
  'copy-4m': [map([n], [load([n])])],
  softmax: [softmax([4096, 1000])],
  'sum-16m': [sum(2 ** 24)],
  'matmul-256': [matmul(256, 256, 256)],
  'matmul-1024': [matmul(1024, 1024, 1024)],
  conv2d: [convolve(8, 32, 64, 64)],
  'sort-21x65536': [sort(21, 65536)],
  'sort-1m': [sort(1, 2 ** 20)],
  'scan-21x65536': [scan(21, 65536)],
  'scan-4m': [scan(1, n)],
  'scatter-1m': [scatter(2 ** 20, 2 ** 16)],
  'unet-like': Array(10).fill(small).flat(),
  'map-64k': [map([2 ** 16], [load([2 ** 16]), f('exp', 0)])],
  'map-16k': [map([2 ** 14], [load([2 ** 14]), f('exp', 0)])],
  tiny: Array(200).fill(map([64], [load([64]), f('negate', 0)])),
};

const threadCounts = [1, 2];
const wanted = process.argv.slice(2);
const print = (cells) => process.stdout.write(`${cells.join('  ')}\n`);
print(['case'.padEnd(16), ...threadCounts.map((threads) => `${threads} threads, ms`.padStart(13)), '   ratio']);
for (const [name, kernels] of Object.entries(cases)) {
  if (wanted.length > 0 && !wanted.includes(name)) continue;
  const runs = threadCounts.map((threads) => {
    const backend = createCpuBackend({ threads });
    const executables = new Map();
    const launches = kernels.map((kernel) => {
      if (!executables.has(kernel)) {
        const lengths =
          kernel.kind === 'matmul' || kernel.kind === 'convolve' ? [2 ** 23, 2 ** 21] : [2 ** 24, 2 ** 20];
        const buffers = [
          ...kernel.inputs.map((dtype, i) => {
            const target = kernel.kind === 'scatter' ? kernel.outputs[0].length : 1;
            const data = dtype === 'int32' ? new Int32Array(2 ** 20) : new Float32Array(lengths[i]);
            for (let j = 0; j < data.length; j++) data[j] = Math.random() * target;
            const buffer = backend.allocate(4 * data.length);
            backend.write(buffer, dtype, data);
            return buffer;
          }),
          ...kernel.outputs.map(({ length }) => backend.allocate(4 * length)),
        ];
        executables.set(kernel, { executable: backend.prepare(kernel), buffers });
      }
      return executables.get(kernel);
    });
    return { backend, launches };
  });
  const times = runs.map(() => []);
  let repeat = 1;
  for (let round = -5; round < rounds; round++) {
    runs.forEach(({ backend, launches }, i) => {
      const start = performance.now();
      for (let r = 0; r < repeat; r++) backend.submit(launches);
      const ms = (performance.now() - start) / repeat;
      if (round >= 0) times[i].push(ms);
      else if (i === 0 && round === -1) repeat = Math.max(1, Math.round(20 / ms));
    });
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
  // Other processes may hold a core: the best round says what the kernels need.
  const best = times.map((list) => Math.min(...list));
  const ratio = best[0] / best[1];
  print([name.padEnd(16), ...best.map((ms) => ms.toFixed(4).padStart(13)), ratio.toFixed(2).padStart(8)]);
  for (const { backend } of runs) backend.dispose();
}
