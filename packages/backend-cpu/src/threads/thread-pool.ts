import { DeviceLostError } from '@cotangent/ir';
import { controlByteLength, takeFailure, controlWords as words } from './control.js';
import type { Sharing } from './sharing.js';
import { startWorker, type WorkerHandle } from './start-worker.js';
import type { PhaseFunction, SharedCode, WorkerMessage } from './worker-body.js';

/** How long a worker looks for the next phase before it sleeps, and the main thread for workers to end one. */
const spinMilliseconds = 0.05;
/** How long the main thread waits for workers to end a phase before it gives them up. */
const patienceMilliseconds = 60_000;

/** A phase that threads share. */
export interface SharedPhase {
  readonly executable: number;
  readonly phase: number;
  readonly run: PhaseFunction;
  readonly units: number;
  /** Units that a thread takes at a time. */
  readonly chunk: number;
  /** Rough cost of all units on one thread. */
  readonly nanoseconds: number;
}

/** The threads of a backend: the one that calls, and workers that start when there is enough to do. */
export class ThreadPool {
  /** Threads in all, this one included. */
  readonly threads: number;
  readonly #memory: WebAssembly.Memory;
  readonly #sharing: Sharing;
  readonly #control = new Int32Array(new SharedArrayBuffer(controlByteLength));
  readonly #workers = new Set<WorkerHandle>();
  #added: SharedCode[] = [];
  #dropped: number[] = [];
  #state: 'waiting' | 'started' | 'disposed' = 'waiting';
  /** Cost of the phases that workers missed. */
  #missedNanoseconds = 0;

  constructor(memory: WebAssembly.Memory, threads: number, sharing: Sharing) {
    this.#memory = memory;
    this.#sharing = sharing;
    this.threads = threads;
  }

  /** Workers that have started so far. */
  get startedWorkers(): number {
    return Atomics.load(this.#control, words.started);
  }

  /** Makes an executable known to workers. */
  add(code: SharedCode): void {
    this.#added.push(code);
  }

  /** Lets workers forget an executable. */
  drop(number: number): void {
    this.#dropped.push(number);
  }

  /** Runs a phase on all threads that are awake, this one included, and returns when it is done. */
  run(phase: SharedPhase, argumentsAddress: number, scratch: number, scratchStride: number): void {
    if (!this.#isReady(phase)) {
      phase.run(argumentsAddress, 0, phase.units, scratch);
      return;
    }
    const control = this.#control;
    const { units, chunk } = phase;
    control[words.executable] = phase.executable;
    control[words.phase] = phase.phase;
    control[words.arguments] = argumentsAddress;
    control[words.units] = units;
    control[words.chunk] = chunk;
    control[words.scratch] = scratch;
    control[words.scratchStride] = scratchStride;
    Atomics.store(control, words.next, chunk);
    const turn = this.#nextTurn();
    Atomics.store(control, words.open, turn);
    Atomics.store(control, words.turn, turn);
    this.#wake(phase);
    try {
      for (let begin = 0; begin < units; begin = Atomics.add(control, words.next, chunk)) {
        phase.run(argumentsAddress, begin, Math.min(begin + chunk, units), scratch);
      }
    } finally {
      this.#join();
    }
    const failure = takeFailure(control);
    if (failure !== undefined) throw new DeviceLostError('submit', `a kernel failed in a worker thread: ${failure}`);
  }

  dispose(): void {
    this.#state = 'disposed';
    for (const worker of this.#workers) worker.terminate();
    this.#workers.clear();
  }

  /** Whether workers may take part; starts them when they have missed enough. */
  #isReady({ nanoseconds }: SharedPhase): boolean {
    if (this.#state === 'waiting') {
      this.#missedNanoseconds += nanoseconds;
      if (this.#missedNanoseconds < this.#sharing.start) return false;
      this.#start();
    }
    if (this.#workers.size === 0) return false;
    if (this.#added.length > 0 || this.#dropped.length > 0) this.#post();
    return true;
  }

  #start(): void {
    this.#state = 'started';
    const start = {
      kind: 'start',
      memory: this.#memory,
      control: this.#control.buffer,
      words,
      spinMilliseconds,
    } as const;
    for (let thread = 1; thread < this.threads; thread++) {
      try {
        const worker = startWorker(() => this.#workers.delete(worker));
        this.#workers.add(worker);
        worker.post({ ...start, thread } as WorkerMessage);
      } catch {
        // Fewer threads give the same results.
        break;
      }
    }
    Atomics.add(this.#control, words.mail, 1);
  }

  /** Posts what workers should learn, and calls those that wait out of their loops. */
  #post(): void {
    const message: WorkerMessage = { kind: 'code', added: this.#added, dropped: this.#dropped };
    this.#added = [];
    this.#dropped = [];
    for (const worker of this.#workers) worker.post(message);
    Atomics.add(this.#control, words.mail, 1);
    Atomics.store(this.#control, words.turn, this.#nextTurn());
    Atomics.notify(this.#control, words.turn);
  }

  /** The turn after this one; never 0, which says that no phase is open. */
  #nextTurn(): number {
    return ((this.#control[words.turn] as number) + 1) | 0 || 1;
  }

  /** Wakes sleeping workers where the phase, or what they have missed lately, repays it. */
  #wake({ nanoseconds, units, chunk }: SharedPhase): void {
    if (Atomics.load(this.#control, words.sleeping) === 0) {
      this.#missedNanoseconds = 0;
      return;
    }
    this.#missedNanoseconds += nanoseconds;
    if (this.#missedNanoseconds < this.#sharing.wake) return;
    this.#missedNanoseconds = 0;
    Atomics.notify(this.#control, words.turn, Math.ceil(units / chunk) - 1);
  }

  /** Closes the phase and waits for the workers inside it. */
  #join(): void {
    const control = this.#control;
    Atomics.store(control, words.open, 0);
    let active = Atomics.load(control, words.active);
    if (active === 0) return;
    const start = performance.now();
    for (let now = start; active !== 0; active = Atomics.load(control, words.active)) {
      if (now - start > spinMilliseconds) this.#waitForChange(active, now - start);
      now = performance.now();
    }
  }

  #waitForChange(active: number, waitedMilliseconds: number): void {
    const control = this.#control;
    Atomics.store(control, words.isJoining, 1);
    Atomics.wait(control, words.active, active, 1000);
    Atomics.store(control, words.isJoining, 0);
    if (waitedMilliseconds < patienceMilliseconds) return;
    this.dispose();
    throw new DeviceLostError('submit', 'a worker thread stopped in the middle of a kernel.', {
      sides: { waited: `${Math.round(waitedMilliseconds / 1000)} s` },
    });
  }
}
