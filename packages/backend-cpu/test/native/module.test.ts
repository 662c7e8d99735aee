import { setFlagsFromString } from 'node:v8';
import { type ConvolveKernel, contiguousStrides, createHostArray, type MatmulKernel } from '@cotangent/ir';
import { describe, expect, it } from 'vitest';
import { planConvolve } from '../../src/native/convolve.js';
import { planMatmul } from '../../src/native/matmul.js';
import { hasRelaxedSimd } from '../../src/native/module.js';
import type { NativePlan } from '../../src/native/plan.js';
import { runPlan } from './driver.js';
import { fillRandom } from './elements.js';
import { Random } from './random.js';

/** Node 20 has relaxed SIMD behind a flag, later versions without one. */
const enableRelaxedSimd = () => {
  if (!hasRelaxedSimd()) setFlagsFromString('--experimental-wasm-relaxed-simd');
};

const common = { dtype: 'float32', inputs: ['float32', 'float32'], body: [], outputs: [] } as const;

const matmul = (m: number, n: number, k: number): MatmulKernel => ({
  ...common,
  kind: 'matmul',
  batch: [],
  m,
  n,
  k,
  left: { input: 0, offset: 0, strides: [k, 1] },
  right: { input: 1, offset: 0, strides: [n, 1] },
});

const convolve = (channels: number): ConvolveKernel => ({
  ...common,
  kind: 'convolve',
  batch: 2,
  groups: 1,
  inputChannels: channels,
  outputChannels: channels,
  inputSize: [12, 12],
  kernelSize: [3, 3],
  outputSize: [12, 12],
  stride: [1, 1],
  padding: [1, 1],
  inputDilation: [1, 1],
  kernelDilation: [1, 1],
  left: { input: 0, offset: 0, strides: contiguousStrides([2, 1, channels, 12, 12]) },
  right: { input: 1, offset: 0, strides: contiguousStrides([1, channels, channels, 3, 3]) },
});

describe('nativeModuleBytes', () => {
  it.each<[string, NativePlan, readonly [number, number, number]]>([
    ['panels', planMatmul(matmul(30, 40, 300)), [9000, 12000, 1200]],
    ['single rows', planMatmul(matmul(1, 300, 200)), [200, 60000, 300]],
    ['dot products', planMatmul(matmul(200, 1, 300)), [60000, 300, 200]],
    ['patches', planConvolve(convolve(5)), [1440, 225, 1440]],
    ['rows', planConvolve(convolve(1)), [288, 9, 288]],
    ['tiles', planConvolve(convolve(8)), [2304, 576, 2304]],
  ])('gives the same with and without fused multiply-adds, up to rounding: %s', (_, plan, [left, right, length]) => {
    enableRelaxedSimd();
    expect(hasRelaxedSimd()).toBe(true);
    const random = new Random(31);
    const inputs = [left, right].map((size) => fillRandom(createHostArray('float32', size), 'float32', random));
    const plain = runPlan(plan, { inputs, accumulator: length, isRelaxed: false }).accumulator;
    const fused = runPlan(plan, { inputs, accumulator: length, isRelaxed: true }).accumulator;
    // Sums of up to 300 products below 1, each rounded once or twice to 2⁻²⁴ of a sum below 30.
    const distances = Array.from(plain, (value, i) => Math.abs((fused[i] as number) - value));
    expect(Math.max(...distances)).toBeLessThan(300 * 30 * 2 ** -24);
    expect(fused.some((value) => value !== 0)).toBe(true);
  });
});
