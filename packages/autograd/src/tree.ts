import type { Tensor } from '@cotangent/tensor';

/** Tensors in nested arrays and plain objects. */
export type TensorTree = Tensor | readonly TensorTree[] | { readonly [name: string]: TensorTree };
