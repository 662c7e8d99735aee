/** Sizes of the axes, outermost first. A scalar is `[]`. */
export type Shape = readonly number[];

/** Number of elements. */
export const sizeOf = (shape: Shape): number => {
  let size = 1;
  for (const extent of shape) size *= extent;
  return size;
};

/** Row-major strides, in elements. */
export const contiguousStrides = (shape: Shape): number[] => {
  const strides = new Array<number>(shape.length);
  let stride = 1;
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    strides[axis] = stride;
    stride *= shape[axis] as number;
  }
  return strides;
};

export const shapesEqual = (a: Shape, b: Shape): boolean => {
  if (a.length !== b.length) return false;
  for (let axis = 0; axis < a.length; axis++) if (a[axis] !== b[axis]) return false;
  return true;
};

/** The shape both broadcast to by NumPy's rule, or undefined where they don't. */
export const broadcastShapes = (a: Shape, b: Shape): number[] | undefined => {
  const rank = Math.max(a.length, b.length);
  const shape = new Array<number>(rank);
  for (let axis = 1; axis <= rank; axis++) {
    const left = a[a.length - axis] ?? 1;
    const right = b[b.length - axis] ?? 1;
    if (left !== right && left !== 1 && right !== 1) return undefined;
    shape[rank - axis] = left === 1 ? right : left;
  }
  return shape;
};
