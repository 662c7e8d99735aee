/** What an error says beside its fact: the two (or more) sides of a mismatch, and how to go on. */
export interface ErrorDetails {
  /** Sides of the mismatch by label, printed on aligned lines. */
  readonly sides?: Readonly<Record<string, unknown>>;
  /** One sentence that says what to do. */
  readonly hint?: string;
  /** The error underneath, when there is one. */
  readonly cause?: unknown;
}

const formatSide = (value: unknown): string => {
  if (typeof value === 'string') return value;
  if (Array.isArray(value)) return `[${value.map(formatSide).join(', ')}]`;
  return typeof value === 'object' && value !== null ? JSON.stringify(value) : String(value);
};

const formatMessage = (op: string, fact: string, { sides = {}, hint }: ErrorDetails): string => {
  const labels = Object.keys(sides);
  const width = Math.max(0, ...labels.map((label) => label.length));
  const lines = labels.map((label) => `  ${label.padEnd(width)}  ${formatSide(sides[label])}`);
  return [`${op}: ${fact}`, ...lines, ...(hint === undefined ? [] : [`  ${hint}`])].join('\n');
};

/** Base of every error that Cotangent throws on purpose: names the op and carries both sides of a mismatch. */
export class TensorError extends Error {
  readonly op: string;
  readonly details: Readonly<Record<string, unknown>>;

  constructor(op: string, fact: string, details: ErrorDetails = {}) {
    super(formatMessage(op, fact, details), details.cause === undefined ? undefined : { cause: details.cause });
    this.name = new.target.name;
    this.op = op;
    this.details = details.sides ?? {};
  }
}

/** Shapes, ranks, axes or sizes that don't fit. */
export class ShapeError extends TensorError {}
/** A dtype that an op doesn't take, or two that differ. */
export class DtypeError extends TensorError {}
/** Tensors on different devices, or a device that isn't there. */
export class DeviceError extends TensorError {}
/** Use of a tensor after its storage was freed. */
export class DisposedError extends TensorError {}
/** A derivative that can't be taken, or that turned out wrong. */
export class GradientError extends TensorError {}
/** A function that can't be compiled as written. */
export class CompileError extends TensorError {}
/** The byte budget or the device's memory is spent. */
export class OutOfMemoryError extends TensorError {}
/** The device went away; host-side state is intact. */
export class DeviceLostError extends TensorError {}
/** A capability that this backend or version doesn't have. */
export class UnsupportedError extends TensorError {}
/** A file or header that breaks its format. */
export class FormatError extends TensorError {}
/** An argument outside its range: a label, a probability, an option. */
export class ValueError extends TensorError {}
