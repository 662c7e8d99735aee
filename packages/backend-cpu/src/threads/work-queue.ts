/** Something to do in order. */
export interface Job {
  /** Does the job: at once, or in steps where it is long. */
  run(): Iterator<void> | undefined;
  /** Called instead of `run` when the device goes away first. */
  cancel?(reason: Error): void;
}

/** How long work may hold the event loop in one turn: half a frame. */
const turnMilliseconds = 8;

/** Calls back from the event loop in its next turn. */
const createTurns = (callback: () => void): (() => void) => {
  if (typeof setImmediate === 'function') return () => void setImmediate(callback);
  const { port1, port2 } = new MessageChannel();
  port1.onmessage = callback;
  return () => port2.postMessage(undefined);
};

/** Work on a thread whose event loop must not be held for long: does jobs in order, a few milliseconds in each turn. */
export class WorkQueue {
  #jobs: Job[] = [];
  /** Jobs before this one are done. */
  #next = 0;
  /** Steps of the job under way. */
  #steps: Iterator<void> | undefined;
  #turnEnd = 0;
  #hasTurn = false;
  #failure: unknown;
  readonly #askForTurn = createTurns(() => this.#takeTurn());

  get isEmpty(): boolean {
    return this.#steps === undefined && this.#next === this.#jobs.length;
  }

  /** Adds a job, and begins it if there is time in this turn. */
  add(job: Job): void {
    this.#jobs.push(job);
    if (!this.#hasTurn) this.#beginTurn();
    this.#advance(this.#turnEnd);
  }

  /** Finishes everything now. */
  drain(): void {
    this.#advance(Number.POSITIVE_INFINITY);
  }

  /** Drops everything that isn't done. */
  cancel(reason: Error): void {
    const left = this.#jobs.slice(this.#next);
    this.#steps = undefined;
    this.#forget();
    for (const job of left) job.cancel?.(reason);
  }

  /** Takes out the first failure since the last call. */
  takeFailure(): unknown {
    const failure = this.#failure;
    this.#failure = undefined;
    return failure;
  }

  /** Counts the time from here to the next turn of the event loop. */
  #beginTurn(): void {
    this.#hasTurn = true;
    this.#turnEnd = performance.now() + turnMilliseconds;
    this.#askForTurn();
  }

  #takeTurn(): void {
    this.#hasTurn = false;
    if (this.isEmpty) return;
    this.#beginTurn();
    this.#advance(this.#turnEnd);
  }

  #advance(end: number): void {
    while (!this.isEmpty && performance.now() < end) {
      try {
        this.#step();
      } catch (error) {
        this.#steps = undefined;
        this.#failure ??= error;
      }
    }
    if (this.isEmpty) this.#forget();
  }

  #step(): void {
    if (this.#steps) {
      if (this.#steps.next().done) this.#steps = undefined;
    } else {
      const job = this.#jobs[this.#next++] as Job;
      this.#steps = job.run();
    }
  }

  #forget(): void {
    this.#jobs = [];
    this.#next = 0;
  }
}
