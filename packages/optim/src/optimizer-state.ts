import { ShapeError, shapesEqual, type Tensor, ValueError } from '@cotangent/tensor';

/** What an optimizer knows beside its options: enough to continue bit by bit. */
export interface OptimizerState {
  /** The variables themselves, by `<parameter>.<part>` and `count.<cohort>`: read or copy them before the next step. */
  readonly tensors: Readonly<Record<string, Tensor>>;
  /** Plain values, for JSON. */
  readonly settings: OptimizerSettings;
}

export interface OptimizerSettings {
  readonly optimizer: string;
  readonly groups: readonly GroupSettings[];
  /** For each parameter which others it began with, so that they share a step count; −1 before a first step. */
  readonly cohorts: readonly number[];
}

export interface GroupSettings {
  readonly parameterCount: number;
  readonly lr: number;
  readonly momentum?: number;
}

/** The cohort of a parameter that had no step yet. */
export const notBegun = -1;

const op = 'loadStateDict';

/** Throws ValueError where settings were saved from another kind of optimizer or other groups. */
export const requireSameLayout = (own: OptimizerSettings, given: OptimizerSettings): void => {
  const layout = ({ optimizer, groups }: OptimizerSettings): string =>
    `${optimizer} of ${groups.map(({ parameterCount }) => parameterCount).join(' + ')} parameters`;
  if (layout(own) !== layout(given)) {
    throw new ValueError(op, 'the state is of another optimizer.', {
      sides: { optimizer: layout(own), state: layout(given) },
    });
  }
};

/** The tensor of a name, which must have the shape and dtype of `like`. */
export const requireTensor = (tensors: OptimizerState['tensors'], name: string, like: Tensor): Tensor => {
  const found = tensors[name];
  if (found === undefined)
    throw new ValueError(op, `'${name}' is missing.`, { sides: { known: Object.keys(tensors) } });
  if (!shapesEqual(found.shape, like.shape) || found.dtype !== like.dtype) {
    throw new ShapeError(op, `'${name}' does not fit.`, {
      sides: { optimizer: `${like.dtype} [${like.shape}]`, state: `${found.dtype} [${found.shape}]` },
    });
  }
  return found;
};
