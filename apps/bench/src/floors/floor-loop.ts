import { type FloorFunctions, type FloorKind, floorModuleBytes, flopsPerIteration, stride } from './floor-module.js';

const pageBytes = 65536;
/** Beyond what caches hold. */
const blockBytes = 64 * 2 ** 20;
const iterations = 200_000;
const pages = (2 * blockBytes) / pageBytes;

/** Functions over a memory of their own, of two blocks. */
export const openFloor = (): FloorFunctions => {
  const memory = new WebAssembly.Memory({ initial: pages, maximum: pages, shared: true });
  new Uint8Array(memory.buffer).fill(1);
  const instance = new WebAssembly.Instance(new WebAssembly.Module(floorModuleBytes(pages)), { env: { memory } });
  return instance.exports as unknown as FloorFunctions;
};

/** Runs one loop once; gives its floating-point operations, or the bytes it read and wrote. */
const runOnce: { readonly [K in FloorKind]: (functions: FloorFunctions) => number } = {
  multiplyAdd({ multiplyAdd }) {
    multiplyAdd(iterations, 0.5);
    return iterations * flopsPerIteration;
  },
  copy({ copy }) {
    copy(0, blockBytes, 2 * blockBytes - stride);
    return 2 * (blockBytes - stride);
  },
  read({ read }) {
    read(0, blockBytes - stride);
    return blockBytes - stride;
  },
};

/** Operations or bytes a nanosecond, over a window of time. */
export const measureRate = (functions: FloorFunctions, kind: FloorKind, forMs: number): number => {
  runOnce[kind](functions);
  const begin = performance.now();
  let amount = 0;
  let elapsed = 0;
  do {
    amount += runOnce[kind](functions);
    elapsed = performance.now() - begin;
  } while (elapsed < forMs);
  return amount / elapsed / 1e6;
};
