import { DeviceLostError } from '@cotangent/ir';
import type { ExecutablePhase, LaunchAddresses } from '../executable.js';
import { controlByteLength, maxRanges, takeFailure, controlWords as words, wordsPerLine } from './control.js';
import type { Sharing } from './sharing.js';
import { startWorker, type WorkerHandle } from './start-worker.js';
import type { SharedCode, WorkerMessage } from './worker-body.js';

/** How long a worker looks for the next phase before it sleeps, and the main thread for workers to end one. */
const spinMilliseconds = 0.1;

/** Runs a phase on this thread, in steps. */
export function* runAlone(
  { run, units, chunk, argumentsOffset }: ExecutablePhase,
  { arguments: address, threadScratch }: LaunchAddresses,
): Generator<void> {
  for (let begin = 0; begin < units; begin += chunk) {
    run(address + argumentsOffset, begin, Math.min(begin + chunk, units), threadScratch);
    yield;
  }
}

/**
 * The threads of a backend: the one that calls, and workers that start when there is enough to do.
 *
 * A phase's units are cut into as many ranges as there are threads. A thread takes chunks of its own range first, so that it
 * finds in its caches what it wrote there in the launch before, and then of the others'.
 */
export class ThreadPool {
  readonly #memory: WebAssembly.Memory;
  readonly #threads: number;
  readonly #sharing: Sharing;
  readonly #control = new Int32Array(new SharedArrayBuffer(controlByteLength));
  readonly #workers = new Set<WorkerHandle>();
  #isStarted = false;
  #added: SharedCode[] = [];
  #dropped: number[] = [];
  /** Ranges before this one have no chunk left. */
  #range = 0;
  /** Cost of the phases that workers missed. */
  #missedNanoseconds = 0;

  /** `threads` is the number in all, the calling one included. */
  constructor(memory: WebAssembly.Memory, threads: number, sharing: Sharing) {
    this.#memory = memory;
    this.#threads = threads;
    this.#sharing = sharing;
  }

  /** Workers that have started so far. */
  get startedWorkers(): number {
    return Atomics.load(this.#control, words.started);
  }

  /** Makes an executable known to workers. */
  add(code: SharedCode): void {
    if (!this.#isStarted || this.#workers.size > 0) this.#added.push(code);
  }

  /** Lets workers forget an executable. */
  drop(number: number): void {
    const unposted = this.#added.findIndex((code) => code.number === number);
    if (unposted >= 0) this.#added.splice(unposted, 1);
    else if (this.#workers.size > 0) this.#dropped.push(number);
  }

  /** Runs a phase on all threads that are awake, this one included; the thread may wait at the end. */
  run(phase: ExecutablePhase, addresses: LaunchAddresses): void {
    if (!this.#isReady(phase)) {
      phase.run(addresses.arguments + phase.argumentsOffset, 0, phase.units, addresses.threadScratch);
      return;
    }
    this.#open(phase, addresses);
    try {
      while (this.#runChunk(phase, addresses));
    } finally {
      this.#close();
      this.#waitForWorkers();
    }
    this.#throwFailure();
  }

  /** The same in steps, between which the calling thread may do other things; it never waits. */
  *runInSteps(phase: ExecutablePhase, addresses: LaunchAddresses): Generator<void> {
    if (!this.#isReady(phase)) {
      yield* runAlone(phase, addresses);
      return;
    }
    this.#open(phase, addresses);
    let failure: { readonly error: unknown } | undefined;
    try {
      while (this.#runChunk(phase, addresses)) yield;
    } catch (error) {
      failure = { error };
    }
    this.#close();
    for (const start = performance.now(); this.#activeWorkers() !== 0; this.#checkPatience(start)) yield;
    if (failure) throw failure.error;
    this.#throwFailure();
  }

  dispose(): void {
    for (const worker of this.#workers) worker.terminate();
    this.#workers.clear();
    this.#isStarted = true;
  }

  /** Whether workers may take part; starts them when they have missed enough. */
  #isReady({ nanoseconds }: ExecutablePhase): boolean {
    if (!this.#isStarted) {
      this.#missedNanoseconds += nanoseconds;
      if (this.#missedNanoseconds < this.#sharing.start) return false;
      this.#start();
    }
    if (this.#workers.size === 0) return false;
    if (this.#added.length > 0 || this.#dropped.length > 0) this.#post();
    return true;
  }

  #start(): void {
    this.#isStarted = true;
    const control = this.#control.buffer;
    for (let thread = 1; thread < this.#threads; thread++) {
      try {
        // Fewer threads give the same results: who can't start is missed by nobody.
        const worker = startWorker(() => this.#workers.delete(worker));
        worker.post({ kind: 'start', memory: this.#memory, control, words, wordsPerLine, thread, spinMilliseconds });
        this.#workers.add(worker);
      } catch {
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

  /** Lets workers join a phase. */
  #open(phase: ExecutablePhase, addresses: LaunchAddresses): void {
    const control = this.#control;
    control[words.executable] = phase.executable;
    control[words.phase] = phase.phase;
    control[words.units] = phase.units;
    control[words.chunk] = phase.chunk;
    control[words.arguments] = addresses.arguments + phase.argumentsOffset;
    control[words.scratch] = addresses.threadScratch;
    control[words.scratchStride] = addresses.scratchStride;
    const chunks = Math.ceil(phase.units / phase.chunk);
    const ranges = Math.min(this.#threads, maxRanges, chunks);
    const rangeUnits = Math.ceil(chunks / ranges) * phase.chunk;
    control[words.ranges] = ranges;
    control[words.rangeUnits] = rangeUnits;
    for (let range = 0; range < ranges; range++) control[words.next + range * wordsPerLine] = range * rangeUnits;
    this.#range = 0;
    const turn = this.#nextTurn();
    Atomics.store(control, words.open, turn);
    Atomics.store(control, words.turn, turn);
    this.#wake(phase);
  }

  /** Wakes sleeping workers where the phase, or what they have missed lately, repays it. */
  #wake({ nanoseconds, units, chunk }: ExecutablePhase): void {
    const isMissed = Atomics.load(this.#control, words.sleeping) > 0;
    this.#missedNanoseconds = isMissed ? this.#missedNanoseconds + nanoseconds : 0;
    if (!isMissed || this.#missedNanoseconds < this.#sharing.wake) return;
    // Each takes the main thread about 10 µs.
    const useful = Math.ceil(this.#missedNanoseconds / this.#sharing.wake);
    this.#missedNanoseconds = 0;
    Atomics.notify(this.#control, words.turn, Math.min(useful, Math.ceil(units / chunk) - 1));
  }

  /** Runs a chunk that nobody has taken, of this thread's range or else of another; returns whether there was one. */
  #runChunk({ run, units, chunk, argumentsOffset }: ExecutablePhase, addresses: LaunchAddresses): boolean {
    const control = this.#control;
    const ranges = control[words.ranges] as number;
    const rangeUnits = control[words.rangeUnits] as number;
    for (; this.#range < ranges; this.#range++) {
      const begin = Atomics.add(control, words.next + this.#range * wordsPerLine, chunk);
      const end = Math.min((this.#range + 1) * rangeUnits, units);
      if (begin >= end) continue;
      run(addresses.arguments + argumentsOffset, begin, Math.min(begin + chunk, end), addresses.threadScratch);
      return true;
    }
    return false;
  }

  /** Lets no more workers join. */
  #close(): void {
    Atomics.store(this.#control, words.open, 0);
  }

  #activeWorkers(): number {
    return Atomics.load(this.#control, words.active);
  }

  #waitForWorkers(): void {
    if (this.#activeWorkers() === 0) return;
    const control = this.#control;
    const start = performance.now();
    while (performance.now() - start < spinMilliseconds) if (this.#activeWorkers() === 0) return;
    Atomics.store(control, words.isJoining, 1);
    for (let active = this.#activeWorkers(); active !== 0; active = this.#activeWorkers()) {
      Atomics.wait(control, words.active, active, 1000);
      this.#checkPatience(start);
    }
    Atomics.store(control, words.isJoining, 0);
  }

  #checkPatience(start: number): void {
    const waited = performance.now() - start;
    if (waited < this.#sharing.patienceMilliseconds || this.#activeWorkers() === 0) return;
    this.dispose();
    throw new DeviceLostError('submit', 'a worker thread stopped in the middle of a kernel.', {
      sides: { waited: `${Math.round(waited / 1000)} s` },
      hint: 'Make a new backend; results of this one may be incomplete.',
    });
  }

  #throwFailure(): void {
    const failure = takeFailure(this.#control);
    if (failure !== undefined) throw new DeviceLostError('submit', `a kernel failed in a worker thread: ${failure}`);
  }
}
