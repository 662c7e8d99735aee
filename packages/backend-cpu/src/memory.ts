import { type DeviceBuffer, type DType, type HostArrays, OutOfMemoryError } from '@cotangent/ir';
import { maximumPages } from './emit/module.js';

const pageByteLength = 65536;
/** Nothing is handed out below: null pointers and the fixed kernels' static data. */
const firstAddress = 65536;
/** Kernels may read this far past a block's end; only the memory's own end needs it. */
const slackByteLength = 64;
const alignment = 64;
/** Memory grows by at least this much at a time. */
const growthByteLength = 16 * 1024 * 1024;

const hostArrayTypes: {
  readonly [K in DType]: new (
    buffer: ArrayBuffer,
    address: number,
    length: number,
  ) => HostArrays[K];
} = {
  float32: Float32Array,
  float16: Uint16Array,
  float64: Float64Array,
  int32: Int32Array,
  uint32: Uint32Array,
  bool: Uint8Array,
};

/** A block of the shared memory. */
export class MemoryBlock implements DeviceBuffer {
  readonly address: number;
  readonly byteLength: number;
  /** Bytes that the block takes: its size class. */
  readonly capacity: number;
  isFree = false;

  constructor(address: number, byteLength: number, capacity: number) {
    this.address = address;
    this.byteLength = byteLength;
    this.capacity = capacity;
  }
}

/** Rounds up to one of eight sizes to the octave, so that freed blocks fit the next request of about their size. */
const sizeClass = (byteLength: number): number => {
  const aligned = Math.max(alignment, Math.ceil(byteLength / alignment) * alignment);
  const granularity = Math.max(alignment, 2 ** (Math.floor(Math.log2(aligned)) - 3));
  return Math.ceil(aligned / granularity) * granularity;
};

/** Memory that several threads can share, at most `maximumByteLength` long; engines that refuse 4 GiB get less. */
const createSharedMemory = (): WebAssembly.Memory => {
  const initial = Math.ceil((firstAddress + growthByteLength) / pageByteLength);
  for (let maximum = maximumPages; ; maximum /= 2) {
    try {
      return new WebAssembly.Memory({ initial, maximum, shared: true });
    } catch (cause) {
      if (maximum <= 4096) {
        throw new OutOfMemoryError('createCpuBackend', 'The engine gives no shared WebAssembly memory.', { cause });
      }
    }
  }
};

/** Hands out blocks of one growing WebAssembly memory. */
export class MemoryPool {
  readonly memory: WebAssembly.Memory;
  readonly maximumByteLength: number;
  #end = firstAddress;
  #usedByteLength = 0;
  /** Addresses of free blocks by size class. */
  #free = new Map<number, number[]>();

  constructor(maximumByteLength = maximumPages * pageByteLength) {
    this.memory = createSharedMemory();
    this.maximumByteLength = Math.min(maximumByteLength, maximumPages * pageByteLength);
  }

  get #byteLength(): number {
    return this.memory.buffer.byteLength;
  }

  /** Bytes in blocks that are handed out. */
  get usedByteLength(): number {
    return this.#usedByteLength;
  }

  /** Elements from an address on, good until the next allocation. */
  elements<D extends DType>(dtype: D, address: number, length: number): HostArrays[D] {
    // The buffer is shared, which the types of host arrays leave out.
    return new hostArrayTypes[dtype](this.memory.buffer as ArrayBuffer, address, length);
  }

  allocate(byteLength: number): MemoryBlock {
    const capacity = sizeClass(byteLength);
    const address = this.#free.get(capacity)?.pop() ?? this.#take(capacity) ?? this.#takeMerged(capacity);
    if (address === undefined) {
      throw new OutOfMemoryError('allocate', `no room for ${byteLength} bytes.`, {
        sides: { used: `${this.#usedByteLength} bytes`, limit: `${this.maximumByteLength} bytes` },
        hint: 'Dispose tensors that are no longer needed, or use smaller batches.',
      });
    }
    this.#usedByteLength += capacity;
    return new MemoryBlock(address, byteLength, capacity);
  }

  free(block: MemoryBlock): void {
    if (block.isFree) return;
    block.isFree = true;
    this.#usedByteLength -= block.capacity;
    this.#putBack(block.address, block.capacity);
  }

  #putBack(address: number, capacity: number): void {
    const list = this.#free.get(capacity);
    if (list) list.push(address);
    else this.#free.set(capacity, [address]);
  }

  /** Takes a block beyond everything handed out so far. */
  #take(capacity: number): number | undefined {
    const address = this.#end;
    const needed = address + capacity + slackByteLength;
    if (needed > this.maximumByteLength) return undefined;
    if (needed > this.#byteLength && !this.#grow(needed)) return undefined;
    this.#end += capacity;
    return address;
  }

  #grow(needed: number): boolean {
    const wanted = Math.max(needed, Math.min(this.#byteLength + growthByteLength, this.maximumByteLength));
    const pagesFor = (byteLength: number) => Math.ceil((byteLength - this.#byteLength) / pageByteLength);
    try {
      this.memory.grow(pagesFor(wanted));
    } catch {
      try {
        this.memory.grow(pagesFor(needed));
      } catch {
        return false;
      }
    }
    return true;
  }

  /** Merges neighbouring free blocks and takes the first that is large enough. */
  #takeMerged(capacity: number): number | undefined {
    const pieces = [...this.#free].flatMap(([size, addresses]) => addresses.map((address) => ({ address, size })));
    pieces.sort((a, b) => a.address - b.address);
    const merged: { address: number; size: number }[] = [];
    for (const piece of pieces) {
      const last = merged.at(-1);
      if (last && last.address + last.size === piece.address) last.size += piece.size;
      else merged.push({ ...piece });
    }
    this.#free = new Map();
    const top = merged.at(-1);
    if (top && top.address + top.size === this.#end) {
      this.#end = top.address;
      merged.pop();
    }
    let found = top && this.#end === top.address ? this.#take(capacity) : undefined;
    for (const { address, size } of merged) {
      const fits = found === undefined && size >= capacity;
      if (fits) found = address;
      this.#putBackRange(fits ? address + capacity : address, fits ? size - capacity : size);
    }
    return found;
  }

  /** Puts a range back as blocks of size classes, the largest first. */
  #putBackRange(address: number, size: number): void {
    while (size > 0) {
      const granularity = Math.max(alignment, 2 ** (Math.floor(Math.log2(size)) - 3));
      const block = Math.floor(size / granularity) * granularity;
      this.#putBack(address, block);
      address += block;
      size -= block;
    }
  }
}
