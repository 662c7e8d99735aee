import { modules } from './generated.js';

/** A module whose only function multiplies and adds with relaxed SIMD: it validates where the engine has that. */
const relaxedSimdProbe = new Uint8Array([
  ...[0, 97, 115, 109, 1, 0, 0, 0, 1, 5, 1, 96, 0, 1, 123, 3, 2, 1, 0, 10, 19, 1, 17, 0],
  ...[65, 0, 253, 15, 65, 0, 253, 15, 65, 0, 253, 15, 253, 133, 2, 11],
]);

/** Whether the engine has relaxed SIMD, with its fused multiply-add. */
export const hasRelaxedSimd = (): boolean => WebAssembly.validate(relaxedSimdProbe);

/** The fixed kernels' module, in the variant that the engine runs fastest. */
export const nativeModuleBytes = (relaxedSimd = hasRelaxedSimd()): Uint8Array<ArrayBuffer> => {
  const text = atob(relaxedSimd ? modules.relaxedSimd : modules.simd);
  const bytes = new Uint8Array(text.length);
  for (let i = 0; i < text.length; i++) bytes[i] = text.charCodeAt(i);
  return bytes;
};
