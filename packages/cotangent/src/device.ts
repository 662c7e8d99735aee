import { type CpuBackendOptions, createCpuBackend } from '@cotangent/backend-cpu';
import { Device, DeviceError, registerDefaultDevice } from '@cotangent/tensor';

/** Where programs run: `auto` takes the fastest there is. */
export type DeviceName = 'auto' | 'cpu' | 'webgpu';

let cpu: Device | undefined;

/** The CPU device that everything shares, made when first needed. */
const sharedCpu = (): Device => {
  cpu ??= new Device(createCpuBackend());
  return cpu;
};

registerDefaultDevice(sharedCpu);

/**
 * A device by name: `cpu` is the shared WebAssembly device, or one of its own where options are given; DeviceError where the
 * environment does not have it, never another device instead.
 */
export const device = async (name: DeviceName = 'auto', options?: CpuBackendOptions): Promise<Device> => {
  if (name === 'cpu' || name === 'auto')
    return options === undefined ? sharedCpu() : new Device(createCpuBackend(options));
  throw new DeviceError('device', `there is no device '${name}' here.`, {
    sides: { requested: name, available: 'cpu' },
  });
};
