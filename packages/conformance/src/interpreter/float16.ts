/** The nearest float16, ties to even. */
export const roundToFloat16 = (value: number): number => {
  const magnitude = Math.abs(value);
  if (Number.isNaN(value) || magnitude === 0 || magnitude === Number.POSITIVE_INFINITY) return value;
  const exponent = Math.max(-14, Math.floor(Math.log2(magnitude)));
  const unit = 2 ** (exponent - 10);
  const quotient = magnitude / unit;
  const low = Math.floor(quotient);
  const rest = quotient - low;
  const isUp = rest > 0.5 || (rest === 0.5 && low % 2 === 1);
  const rounded = (low + (isUp ? 1 : 0)) * unit;
  return Math.sign(value) * (rounded > 65504 ? Number.POSITIVE_INFINITY : rounded);
};

/** The number behind 16 bits of float16. */
export const decodeFloat16 = (bits: number): number => {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 0x1f;
  const fraction = bits & 0x3ff;
  if (exponent === 0x1f) return fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN;
  return sign * (exponent === 0 ? fraction * 2 ** -24 : (1024 + fraction) * 2 ** (exponent - 25));
};

/** The 16 bits of the float16 nearest to a number. */
export const encodeFloat16 = (value: number): number => {
  const rounded = roundToFloat16(value);
  const sign = rounded < 0 || Object.is(rounded, -0) ? 0x8000 : 0;
  const magnitude = Math.abs(rounded);
  if (Number.isNaN(rounded)) return 0x7e00;
  if (magnitude === Number.POSITIVE_INFINITY) return sign | 0x7c00;
  if (magnitude < 2 ** -14) return sign | (magnitude * 2 ** 24);
  const exponent = Math.floor(Math.log2(magnitude));
  return sign | ((exponent + 15) << 10) | (magnitude * 2 ** (10 - exponent) - 1024);
};
