import type { MemoryBlock, MemoryPool } from './memory.js';

/** One block that grows to the largest request; its content means nothing between launches. */
export class ScratchBlock {
  readonly #pool: MemoryPool;
  #block: MemoryBlock | undefined;

  constructor(pool: MemoryPool) {
    this.#pool = pool;
  }

  get address(): number {
    return this.#block?.address ?? 0;
  }

  get byteLength(): number {
    return this.#block?.byteLength ?? 0;
  }

  reserve(byteLength: number): void {
    if (byteLength <= this.byteLength) return;
    if (this.#block) this.#pool.free(this.#block);
    this.#block = undefined;
    this.#block = this.#pool.allocate(byteLength);
  }
}
