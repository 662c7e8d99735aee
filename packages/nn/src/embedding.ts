import { embedding, iota, notEqual, randn, type Tensor, where } from '@cotangent/tensor';
import type { InitializationOptions } from './initialization.js';
import { Module } from './module.js';
import { Parameter } from './parameter.js';

/** How a table is made. */
export interface EmbeddingLayerOptions extends InitializationOptions {
  /** The row that stays as it is, 0 at first. */
  readonly paddingIndex?: number;
}

/** Rows of a table by int32 position: `[...]` to `[..., width]`. Rows begin standard normal. */
export class Embedding extends Module {
  /** `[count, width]`. */
  readonly weight: Parameter;
  readonly paddingIndex: number | undefined;

  constructor(count: number, width: number, { paddingIndex, ...options }: EmbeddingLayerOptions = {}) {
    super();
    const rows = randn([count, width], options);
    const isRow = (index: number): Tensor => notEqual(iota([count, 1], 0, { device: rows.device }), index);
    this.weight = new Parameter(paddingIndex === undefined ? rows : where(isRow(paddingIndex), rows, 0), {
      name: 'weight',
    });
    this.paddingIndex = paddingIndex;
  }

  forward(indices: Tensor): Tensor {
    return embedding(indices, this.weight, { paddingIndex: this.paddingIndex });
  }
}
