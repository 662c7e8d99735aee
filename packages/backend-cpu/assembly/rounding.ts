@inline
export function ceilDivide(dividend: i32, divisor: i32): i32 {
  return (dividend + divisor - 1) / divisor;
}

/** The next multiple of a power of two. */
@inline
export function roundUp(value: i32, multiple: i32): i32 {
  return (value + multiple - 1) & -multiple;
}

/** Distance of matrices `bytes` long at which the same places of neighbouring ones fall into different cache sets. */
@inline
export function spread(bytes: i32): i32 {
  return roundUp(bytes, 4096) + 64;
}
