import { control, type ValueType, valueTypeCodes } from './opcodes.js';

/** LEB128 of an integer below 2³². */
export const unsigned = (value: number): number[] => {
  const bytes: number[] = [];
  do {
    const low = value & 0x7f;
    value >>>= 7;
    bytes.push(value === 0 ? low : low | 0x80);
  } while (value !== 0);
  return bytes;
};

/** Signed LEB128 of a 32-bit integer. */
export const signed = (value: number): number[] => {
  const bytes: number[] = [];
  for (;;) {
    const low = value & 0x7f;
    value >>= 7;
    if ((value === 0 && (low & 0x40) === 0) || (value === -1 && (low & 0x40) !== 0)) return [...bytes, low];
    bytes.push(low | 0x80);
  }
};

const name = (text: string): number[] => [...unsigned(text.length), ...Array.from(text, (c) => c.charCodeAt(0))];
const vector = (items: readonly (readonly number[])[]): number[] => [...unsigned(items.length), ...items.flat()];

const concatenate = (pieces: readonly ArrayLike<number>[]): Uint8Array<ArrayBuffer> => {
  const bytes = new Uint8Array(pieces.reduce((sum, piece) => sum + piece.length, 0));
  let at = 0;
  for (const piece of pieces) {
    bytes.set(piece, at);
    at += piece.length;
  }
  return bytes;
};

/** The code of one function: bytes and local variables. */
export class FunctionCode {
  #bytes = new Uint8Array(1024);
  #length = 0;
  readonly #locals: ValueType[] = [];
  readonly #free = new Map<ValueType, number[]>();
  readonly #parameters: number;

  constructor(parameters: number) {
    this.#parameters = parameters;
  }

  /** Number of a local variable that nobody else holds. */
  allocate(type: ValueType): number {
    const reused = this.#free.get(type)?.pop();
    if (reused !== undefined) return reused;
    this.#locals.push(type);
    return this.#parameters + this.#locals.length - 1;
  }

  release(type: ValueType, local: number): void {
    const free = this.#free.get(type);
    if (free) free.push(local);
    else this.#free.set(type, [local]);
  }

  push(...bytes: readonly number[]): void {
    if (this.#length + bytes.length > this.#bytes.length) {
      const longer = new Uint8Array(2 * (this.#length + bytes.length));
      longer.set(this.#bytes);
      this.#bytes = longer;
    }
    for (const byte of bytes) this.#bytes[this.#length++] = byte;
  }

  get(local: number): void {
    this.push(control.localGet, ...unsigned(local));
  }

  set(local: number): void {
    this.push(control.localSet, ...unsigned(local));
  }

  tee(local: number): void {
    this.push(control.localTee, ...unsigned(local));
  }

  integer(value: number): void {
    this.push(control.i32Const, ...signed(value));
  }

  /** The entry of the module's code section, in two pieces. */
  encode(): { readonly head: number[]; readonly body: Uint8Array } {
    this.push(control.end);
    const locals = vector(this.#locals.map((type) => [1, valueTypeCodes[type]]));
    const body = this.#bytes.subarray(0, this.#length);
    return { head: [...unsigned(locals.length + body.length), ...locals], body };
  }
}

/** Functions on float64 that a module may import from the host, with their number of parameters. */
export const hostFunctions = { exp: 1, log: 1, sin: 1, cos: 1, tanh: 1, erf: 1, remainder: 2 } as const;
export type HostFunction = keyof typeof hostFunctions;

/** Pages that every module and the memory itself are declared with at most: 4 GiB. */
export const maximumPages = 65536;

/** What an exported function takes, all 32-bit: a phase `(arguments, begin, end, scratch)`, an epilogue the first three. */
const parameterCounts = { phase: 4, epilogue: 3 } as const;
export type FunctionKind = keyof typeof parameterCounts;

/** A WebAssembly module under construction: imports, and phases to export. */
export class ModuleCode {
  readonly #imports: HostFunction[] = [];
  readonly #functions: { readonly entry: string; readonly kind: FunctionKind; readonly code: FunctionCode }[] = [];

  /** Number by which code calls a host function. */
  importFunction(host: HostFunction): number {
    const known = this.#imports.indexOf(host);
    return known >= 0 ? known : this.#imports.push(host) - 1;
  }

  /** Starts an exported function. */
  function(entry: string, kind: FunctionKind): FunctionCode {
    const code = new FunctionCode(parameterCounts[kind]);
    this.#functions.push({ entry, kind, code });
    return code;
  }

  encode(): Uint8Array<ArrayBuffer> {
    const f64 = valueTypeCodes.f64;
    const i32 = valueTypeCodes.i32;
    const types = [
      [0x60, 4, i32, i32, i32, i32, 0],
      [0x60, 1, f64, 1, f64],
      [0x60, 2, f64, f64, 1, f64],
      [0x60, 3, i32, i32, i32, 0],
    ];
    const typeOf = { phase: 0, epilogue: 3 } as const;
    const sharedWithMaximum = 3;
    const imports = [
      [...name('env'), ...name('memory'), 2, sharedWithMaximum, 0, ...unsigned(maximumPages)],
      ...this.#imports.map((host) => [...name('env'), ...name(host), 0, hostFunctions[host]]),
    ];
    const exports = this.#functions.map(({ entry }, i) => [...name(entry), 0, ...unsigned(this.#imports.length + i)]);
    const section = (id: number, content: number[]) => [id, ...unsigned(content.length), ...content];
    const functions = this.#functions.map(({ code }) => code.encode());
    const count = unsigned(functions.length);
    const codeLength = functions.reduce((sum, { head, body }) => sum + head.length + body.length, count.length);
    return concatenate([
      [0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00],
      section(1, vector(types)),
      section(2, vector(imports)),
      section(3, vector(this.#functions.map(({ kind }) => [typeOf[kind]]))),
      section(7, vector(exports)),
      [10, ...unsigned(codeLength), ...count],
      ...functions.flatMap(({ head, body }) => [head, body]),
    ]);
  }
}
