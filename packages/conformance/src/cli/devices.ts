import { createCpuBackend } from '@cotangent/backend-cpu';
import { Device, DeviceError } from '@cotangent/tensor';
import { HostBackend } from '../host/host-backend.js';

export type DeviceName = 'cpu' | 'webgpu' | 'host';

const makers: { readonly [K in DeviceName]: () => Device } = {
  cpu: () => new Device(createCpuBackend()),
  webgpu: () => {
    throw new DeviceError('conformance', "there is no backend for 'webgpu' yet.");
  },
  host: () => new Device(new HostBackend()),
};

export const deviceNames = Object.keys(makers) as readonly DeviceName[];

/** The device of a name; DeviceError where it is not there, never another one instead. */
export const openDevice = (name: DeviceName): Device => makers[name]();
