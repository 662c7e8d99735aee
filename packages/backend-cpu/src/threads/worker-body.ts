import type { createHostFunctions } from '../host-functions.js';
import type { controlWords } from './control.js';

/** Function of a phase: `(arguments, begin, end, scratch)`. */
export type PhaseFunction = (argumentsAddress: number, begin: number, end: number, scratch: number) => void;
/** What the fixed kernels call on what they finish: `(arguments, begin, end)`. */
export type EpilogueFunction = (argumentsAddress: number, begin: number, end: number) => void;

/** The code of an executable, as workers get it. */
export interface SharedCode {
  readonly number: number;
  readonly emitted: WebAssembly.Module | undefined;
  /** The fixed kernels, where a phase is one. */
  readonly native: WebAssembly.Module | undefined;
  readonly phases: readonly { readonly entry: string; readonly module: 'emitted' | 'native' }[];
  readonly epilogue: string | undefined;
}

/** What the main thread posts to a worker. */
export type WorkerMessage =
  | {
      readonly kind: 'start';
      readonly memory: WebAssembly.Memory;
      readonly control: SharedArrayBuffer;
      readonly words: typeof controlWords;
      readonly wordsPerLine: number;
      /** From 1 on: the main thread is 0. */
      readonly thread: number;
      readonly spinMilliseconds: number;
    }
  | { readonly kind: 'code'; readonly added: readonly SharedCode[]; readonly dropped: readonly number[] };

/** A worker's end of its channel, in Node and in browsers. */
export interface WorkerPort {
  onmessage: ((event: { readonly data: WorkerMessage }) => void) | null;
  postMessage(message: 'started'): void;
}

/**
 * What a worker does: takes part in phases while they are open, sleeps when there are none for long, and returns to its event
 * loop to receive messages. Workers are sent its text: it refers to nothing outside itself.
 */
export const runWorker = (port: WorkerPort, hostFunctions: ReturnType<typeof createHostFunctions>): void => {
  interface Executable {
    readonly functions: readonly PhaseFunction[];
    readonly epilogue: EpilogueFunction | undefined;
  }
  const executables = new Map<number, Executable>();
  const table = new WebAssembly.Table({ initial: 2, element: 'anyfunc' });
  const epilogueSlot = 1;
  const pause = (Atomics as { pause?: () => void }).pause ?? (() => {});
  let start: Extract<WorkerMessage, { kind: 'start' }>;
  let control: Int32Array;
  let native: WebAssembly.Instance | undefined;
  let epilogue: EpilogueFunction | undefined;
  let received = 0;
  let seenTurn = 0;

  const prepare = (code: SharedCode): void => {
    const { memory } = start;
    if (code.native) native ??= new WebAssembly.Instance(code.native, { env: { memory, table } });
    const emitted = code.emitted && new WebAssembly.Instance(code.emitted, { env: { ...hostFunctions, memory } });
    const functions = code.phases.map(({ entry, module }) => {
      return (module === 'native' ? native : emitted)?.exports[entry] as PhaseFunction;
    });
    const own = code.epilogue === undefined ? undefined : emitted?.exports[code.epilogue];
    executables.set(code.number, { functions, epilogue: own as EpilogueFunction | undefined });
  };

  const fail = (error: unknown): void => {
    const { words } = start;
    if (control[words.failure] !== 0) return;
    const message = String(error).slice(0, control.length - words.failure - 1);
    for (let i = 0; i < message.length; i++) control[words.failure + 1 + i] = message.charCodeAt(i);
    control[words.failure] = message.length;
  };

  const work = (executable: Executable): void => {
    const { words, wordsPerLine, thread } = start;
    const phase = executable.functions[control[words.phase] as number] as PhaseFunction;
    const argumentsAddress = control[words.arguments] as number;
    const units = control[words.units] as number;
    const chunk = control[words.chunk] as number;
    const ranges = control[words.ranges] as number;
    const rangeUnits = control[words.rangeUnits] as number;
    const scratch = (control[words.scratch] as number) + thread * (control[words.scratchStride] as number);
    if (executable.epilogue && executable.epilogue !== epilogue) {
      epilogue = executable.epilogue;
      table.set(epilogueSlot, epilogue);
    }
    for (let i = 0; i < ranges; i++) {
      const range = (thread + i) % ranges;
      const end = Math.min((range + 1) * rangeUnits, units);
      const next = words.next + range * wordsPerLine;
      for (let begin = Atomics.add(control, next, chunk); begin < end; begin = Atomics.add(control, next, chunk)) {
        phase(argumentsAddress, begin, Math.min(begin + chunk, end), scratch);
      }
    }
  };

  /** Joins the phase that `turn` opened, unless it is over: the main thread waits only for those it has seen join. */
  const join = (turn: number): void => {
    const { words } = start;
    Atomics.add(control, words.active, 1);
    if (Atomics.load(control, words.open) === turn) {
      const executable = executables.get(control[words.executable] as number);
      try {
        if (executable) work(executable);
      } catch (error) {
        fail(error);
      }
    }
    Atomics.sub(control, words.active, 1);
    if (Atomics.load(control, words.isJoining) !== 0) Atomics.notify(control, words.active);
  };

  const serve = (): void => {
    const { words, spinMilliseconds } = start;
    const checksPerReading = 32;
    let spinEnd = performance.now() + spinMilliseconds;
    // A message may be here before it is counted.
    for (let checks = 1; Atomics.load(control, words.mail) <= received; checks++) {
      const turn = Atomics.load(control, words.turn);
      if (turn !== seenTurn) {
        seenTurn = turn;
        join(turn);
        spinEnd = performance.now() + spinMilliseconds;
      } else if (checks % checksPerReading !== 0 || performance.now() < spinEnd) pause();
      else {
        Atomics.add(control, words.sleeping, 1);
        Atomics.wait(control, words.turn, turn);
        Atomics.sub(control, words.sleeping, 1);
      }
    }
  };

  port.onmessage = ({ data }) => {
    if (data.kind === 'start') {
      start = data;
      control = new Int32Array(start.control);
      Atomics.add(control, start.words.started, 1);
      port.postMessage('started');
    } else {
      for (const number of data.dropped) executables.delete(number);
      data.added.forEach(prepare);
      // A phase that is open already may be one of these.
      seenTurn = 0;
    }
    received++;
    serve();
  };
};
