import { type Backend, type DeviceBuffer, DeviceError, OutOfMemoryError } from '@cotangent/ir';

/** What a device holds now. */
export interface MemoryReport {
  /** Bytes of buffers that tensors own. */
  readonly liveBytes: number;
  /** Buffers that tensors own. */
  readonly liveBuffers: number;
  /** The most bytes held at once since the device was made, intermediates included. */
  readonly peakBytes: number;
}

/** A backend with its books on memory. */
export class Device {
  #liveBytes = 0;
  #liveBuffers = 0;
  #peakBytes = 0;

  constructor(
    readonly backend: Backend,
    /** Bytes that may be live at once. */
    public budget = backend.limits.maxBytes,
  ) {}

  get name(): string {
    return this.backend.name;
  }

  /** Memory for `byteLength` bytes; throws OutOfMemoryError past the budget. */
  allocate(byteLength: number): DeviceBuffer {
    if (this.#liveBytes + byteLength > this.budget) {
      throw new OutOfMemoryError('allocate', 'the byte budget of the device is spent.', {
        sides: { requested: byteLength, live: this.#liveBytes, budget: this.budget },
        hint: 'Dispose tensors, wrap the work in scope(), or raise device.budget.',
      });
    }
    const buffer = this.backend.allocate(byteLength);
    this.#liveBytes += buffer.byteLength;
    this.#liveBuffers++;
    this.#peakBytes = Math.max(this.#peakBytes, this.#liveBytes);
    return buffer;
  }

  free(buffer: DeviceBuffer): void {
    this.#liveBytes -= buffer.byteLength;
    this.#liveBuffers--;
    this.backend.free(buffer);
  }

  memory(): MemoryReport {
    return { liveBytes: this.#liveBytes, liveBuffers: this.#liveBuffers, peakBytes: this.#peakBytes };
  }
}

let currentDefault: Device | undefined;
let makeDefault: (() => Device) | undefined;

/** Says how to make the default device when one is first needed. */
export const registerDefaultDevice = (make: () => Device): void => {
  makeDefault = make;
};

/** Makes `device` the one that new tensors go to. */
export const setDefaultDevice = (device: Device): void => {
  currentDefault = device;
};

/** The device that new tensors go to. */
export const defaultDevice = (): Device => {
  currentDefault ??= makeDefault?.();
  if (currentDefault === undefined) {
    throw new DeviceError('defaultDevice', 'no device is set.', {
      hint: "Import from 'cotangent', or call setDefaultDevice(new Device(backend)).",
    });
  }
  return currentDefault;
};
