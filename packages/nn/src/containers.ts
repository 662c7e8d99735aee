import { flatten, type Tensor } from '@cotangent/tensor';
import { Module } from './module.js';

/** A module that takes one tensor and gives one. */
export type Layer = Module & { forward(x: Tensor): Tensor };

/** Layers one after the other; their names are their positions. */
export class Sequential extends Module {
  readonly layers: readonly Layer[];

  constructor(...layers: readonly Layer[]) {
    super();
    this.layers = layers;
  }

  override namedChildren(): [string, Module][] {
    return this.layers.map((layer, i) => [String(i), layer]);
  }

  forward(x: Tensor): Tensor {
    return this.layers.reduce((value, layer) => layer.forward(value), x);
  }
}

/** Gives what it gets. */
export class Identity extends Module {
  forward(x: Tensor): Tensor {
    return x;
  }
}

/** Joins axes `start` to `end` (inclusive) into one; all but the first by default. */
export class Flatten extends Module {
  constructor(
    readonly start = 1,
    readonly end = -1,
  ) {
    super();
  }

  forward(x: Tensor): Tensor {
    return flatten(x, { start: this.start, end: this.end });
  }
}
