import { shapesEqual, type Tensor, ValueError, type Variable } from '@cotangent/tensor';

/** Tensors by name, such as safetensors files hold. */
export type StateDict = Readonly<Record<string, Tensor>>;

/** Names that did not find their counterpart. */
export interface StateDictDifference {
  /** In the module only. */
  readonly missing: readonly string[];
  /** In the state only. */
  readonly unexpected: readonly string[];
}

const describe = ({ dtype, shape }: Tensor): string => `${dtype} [${shape.join(', ')}]`;

/**
 * Compares a state with the variables it goes to. Throws ValueError that lists every name that is missing, unexpected or does
 * not fit in shape or dtype; where `strict` is false missing and unexpected ones are no errors.
 */
export const compareStateDict = (
  own: Readonly<Record<string, Variable>>,
  optional: ReadonlySet<string>,
  given: StateDict,
  strict: boolean,
): StateDictDifference => {
  const missing = Object.keys(own).filter((name) => !Object.hasOwn(given, name) && !optional.has(name));
  const unexpected = Object.keys(given).filter((name) => !Object.hasOwn(own, name));
  const mismatched = Object.entries(own).flatMap(([name, variable]) => {
    const value = Object.hasOwn(given, name) ? given[name] : undefined;
    const fits = value === undefined || (shapesEqual(value.shape, variable.shape) && value.dtype === variable.dtype);
    return fits ? [] : [`${name}: ${describe(variable)} here, ${describe(value)} given`];
  });
  if (mismatched.length > 0 || (strict && missing.length + unexpected.length > 0)) {
    const lists = { missing, unexpected, mismatched };
    throw new ValueError('loadStateDict', 'the state does not fit the module.', {
      sides: Object.fromEntries(Object.entries(lists).filter(([, names]) => names.length > 0)),
    });
  }
  return { missing, unexpected };
};
