/** The number behind 16 bits of float16. */
const decode = (bits: number): number => {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 0x1f;
  const fraction = bits & 0x3ff;
  if (exponent === 0x1f) return fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN;
  return sign * (exponent === 0 ? fraction * 2 ** -24 : (1024 + fraction) * 2 ** (exponent - 25));
};

let numbers: Float32Array | undefined;

/** float16 bits as float32. */
export const widenHalf = (bits: Uint16Array): Float32Array<ArrayBuffer> => {
  numbers ??= Float32Array.from({ length: 0x10000 }, (_, i) => decode(i));
  const values = new Float32Array(bits.length);
  for (let i = 0; i < bits.length; i++) values[i] = numbers[bits[i] as number] as number;
  return values;
};

/** bfloat16 bits, the upper halves of float32, as float32. */
export const widenBrainHalf = (bits: Uint16Array): Float32Array<ArrayBuffer> => {
  const words = new Uint32Array(bits.length);
  for (let i = 0; i < bits.length; i++) words[i] = (bits[i] as number) << 16;
  return new Float32Array(words.buffer);
};

/** float32 values that float16 can hold, as the tensor's own, in 16 bits each. */
export const narrowToHalf = (values: Float32Array): Uint16Array<ArrayBuffer> => {
  const words = new Uint32Array(values.buffer, values.byteOffset, values.length);
  return Uint16Array.from(words, (word) => {
    const sign = (word >>> 16) & 0x8000;
    const exponent = ((word >>> 23) & 0xff) - 112;
    const fraction = word & 0x7fffff;
    if (exponent === 143) return sign | 0x7c00 | (fraction === 0 ? 0 : 0x200);
    if (exponent < -10) return sign;
    return exponent <= 0
      ? sign | ((fraction | 0x800000) >>> (14 - exponent))
      : sign | (exponent << 10) | (fraction >>> 13);
  });
};
