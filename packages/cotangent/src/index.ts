export * from '@cotangent/autograd';
export * from '@cotangent/losses';
export * from '@cotangent/nn';
export * from '@cotangent/optim';
export * from '@cotangent/safetensors';
export * from '@cotangent/tensor';
export { type DeviceName, device } from './device.js';
