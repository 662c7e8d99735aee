import type { DeviceBuffer } from '@cotangent/ir';
import type { Device } from './device.js';

/** Device memory shared by the graph nodes that hold it; freed with the last one. */
export class Storage {
  #references = 0;

  readonly #free: (buffer: DeviceBuffer) => void;

  constructor(
    readonly device: Device,
    readonly buffer: DeviceBuffer,
    /** Takes the buffer when nothing holds it any more; the device by default. */
    free: (buffer: DeviceBuffer) => void = (unused) => device.free(unused),
  ) {
    this.#free = free;
  }

  retain(): void {
    this.#references++;
  }

  release(): void {
    if (--this.#references === 0) this.#free(this.buffer);
  }
}
