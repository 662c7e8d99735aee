import { CompileError, type HostArray } from '@cotangent/ir';

/** Puts back what a traced function changed. */
type Undo = () => void;

/** What a function did while it was traced. */
export interface Trace {
  /** Graph nodes that the host fills anew for each call. */
  readonly hostInputs: Map<object, () => HostArray>;
  /** Variables that were made meanwhile. */
  createdCount: number;
  readonly undos: Undo[];
}

let current: Trace | undefined;

/** Whether a function is being traced for compilation: values can't be read then. */
export const isTracing = (): boolean => current !== undefined;

/** The trace under way, if any. */
export const currentTrace = (): Trace | undefined => current;

/** Throws where a function that is being compiled asks for values. */
export const requireNotTracing = (op: string): void => {
  if (current === undefined) return;
  throw new CompileError(op, 'values are not known while a function is compiled.', {
    hint: 'Return the tensor and read it outside, or choose with where(condition, a, b) instead of an if.',
  });
};

/** Runs `body` as a trace. */
export const withTrace = <T>(body: (trace: Trace) => T): T => {
  const trace: Trace = { hostInputs: new Map(), createdCount: 0, undos: [] };
  current = trace;
  try {
    return body(trace);
  } finally {
    current = undefined;
    for (let i = trace.undos.length - 1; i >= 0; i--) (trace.undos[i] as Undo)();
  }
};
