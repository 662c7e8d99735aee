import { modules } from './generated.js';

/** A module whose only function multiplies and adds with relaxed SIMD: it validates where the engine has that. */
const relaxedSimdProbe = new Uint8Array([
  ...[0, 97, 115, 109, 1, 0, 0, 0, 1, 5, 1, 96, 0, 1, 123, 3, 2, 1, 0, 10, 19, 1, 17, 0],
  ...[65, 0, 253, 15, 65, 0, 253, 15, 65, 0, 253, 15, 253, 133, 2, 11],
]);

/** Whether the engine has relaxed SIMD, with its fused multiply-add. */
export const hasRelaxedSimd = (): boolean => WebAssembly.validate(relaxedSimdProbe);

/** Value of a lower-case hexadecimal digit. */
const digitAt = (digits: string, place: number): number => {
  const code = digits.charCodeAt(place);
  return code - (code < 58 ? 48 : 87);
};

/** The fixed kernels' module, in the variant that the engine runs fastest. */
export const nativeModuleBytes = (relaxedSimd = hasRelaxedSimd()): Uint8Array<ArrayBuffer> => {
  const digits = relaxedSimd ? modules.relaxedSimd : modules.simd;
  const bytes = new Uint8Array(digits.length / 2);
  for (let i = 0; i < bytes.length; i++) bytes[i] = 16 * digitAt(digits, 2 * i) + digitAt(digits, 2 * i + 1);
  return bytes;
};
