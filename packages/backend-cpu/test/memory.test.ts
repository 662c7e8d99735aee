import { axisIndex, type MapKernel, OutOfMemoryError } from '@cotangent/ir';
import { describe, expect, it } from 'vitest';
import { createCpuBackend } from '../src/index.js';
import { MemoryPool } from '../src/memory.js';

const mebibyte = 1024 * 1024;

describe('memory pool', () => {
  it('hands freed blocks out again', () => {
    const pool = new MemoryPool();
    const first = pool.allocate(1000);
    pool.free(first);
    expect(pool.allocate(990).address).toBe(first.address);
  });

  it('aligns blocks to cache lines and keeps them apart', () => {
    const pool = new MemoryPool();
    const blocks = [0, 1, 63, 64, 65, 1000, 4097].map((byteLength) => pool.allocate(byteLength));
    blocks.forEach((block, i) => {
      expect(block.address % 64).toBe(0);
      const next = blocks[i + 1];
      if (next) expect(next.address).toBeGreaterThanOrEqual(block.address + block.byteLength);
    });
  });

  it('merges neighbours when nothing else is left', () => {
    const pool = new MemoryPool(64 * mebibyte);
    const small = Array.from({ length: 60 }, () => pool.allocate(mebibyte));
    for (const block of small) pool.free(block);
    const large = pool.allocate(50 * mebibyte);
    expect(pool.usedByteLength).toBeGreaterThanOrEqual(50 * mebibyte);
    pool.free(large);
    pool.free(large);
    expect(pool.usedByteLength).toBe(0);
  });

  it('says what is used and allowed when it is full', () => {
    const pool = new MemoryPool(32 * mebibyte);
    pool.allocate(20 * mebibyte);
    expect(() => pool.allocate(20 * mebibyte)).toThrow(OutOfMemoryError);
    expect(() => pool.allocate(20 * mebibyte)).toThrow(/no room for 20971520 bytes/);
  });

  it('grows while earlier blocks keep their content', () => {
    const pool = new MemoryPool();
    const block = pool.allocate(4);
    pool.elements('float32', block.address, 1)[0] = 42;
    for (let i = 0; i < 8; i++) pool.allocate(16 * mebibyte);
    expect(pool.elements('float32', block.address, 1)[0]).toBe(42);
  });
});

describe('backend', () => {
  it('writes and reads back every dtype', async () => {
    const backend = createCpuBackend();
    const cases = {
      float32: new Float32Array([1.5, -2]),
      float64: new Float64Array([Math.PI, -0]),
      float16: new Uint16Array([0x3c00, 0x7c00]),
      int32: new Int32Array([-1, 7]),
      uint32: new Uint32Array([0xffffffff, 7]),
      bool: new Uint8Array([1, 0]),
    } as const;
    for (const dtype of Object.keys(cases) as (keyof typeof cases)[]) {
      const buffer = backend.allocate(backend.byteLength(dtype, 2));
      backend.write(buffer, dtype, cases[dtype]);
      expect(await backend.read(buffer, dtype, 2)).toEqual(cases[dtype]);
    }
    await backend.settled();
    backend.dispose();
  });

  it('runs a kernel on buffers from before the memory grew', () => {
    const backend = createCpuBackend();
    const kernel: MapKernel = {
      kind: 'map',
      shape: [3],
      inputs: ['float32'],
      body: [
        { op: 'load', dtype: 'float32', input: 0, index: axisIndex(0, 3), guards: [] },
        { op: 'negate', dtype: 'float32', operands: [0] },
      ],
      outputs: [{ dtype: 'float32', length: 3, value: 1, space: 'full' }],
    };
    const [input, output] = [backend.allocate(12), backend.allocate(12)];
    backend.write(input, 'float32', new Float32Array([1, 2, 3]));
    const executable = backend.prepare(kernel);
    for (let i = 0; i < 4; i++) {
      backend.submit([{ executable, buffers: [input, output] }]);
      expect(backend.readSync!(output, 'float32', 3)).toEqual(new Float32Array([-1, -2, -3]));
      backend.allocate(32 * mebibyte);
    }
  });
});
