import { DeviceLostError } from '@cotangent/ir';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { CpuBackend } from '../src/backend.js';
import { controlByteLength, takeFailure, controlWords as words, wordsPerLine } from '../src/threads/control.js';
import type { WorkerHandle } from '../src/threads/start-worker.js';
import * as workers from '../src/threads/start-worker.js';
import type { SharedCode, WorkerMessage } from '../src/threads/worker-body.js';
import { runForArrays } from './run.js';
import { increment, shareAll } from './thread-cases.js';

type Start = (onFailure: (error: unknown) => void) => WorkerHandle;

const replaced = vi.hoisted((): { start: Start | undefined } => ({ start: undefined }));

vi.mock('../src/threads/start-worker.js', async (importOriginal) => {
  const original = await importOriginal<typeof workers>();
  return { startWorker: (onFailure: () => void) => (replaced.start ?? original.startWorker)(onFailure) };
});

afterEach(() => {
  replaced.start = undefined;
});

const length = 2 ** 16;
const zeros = new Float32Array(length);
const ones = new Float32Array(length).fill(1);

/** A module whose function `phase` traps. */
const trap = new WebAssembly.Module(
  new Uint8Array([
    ...[0, 97, 115, 109, 1, 0, 0, 0, 1, 8, 1, 96, 4, 127, 127, 127, 127, 0, 3, 2, 1, 0],
    ...[7, 9, 1, 5, 112, 104, 97, 115, 101, 0, 0, 10, 5, 1, 3, 0, 0, 11],
  ]),
);

describe('workers', () => {
  it('are done without where they cannot start', () => {
    replaced.start = () => {
      throw new Error('no threads here');
    };
    const backend = new CpuBackend({ threads: 3 }, { sharing: shareAll });
    for (let i = 0; i < 3; i++) expect(runForArrays(backend, increment(length), [zeros])).toEqual([ones]);
  });

  it('are done without where they die before they take part', async () => {
    replaced.start = (onFailure) => {
      setTimeout(() => onFailure(new Error('blocked by a policy')), 0);
      return { post: () => {}, terminate: () => {} };
    };
    const backend = new CpuBackend({ threads: 3 }, { sharing: shareAll });
    for (let i = 0; i < 3; i++) {
      expect(runForArrays(backend, increment(length), [zeros])).toEqual([ones]);
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  });

  for (const mayWait of [true, false]) {
    const name = mayWait ? 'waits' : 'looks in between turns of its event loop';
    it(`that never end a kernel are given up by a thread that ${name}`, async () => {
      let terminated = 0;
      replaced.start = () => ({
        post: (message) => {
          if (message.kind === 'start') Atomics.add(new Int32Array(message.control), words.active, 1);
        },
        terminate: () => terminated++,
      });
      const sharing = { ...shareAll, patienceMilliseconds: 30 };
      const backend = new CpuBackend({ threads: 3 }, { sharing, mayWait });
      const executable = backend.prepare(increment(length));
      const buffers = [backend.allocate(4 * length), backend.allocate(4 * length)];
      const work = async () => {
        backend.submit([{ executable, buffers }]);
        await backend.settled();
      };
      await expect(work).rejects.toThrow(DeviceLostError);
      expect(terminated).toBe(2);
    });
  }

  it('say why a kernel failed', async () => {
    const memory = new WebAssembly.Memory({ initial: 1, maximum: 1, shared: true });
    const control = new Int32Array(new SharedArrayBuffer(controlByteLength));
    const worker = workers.startWorker((error) => expect.fail(String(error)));
    const code: SharedCode = {
      number: 7,
      emitted: trap,
      native: undefined,
      phases: [{ entry: 'phase', module: 'emitted' }],
      epilogue: undefined,
    };
    const shared = { memory, control: control.buffer as SharedArrayBuffer, words, wordsPerLine };
    const messages: WorkerMessage[] = [
      { kind: 'start', ...shared, thread: 1, spinMilliseconds: 0 },
      { kind: 'code', added: [code], dropped: [] },
    ];
    for (const message of messages) worker.post(message);
    await vi.waitFor(() => expect(Atomics.load(control, words.started)).toBe(1));
    // The main thread counts a message after posting it: the worker may have it by then.
    await new Promise((resolve) => setTimeout(resolve, 20));
    for (const word of ['units', 'chunk', 'ranges', 'rangeUnits'] as const) control[words[word]] = 1;
    control[words.executable] = code.number;
    Atomics.store(control, words.mail, messages.length);
    for (const word of ['open', 'turn'] as const) Atomics.store(control, words[word], 5);
    Atomics.notify(control, words.turn);
    const reasons: (string | undefined)[] = [];
    await vi.waitFor(() => {
      reasons.push(takeFailure(control));
      expect(reasons.at(-1)).toBe('RuntimeError: unreachable');
    });
    await vi.waitFor(() => expect(Atomics.load(control, words.active)).toBe(0));
    worker.terminate();
  });

  it('that fail fail the launch, and the next one works', async () => {
    replaced.start = () => {
      let control: Int32Array | undefined;
      return {
        post: (message) => {
          if (message.kind !== 'start') return;
          control = new Int32Array(message.control);
          const text = 'RuntimeError: unreachable';
          control.set([text.length, ...Array.from(text, (c) => c.charCodeAt(0))], words.failure);
        },
        terminate: () => {},
      };
    };
    const backend = new CpuBackend({ threads: 2 }, { sharing: shareAll });
    const run = () => runForArrays(backend, increment(length), [zeros]);
    expect(run).toThrow('submit: a kernel failed in a worker thread: RuntimeError: unreachable');
    expect(run()).toEqual([ones]);
  });
});
