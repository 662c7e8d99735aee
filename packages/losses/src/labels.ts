import {
  cast,
  equal,
  expandDims,
  iota,
  type Node,
  notEqual,
  sum,
  type Tensor,
  ValueError,
  where,
} from '@cotangent/tensor';

/** What every loss on labels takes. */
export interface LabelOptions {
  /** Pixels with this label count for nothing. */
  readonly ignoreIndex?: number;
  /**
   * Whether labels are read and held to their range. By default they are, once for each target tensor, where the target
   * is evaluated and its device answers at once; `true` reads them in any case, evaluating the target, `false` never.
   */
  readonly validate?: boolean;
}

const coordinatesOf = (position: number, shape: readonly number[]): number[] => {
  const coordinates: number[] = [];
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    const extent = shape[axis] as number;
    coordinates.unshift(position % extent);
    position = Math.floor(position / extent);
  }
  return coordinates;
};

/** The range that the labels of an evaluated target were last found to keep. */
const checkedRanges = new WeakMap<Node, string>();

const canReadNow = ({ node, device }: Tensor): boolean =>
  node.storage !== undefined && device.backend.readSync !== undefined;

/** The labels; where they have values already, without an evaluation, which would settle variables that the logits need. */
const readLabels = (target: Tensor): ArrayLike<number> => {
  const { storage } = target.node;
  return storage === undefined
    ? target.dataSync()
    : (target.device.backend.readSync?.(storage.buffer, target.dtype, target.size) ?? target.dataSync());
};

/** Throws ValueError for the first label that is neither from 0 to `classCount − 1` nor ignored. */
export const requireLabelRange = (op: string, target: Tensor, classCount: number, options: LabelOptions): void => {
  const { ignoreIndex, validate = canReadNow(target) } = options;
  const range = `${classCount}, ${ignoreIndex}`;
  if (!validate || checkedRanges.get(target.node) === range) return;
  const labels = readLabels(target);
  for (let i = 0; i < labels.length; i++) {
    const label = labels[i] as number;
    if ((label >= 0 && label < classCount) || label === ignoreIndex) continue;
    throw new ValueError(op, `label ${label} is no class.`, {
      sides: { position: coordinatesOf(i, target.shape), label, classes: `0 to ${classCount - 1}` },
      hint: 'Pass ignoreIndex to leave pixels out.',
    });
  }
  checkedRanges.set(target.node, range);
};

/** The label of a pixel that counts for nothing: it equals no class. */
export const ignoredLabel = -1;

/** Labels as int32, with `ignoredLabel` for those to ignore. */
export const markIgnored = (target: Tensor, ignoreIndex: number | undefined): Tensor => {
  const labels = cast(target, 'int32');
  return ignoreIndex === undefined ? labels : where(notEqual(labels, ignoreIndex), labels, ignoredLabel);
};

/** `values[n, label, …]` of each pixel, 0 where the label is no class; fuses with what makes the values. */
export const atLabel = (values: Tensor, labels: Tensor): Tensor => {
  const classIndex = iota(values.shape, 1, { device: values.device });
  return sum(where(equal(expandDims(labels, 1), classIndex), values, 0), { axes: 1 });
};
