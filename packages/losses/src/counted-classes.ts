import { concat, narrow, type Tensor, ValueError } from '@cotangent/tensor';

/** Which classes count: those with a labelled pixel, all, or those listed. */
export type CountedClasses = 'present' | 'all' | readonly number[];

/** Checks a choice of classes. */
export const requireCountedClasses = (op: string, classes: CountedClasses, classCount: number): void => {
  if (classes === 'present' || classes === 'all') return;
  const isList =
    Array.isArray(classes) && classes.every((label) => Number.isInteger(label) && label >= 0 && label < classCount);
  if (!isList || classes.length === 0 || new Set(classes).size !== classes.length) {
    throw new ValueError(op, "classes is 'present', 'all' or a list of different class numbers.", {
      sides: { classes, range: `0 to ${classCount - 1}` },
    });
  }
};

/** The parts of axis 1 that belong to listed classes, in the order of the list; all where there is no list. */
export const selectClasses = (x: Tensor, classes: CountedClasses): Tensor =>
  typeof classes === 'string'
    ? x
    : concat(
        classes.map((label) => narrow(x, 1, label, 1)),
        1,
      );
