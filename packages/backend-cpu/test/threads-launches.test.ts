import type { Backend, DeviceBuffer, Launch } from '@cotangent/ir';
import { DisposedError } from '@cotangent/ir';
import { describe, expect, it } from 'vitest';
import { CpuBackend, createCpuBackend } from '../src/backend.js';
import { allStarted, increment, shareAll, slowSum } from './thread-cases.js';

const length = 2 ** 15;

/** Two buffers of zeros, and launches that add 1 to one and put it into the other, there and back. */
const prepareIncrements = (backend: Backend): { buffers: DeviceBuffer[]; launches: Launch[] } => {
  const executable = backend.prepare(increment(length));
  const buffers = [backend.allocate(4 * length), backend.allocate(4 * length)];
  backend.write(buffers[0]!, 'float32', new Float32Array(length));
  return {
    buffers,
    launches: [
      { executable, buffers },
      { executable, buffers: [...buffers].reverse() },
    ],
  };
};

describe('launches on several threads', () => {
  for (const mayWait of [true, false]) {
    const name = mayWait ? 'a thread that may wait' : 'a thread that leaves the event loop its turns';
    const create = (threads: number) => new CpuBackend({ threads }, { sharing: shareAll, mayWait });

    it(`run in order by the thousand from ${name}`, async () => {
      const backend = create(3);
      const { buffers, launches } = prepareIncrements(backend);
      for (let i = 0; i < 1500; i++) backend.submit(launches);
      const result = await backend.read(buffers[0]!, 'float32', length);
      expect(result).toEqual(new Float32Array(length).fill(3000));
      await allStarted(backend);
      for (let i = 0; i < 1000; i++) backend.submit(launches);
      expect(backend.readSync(buffers[0]!, 'float32', length)).toEqual(new Float32Array(length).fill(5000));
      await backend.settled();
      backend.dispose();
    });

    it(`see what was written before them from ${name}`, async () => {
      const backend = create(2);
      const { buffers, launches } = prepareIncrements(backend);
      const data = new Float32Array(length);
      const reads: Promise<Float32Array>[] = [];
      for (let i = 0; i < 100; i++) {
        backend.write(buffers[0]!, 'float32', data.fill(100 * i));
        backend.submit(launches);
        reads.push(backend.read(buffers[0]!, 'float32', 1));
      }
      const values = await Promise.all(reads);
      expect(values.map(([value]) => value)).toEqual(values.map((_, i) => 100 * i + 2));
      backend.dispose();
    });

    it(`keep their results while memory grows from ${name}`, async () => {
      const backend = create(3);
      const { buffers, launches } = prepareIncrements(backend);
      backend.submit(launches);
      await allStarted(backend);
      for (let i = 0; i < 30; i++) {
        for (let j = 0; j < 10; j++) backend.submit(launches);
        backend.allocate(16 * 1024 * 1024);
        const wider = length + 64 * i;
        const executable = backend.prepare(increment(wider));
        const own = [backend.allocate(4 * wider), backend.allocate(4 * wider)];
        backend.write(own[0]!, 'float32', new Float32Array(wider).fill(i));
        backend.submit([{ executable, buffers: own }]);
        expect((await backend.read(own[1]!, 'float32', wider)).every((value) => value === i + 1)).toBe(true);
      }
      expect(backend.readSync(buffers[0]!, 'float32', length)).toEqual(new Float32Array(length).fill(602));
      backend.dispose();
    });
  }

  it('leave the event loop its turns where the thread may not wait', async () => {
    for (const threads of [1, 2]) {
      const backend = new CpuBackend({ threads }, { mayWait: false });
      const buffers = [backend.allocate(4 * 2 ** 20), backend.allocate(4)];
      const executable = backend.prepare(slowSum(2 ** 20));
      backend.submit(Array.from({ length: 30 }, () => ({ executable, buffers })));
      let turns = 0;
      const count = () => {
        turns++;
        if (!isDone) setImmediate(count);
      };
      let isDone = false;
      setImmediate(count);
      await backend.settled();
      isDone = true;
      // 30 launches take 100 ms at least, and a turn 8 ms.
      expect(turns).toBeGreaterThan(5);
      backend.dispose();
    }
  });

  it('tell whoever waits for them when the device is disposed', async () => {
    const backend = new CpuBackend({ threads: 2 }, { mayWait: false });
    const buffers = [backend.allocate(4 * 2 ** 20), backend.allocate(4)];
    const executable = backend.prepare(slowSum(2 ** 20));
    backend.submit(Array.from({ length: 30 }, () => ({ executable, buffers })));
    const read = backend.read(buffers[1]!, 'float32', 1);
    backend.dispose();
    await expect(read).rejects.toThrow(DisposedError);
  });

  it('give the same on many backends made and disposed', () => {
    for (let i = 0; i < 40; i++) {
      const backend = new CpuBackend({ threads: 1 + (i % 4) }, { sharing: shareAll });
      const { buffers, launches } = prepareIncrements(backend);
      for (let j = 0; j < 5; j++) backend.submit(launches);
      expect(backend.readSync(buffers[0]!, 'float32', 1)).toEqual(new Float32Array([10]));
      backend.dispose();
    }
  });

  it('start no worker for little work', async () => {
    const backend = new CpuBackend({ threads: 4 });
    const buffers = [backend.allocate(400), backend.allocate(400)];
    const executable = backend.prepare(increment(100));
    for (let i = 0; i < 10_000; i++) backend.submit([{ executable, buffers }]);
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(backend.startedWorkers).toBe(0);
    backend.dispose();
  });
});

describe('createCpuBackend', () => {
  it('takes numbers of threads, and says what it got otherwise', () => {
    createCpuBackend({ threads: 'auto' }).dispose();
    createCpuBackend({ threads: 2 }).dispose();
    for (const threads of [0, 1.5, -1, Number.NaN, 1000]) {
      expect(() => createCpuBackend({ threads })).toThrow(
        `createCpuBackend: threads is not an integer from 1 to 256, or 'auto'.\n  threads  ${threads}`,
      );
    }
  });
});
