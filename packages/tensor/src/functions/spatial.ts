import { ShapeError } from '@cotangent/ir';
import { requireWhole } from './requirements.js';

/** One number for all spatial axes, or one for each. */
export type PerSpatialAxis = number | readonly number[];

/** One number for each of `count` axes: a single number counts for all. */
export const perAxis = (
  name: string,
  label: string,
  value: PerSpatialAxis,
  count: number,
  least: number,
): readonly number[] => {
  const list = typeof value === 'number' ? new Array<number>(count).fill(value) : value;
  if (list.length !== count) {
    throw new ShapeError(name, `${label} needs one number, or one for each spatial axis.`, {
      sides: { [label]: list, axes: count },
    });
  }
  for (const entry of list) requireWhole(name, label, entry, least);
  return list;
};
