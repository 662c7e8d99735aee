import {
  add,
  matmul,
  narrow,
  reshape,
  scaledDotProductAttention,
  swapAxes,
  type Tensor,
  transpose,
  ValueError,
  zeros,
} from '@cotangent/tensor';
import { Dropout } from './dropout.js';
import { type InitializationOptions, splitInitialization, uniformWithin } from './initialization.js';
import { Linear } from './linear.js';
import { Module } from './module.js';
import { Parameter } from './parameter.js';

/** How attention is made. */
export interface MultiHeadAttentionOptions extends InitializationOptions {
  /** Whether learned vectors are added to projections; true. */
  readonly bias?: boolean;
  /** Probability with which a weight is dropped in training; 0. */
  readonly dropout?: number;
  /** Whether inputs are `[n, length, width]` rather than PyTorch's default `[length, n, width]`; false. */
  readonly batchFirst?: boolean;
}

/** What a query may look at. */
export interface AttentionMaskOptions {
  /** Broadcast to `[n, heads, queries, keys]`: bool says where a query may look, floating point is added to the scores. */
  readonly mask?: Tensor;
  /** Lets a query look at keys up to its own position only. */
  readonly isCausal?: boolean;
}

/** Attention with several heads that each see a projection of queries, keys and values. Vaswani et al. 2017. */
export class MultiHeadAttention extends Module {
  /** `[3·width, width]`: projections of queries, keys and values, one below the other. */
  readonly projection: Parameter;
  /** `[3·width]`. */
  readonly projectionBias: Parameter | undefined;
  readonly output: Linear;
  readonly dropout: Dropout | undefined;
  readonly batchFirst: boolean;

  constructor(
    readonly width: number,
    readonly heads: number,
    { bias = true, dropout = 0, batchFirst = false, ...options }: MultiHeadAttentionOptions = {},
  ) {
    super();
    if (!Number.isInteger(heads) || heads < 1 || width % heads !== 0) {
      throw new ValueError('MultiHeadAttention', `a width of ${width} does not split into ${heads} heads.`, {
        sides: { width, heads },
      });
    }
    const [forProjection, forOutput, forDropout] = splitInitialization(options, 3) as [
      InitializationOptions,
      InitializationOptions,
      InitializationOptions,
    ];
    // Glorot and Bengio 2010: fan-in plus fan-out of the stacked matrix.
    const bound = Math.sqrt(6 / (4 * width));
    this.projection = new Parameter(uniformWithin([3 * width, width], bound, forProjection), {
      name: 'in_proj_weight',
    });
    this.projectionBias = bias ? new Parameter(zeros([3 * width], options), { name: 'in_proj_bias' }) : undefined;
    this.output = new Linear(width, width, { bias, ...forOutput });
    this.output.bias?.assign(zeros([width], options));
    this.dropout = dropout > 0 ? new Dropout(dropout, forDropout) : undefined;
    this.batchFirst = batchFirst;
  }

  protected override get stateNames() {
    return { projection: 'in_proj_weight', projectionBias: 'in_proj_bias', output: 'out_proj' };
  }

  /** `part` 0, 1 or 2 of the projections, split into heads: `[n, length, width]` to `[n, heads, length, width / heads]`. */
  #project(x: Tensor, part: 0 | 1 | 2): Tensor {
    const { width, heads, projection, projectionBias } = this;
    const product = matmul(x, swapAxes(narrow(projection, 0, part * width, width), 0, 1));
    const projected =
      projectionBias === undefined ? product : add(product, narrow(projectionBias, 0, part * width, width));
    const [count, length] = x.shape as [number, number];
    return transpose(reshape(projected, [count, length, heads, width / heads]), [0, 2, 1, 3]);
  }

  /** Queries `[n, queries, width]` over keys and values `[n, keys, width]` (see `batchFirst`); the keys are the values by default. */
  forward(query: Tensor, key: Tensor = query, value: Tensor = key, options: AttentionMaskOptions = {}): Tensor {
    const arrange = (x: Tensor): Tensor => (this.batchFirst ? x : swapAxes(x, 0, 1));
    const { dropout } = this;
    const isDropping = dropout !== undefined && this.isTraining;
    const attended = scaledDotProductAttention(
      this.#project(arrange(query), 0),
      this.#project(arrange(key), 1),
      this.#project(arrange(value), 2),
      { ...options, ...(isDropping ? { dropout: dropout.p, key: dropout.nextKey() } : {}) },
    );
    const [count, , length] = attended.shape as [number, number, number];
    const joined = reshape(transpose(attended, [0, 2, 1, 3]), [count, length, this.width]);
    return arrange(this.output.forward(joined));
  }
}
