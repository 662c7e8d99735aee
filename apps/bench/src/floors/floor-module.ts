/** What is timed to know how fast the machine can be. */
export const floorKinds = ['multiplyAdd', 'copy', 'read'] as const;
export type FloorKind = (typeof floorKinds)[number];

/** Functions of the module; addresses are in bytes, ranges are multiples of `stride`. */
export interface FloorFunctions {
  /** Multiplies and adds in registers alone; returns their sum, so that nothing is left out. */
  multiplyAdd(iterations: number, factor: number): number;
  copy(target: number, source: number, end: number): void;
  read(source: number, end: number): number;
}

/** Bytes that one iteration of `copy` and `read` moves. */
export const stride = 64;

/** Floating-point operations of one iteration of `multiplyAdd`: independent chains hide the latency of each. */
const chains = 12;
export const flopsPerIteration = 2 * 4 * chains;

type Code = readonly number[];

const unsigned = (value: number): Code =>
  value < 128 ? [value] : [(value & 127) | 128, ...unsigned(Math.floor(value / 128))];

const get = (local: number): Code => [0x20, local];
const set = (local: number): Code => [0x21, local];
const tee = (local: number): Code => [0x22, local];
const simd = (opcode: number): Code => [0xfd, ...unsigned(opcode)];
const load = (offset: number): Code => [...simd(0), 4, offset];
const store = (offset: number): Code => [...simd(11), 4, offset];
const splat = simd(19);
const extractFirst = [...simd(31), 0];
const add = simd(228);
const multiply = simd(230);
const relaxedMultiplyAdd = simd(0x105);
/** `stride` as a signed constant. */
const strideConstant = [0x41, 0xc0, 0x00];
const addInteger = 0x6a;
const subtractInteger = 0x6b;
const isBelow = 0x49;
const branchToLoop = [0x0d, 0];

const loop = (body: Code): Code => [0x03, 0x40, ...body, 0x0b];
const range = (count: number): number[] => Array.from({ length: count }, (_, i) => i);

/** A function body: vector locals beyond its parameters, then code. */
const body = (vectorLocals: number, code: Code): Code => {
  const locals = vectorLocals === 0 ? [0] : [1, vectorLocals, 0x7b];
  const bytes = [...locals, ...code, 0x0b];
  return [...unsigned(bytes.length), ...bytes];
};

/** Sum of vector locals as a scalar. */
const total = (locals: readonly number[]): Code => [
  ...locals.flatMap((local, i) => (i === 0 ? get(local) : [...get(local), ...add])),
  ...extractFirst,
];

const multiplyAddBody = (isRelaxed: boolean): Code => {
  const [count, factor, vector] = [0, 1, 2];
  const sums = range(chains).map((i) => 3 + i);
  const steps = sums.flatMap((sum) =>
    isRelaxed
      ? [...get(sum), ...get(vector), ...get(vector), ...relaxedMultiplyAdd, ...set(sum)]
      : [...get(sum), ...get(vector), ...multiply, ...get(vector), ...add, ...set(sum)],
  );
  const repeat = [...get(count), 0x41, 1, subtractInteger, ...tee(count), ...branchToLoop];
  return body(chains + 1, [...get(factor), ...splat, ...set(vector), ...loop([...steps, ...repeat]), ...total(sums)]);
};

const advance = (address: number): Code => [...get(address), ...strideConstant, addInteger];
const vectorOffsets = [0, 16, 32, 48];

const copyBody = (): Code => {
  const [target, source, end] = [0, 1, 2];
  const moves = vectorOffsets.flatMap((offset) => [...get(target), ...get(source), ...load(offset), ...store(offset)]);
  const repeat = [...advance(source), ...tee(source), ...get(end), isBelow, ...branchToLoop];
  return body(0, loop([...moves, ...advance(target), ...set(target), ...repeat]));
};

const readBody = (): Code => {
  const [source, end] = [0, 1];
  const sums = vectorOffsets.map((_, i) => 2 + i);
  const reads = vectorOffsets.flatMap((offset, i) => {
    const sum = sums[i] as number;
    return [...get(sum), ...get(source), ...load(offset), ...add, ...set(sum)];
  });
  const repeat = [...advance(source), ...tee(source), ...get(end), isBelow, ...branchToLoop];
  return body(sums.length, [...loop([...reads, ...repeat]), ...total(sums)]);
};

const text = (name: string): Code => [name.length, ...new TextEncoder().encode(name)];
const section = (id: number, items: readonly Code[]): Code => {
  const bytes = [...unsigned(items.length), ...items.flat()];
  return [id, ...unsigned(bytes.length), ...bytes];
};

const encode = (pages: number, isRelaxed: boolean): Uint8Array<ArrayBuffer> => {
  const [i32, f32] = [0x7f, 0x7d];
  const types = [
    [0x60, 2, i32, f32, 1, f32],
    [0x60, 3, i32, i32, i32, 0],
    [0x60, 2, i32, i32, 1, f32],
  ];
  const memory = [...text('env'), ...text('memory'), 2, 3, ...unsigned(pages), ...unsigned(pages)];
  return Uint8Array.from([
    ...[0, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
    ...section(1, types),
    ...section(2, [memory]),
    ...section(3, [[0], [1], [2]]),
    ...section(
      7,
      floorKinds.map((name, i) => [...text(name), 0, i]),
    ),
    ...section(10, [multiplyAddBody(isRelaxed), copyBody(), readBody()]),
  ]);
};

/** The module, for a shared memory of exactly so many pages; with fused multiply-add where the engine has it. */
export const floorModuleBytes = (pages: number): Uint8Array<ArrayBuffer> => {
  const relaxed = encode(pages, true);
  return WebAssembly.validate(relaxed) ? relaxed : encode(pages, false);
};
