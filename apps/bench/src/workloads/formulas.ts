/** Tensors by name. */
export type Named<Name extends string, T> = { readonly [K in Name]: T };

/** Parameters of a linear layer. */
type Linear<Name extends string> = `${Name}.weight` | `${Name}.bias`;

export type MlpParameter = Linear<'first' | 'second' | 'last'>;

/** Stages of the U-Net: two convolutions, each with its batch norm. */
export type StageName = 'fine' | 'middle' | 'coarse' | 'toMiddle.merge' | 'toFine.merge';

/** Named as in the segmentation example. */
export type UNetParameter =
  | `${StageName}.conv${1 | 2}.weight`
  | Linear<`${StageName}.norm${1 | 2}`>
  | Linear<'toMiddle.up' | 'toFine.up' | 'head'>;

export const blockNames = ['block1', 'block2'] as const;
export type BlockName = (typeof blockNames)[number];

export type TransformerParameter =
  | 'tokens.weight'
  | 'positions.weight'
  | Linear<`${BlockName}.${'norm1' | 'queryKeyValue' | 'output' | 'norm2' | 'expand' | 'contract'}`>
  | Linear<'norm'>;

/**
 * What is computed, by name, on tensors of type `T`: an implementation offers one function for each. Layouts are NCHW; sums
 * run over everything unless an axis is named.
 */
export interface Formulas<T> {
  /** `a·b` over the last two axes; leading axes agree. */
  matmul(inputs: Named<'a' | 'b', T>): T;
  /** The two products of `a·b`'s gradient: `cotangent·bᵀ` and `aᵀ·cotangent`. */
  matmulGradients(inputs: Named<'a' | 'b' | 'cotangent', T>): Named<'a' | 'b', T>;
  /** `Σ exp(−x²)/2 + tanh x`. */
  elementwise(inputs: Named<'x', T>): T;
  /** Over the last axis. */
  softmax(inputs: Named<'x', T>): T;
  sum(inputs: Named<'x', T>, options: { readonly axis: number }): T;
  /** `[n, in, h, w]` with `[out, in / groups, k, k]`. */
  convolution(inputs: Named<'x' | 'weight', T>, options: ConvolutionOptions): T;
  /** `[n, in, h, w]` with `[in, out, k, k]`. */
  transposedConvolution(inputs: Named<'x' | 'weight', T>, options: { readonly stride: number }): T;
  /** Ascending, last axis. */
  sort(inputs: Named<'x', T>): T;
  argsort(inputs: Named<'x', T>): T;
  /** The `k` largest, in order. */
  topk(inputs: Named<'x', T>, options: { readonly k: number }): Named<'values' | 'indices', T>;
  /** Along the last axis. */
  cumsum(inputs: Named<'x', T>): T;
  /** Rows of `table` `[n, width]`. */
  gather(inputs: Named<'table' | 'rows', T>): T;
  /** `target` with `updates` added at `rows`, which may repeat. */
  scatterAdd(inputs: Named<'target' | 'rows' | 'updates', T>): T;
  /** `softmax(q·kᵀ/√d)·v` over `[heads, n, d]`. */
  attention(inputs: Named<'query' | 'key' | 'value', T>): T;
  /** Over the last axis, ε = 1e-5. */
  layerNorm(inputs: Named<'x' | 'weight' | 'bias', T>): T;
  /** Over all axes but the second, by the statistics of the batch, ε = 1e-5. */
  batchNorm(inputs: Named<'x' | 'weight' | 'bias', T>): T;
  /** Lovász-softmax over the classes that are present; `[n, c, h, w]` with `[n, h, w]`. */
  lovasz(inputs: Named<'logits' | 'labels', T>): T;
  /** Cross-entropy of 784-512-512-10 with relu. */
  mlp(inputs: Named<'images' | 'labels' | MlpParameter, T>): T;
  /** Cross-entropy plus Lovász-softmax of the segmentation example's U-Net. */
  unet(inputs: Named<'images' | 'labels' | UNetParameter, T>): T;
  /** Cross-entropy of the next token: pre-norm blocks with causal attention, tokens and logits share a table. */
  transformer(inputs: Named<'ids' | 'next' | TransformerParameter, T>, options: { readonly heads: number }): T;
  /** `x` through `length` ops, a product and a sum by turns: `1.001·x`, `x + 0.001`. */
  chain(inputs: Named<'x', T>, options: { readonly length: number }): T;
}

export interface ConvolutionOptions {
  readonly stride: number;
  readonly padding: number;
  readonly groups: number;
}

export type FormulaName = keyof Formulas<unknown>;

/** Names of what a formula takes. */
export type InputName<F extends FormulaName> = keyof Parameters<Formulas<unknown>[F]>[0] & string;

/** What a formula takes beside tensors. */
export type FormulaOptions<F extends FormulaName> =
  Parameters<Formulas<unknown>[F]> extends [unknown, infer Options] ? Options : undefined;
