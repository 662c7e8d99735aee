import { describe, expect, it, vi } from 'vitest';
import { CpuBackend } from '../src/backend.js';
import { allStarted, slowSum } from '../test/thread-cases.js';

const length = 2 ** 18;

/** Launches that take some tenths of a second on one thread. */
const prepare = (backend: CpuBackend) => {
  const executable = backend.prepare(slowSum(length));
  const buffers = [backend.allocate(4 * length), backend.allocate(4)] as const;
  backend.write(
    buffers[0],
    'float32',
    Float32Array.from({ length }, (_, i) => i / length),
  );
  return { launches: Array.from({ length: 40 }, () => ({ executable, buffers })), result: buffers[1] };
};

describe('the main thread of a page', () => {
  it('has workers take part, from their own module', async () => {
    const backend = new CpuBackend({ threads: 3 });
    const { launches, result } = prepare(backend);
    backend.submit(launches);
    const first = await backend.read(result, 'float32', 1);
    await allStarted(backend);
    backend.submit(launches);
    expect(backend.readSync(result, 'float32', 1)).toEqual(first);
    expect(performance.getEntriesByType('resource').some(({ name }) => name.includes('/worker.'))).toBe(true);
    backend.dispose();
  });

  it('leaves the event loop its turns while it works', async () => {
    const backend = new CpuBackend({ threads: 2 });
    const { launches } = prepare(backend);
    let turns = 0;
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => {
      turns++;
      port2.postMessage(undefined);
    };
    port2.postMessage(undefined);
    backend.submit(launches);
    await backend.settled();
    port1.close();
    // 40 launches take 100 ms at least, and a turn 8 ms.
    expect(turns).toBeGreaterThan(5);
    backend.dispose();
  });

  for (const [name, failToStart] of [
    ['is not to be had', () => '/nothing-here.js'],
    [
      'may not be started',
      () => {
        throw new DOMException('another origin', 'SecurityError');
      },
    ],
  ] as const) {
    it(`starts workers from text where their module ${name}`, async () => {
      class ModuleAddress extends URL {
        constructor(path: string | URL, base?: string | URL) {
          super(String(path).includes('worker') ? failToStart() : path, base);
        }
      }
      vi.stubGlobal('URL', ModuleAddress);
      const backend = new CpuBackend({ threads: 2 });
      backend.submit(prepare(backend).launches);
      await allStarted(backend);
      await backend.settled();
      backend.dispose();
    });
  }
});
