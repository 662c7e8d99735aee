import type { DeviceBuffer } from '@cotangent/ir';
import type { Device } from './device.js';

/** Device memory shared by the graph nodes that hold it; freed with the last one. */
export class Storage {
  #references = 0;

  constructor(
    readonly device: Device,
    readonly buffer: DeviceBuffer,
  ) {}

  get isShared(): boolean {
    return this.#references > 1;
  }

  retain(): void {
    this.#references++;
  }

  release(): void {
    if (--this.#references === 0) this.device.free(this.buffer);
  }
}
