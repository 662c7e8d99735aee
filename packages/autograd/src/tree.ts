import { Tensor } from '@cotangent/tensor';

/** Tensors in nested arrays and plain objects. */
export type TensorTree = Tensor | readonly TensorTree[] | { readonly [name: string]: TensorTree };

/** The tensors of a tree in a fixed order. */
export const leavesOf = (tree: TensorTree): Tensor[] => {
  if (tree instanceof Tensor) return [tree];
  const parts = Array.isArray(tree) ? tree : Object.values(tree);
  return parts.flatMap((part) => leavesOf(part as TensorTree));
};

/** A tree of the same form with other tensors. */
export const mapTree = <T extends TensorTree>(tree: T, change: (leaf: Tensor) => Tensor): T => {
  if (tree instanceof Tensor) return change(tree) as T;
  if (Array.isArray(tree)) return tree.map((part) => mapTree(part as TensorTree, change)) as unknown as T;
  const entries = Object.entries(tree as Record<string, TensorTree>);
  return Object.fromEntries(entries.map(([name, part]) => [name, mapTree(part, change)])) as unknown as T;
};
