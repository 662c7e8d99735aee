import type { Shape } from '@cotangent/ir';

/** Visits every position of a shape in row-major order; `coordinates` is one array, changed in place. */
export const forEachPosition = (
  shape: Shape,
  visit: (coordinates: readonly number[], position: number) => void,
): void => {
  const coordinates = new Array<number>(shape.length).fill(0);
  const count = shape.reduce((product, extent) => product * extent, 1);
  for (let position = 0; position < count; position++) {
    visit(coordinates, position);
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      const next = (coordinates[axis] as number) + 1;
      if (next < (shape[axis] as number)) {
        coordinates[axis] = next;
        break;
      }
      coordinates[axis] = 0;
    }
  }
};

/** `Σ coordinates[i] · strides[i]`. */
export const positionOf = (coordinates: readonly number[], strides: readonly number[]): number => {
  let position = 0;
  for (let axis = 0; axis < strides.length; axis++)
    position += (coordinates[axis] as number) * (strides[axis] as number);
  return position;
};
