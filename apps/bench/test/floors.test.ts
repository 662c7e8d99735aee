import { expect, it } from 'vitest';
import type { FloorFunctions } from '../src/floors/floor-module.js';
import { floorModuleBytes, stride } from '../src/floors/floor-module.js';
import { boundOf, higherFloors } from '../src/floors/floors.js';

const open = () => {
  const memory = new WebAssembly.Memory({ initial: 1, maximum: 1, shared: true });
  const module = new WebAssembly.Module(floorModuleBytes(1));
  const { exports } = new WebAssembly.Instance(module, { env: { memory } });
  return { functions: exports as unknown as FloorFunctions, values: new Float32Array(memory.buffer) };
};

it('copies a range and nothing else', () => {
  const { functions, values } = open();
  values.set(Array.from({ length: 64 }, (_, i) => i + 1));
  functions.copy(1024, 0, 2 * stride);
  expect(Array.from(values.subarray(256, 288))).toEqual(Array.from({ length: 32 }, (_, i) => i + 1));
  expect(values[288]).toBe(0);
});

it('reads every fourth element into the sum', () => {
  const { functions, values } = open();
  values.set(Array.from({ length: 32 }, (_, i) => i));
  expect(functions.read(0, 2 * stride)).toBe(0 + 4 + 8 + 12 + 16 + 20 + 24 + 28);
});

it('multiplies and adds in every chain', () => {
  const { functions } = open();
  // x ← x/2 + 1/2, from 0: 1/2, then 3/4, in each of 12 chains.
  expect(functions.multiplyAdd(1, 0.5)).toBe(12 * 0.5);
  expect(functions.multiplyAdd(2, 0.5)).toBe(12 * 0.75);
});

const rates = { gflops: 50, copyGBps: 20, readGBps: 10 };

it('bounds a problem by the scarcer of arithmetic and memory', () => {
  expect(boundOf({ flops: 1e9, bytes: 1e6 }, rates)).toEqual({ ms: 20, by: 'arithmetic' });
  expect(boundOf({ flops: 1e6, bytes: 1e9 }, rates)).toEqual({ ms: 50, by: 'memory' });
  expect(boundOf({ bytes: 1e9, isReading: true }, rates)).toEqual({ ms: 100, by: 'memory' });
  expect(boundOf({}, rates)).toBeUndefined();
});

it('keeps the higher rate of two measurements', () => {
  const faster = { gflops: 60, copyGBps: 19, readGBps: 12 };
  expect(higherFloors({ one: rates, all: rates }, { one: faster, all: rates })).toEqual({
    one: { gflops: 60, copyGBps: 20, readGBps: 12 },
    all: rates,
  });
});
