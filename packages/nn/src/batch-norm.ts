import { noGrad } from '@cotangent/autograd';
import {
  add,
  batchNorm,
  batchNormTraining,
  cast,
  divide,
  multiply,
  ones,
  ShapeError,
  subtract,
  type Tensor,
  Variable,
  zeros,
} from '@cotangent/tensor';
import type { InitializationOptions } from './initialization.js';
import { Module } from './module.js';
import { Parameter } from './parameter.js';

/** How batch normalization works, and how it is made. */
export interface BatchNormLayerOptions extends Omit<InitializationOptions, 'key'> {
  /** Added to the variance; 1e-5. */
  readonly epsilon?: number;
  /** The share of a batch in the running statistics; 0.1. `null` averages all batches alike. */
  readonly momentum?: number | null;
  /** Whether a learned scale and shift follow; true. */
  readonly affine?: boolean;
  /** Whether running statistics are kept, for use by `eval()`; true. */
  readonly trackRunningStats?: boolean;
}

/** A variable that no gradient reaches. */
const buffer = (value: Tensor, name: string): Variable => new Variable(value, { name, trainable: false });

/** What batch normalization of all ranks shares. In training it assigns its running statistics, lazily. */
abstract class BatchNorm extends Module {
  /** `[channels]`. */
  readonly weight: Parameter | undefined;
  /** `[channels]`. */
  readonly bias: Parameter | undefined;
  /** `[channels]`. */
  readonly runningMean: Variable | undefined;
  /** `[channels]`, unbiased. */
  readonly runningVariance: Variable | undefined;
  /** int32: how many batches the running statistics have seen. */
  readonly batchCount: Variable | undefined;
  readonly epsilon: number;
  readonly momentum: number | null;

  constructor(
    readonly ranks: readonly number[],
    channels: number,
    { epsilon = 1e-5, momentum = 0.1, affine = true, trackRunningStats = true, ...placement }: BatchNormLayerOptions,
  ) {
    super();
    const shape = [channels];
    this.weight = affine ? new Parameter(ones(shape, placement), { name: 'weight' }) : undefined;
    this.bias = affine ? new Parameter(zeros(shape, placement), { name: 'bias' }) : undefined;
    if (trackRunningStats) {
      this.runningMean = buffer(zeros(shape, placement), 'running_mean');
      this.runningVariance = buffer(ones(shape, placement), 'running_var');
      this.batchCount = buffer(zeros([], { ...placement, dtype: 'int32' }), 'num_batches_tracked');
    }
    this.epsilon = epsilon;
    this.momentum = momentum;
  }

  protected override get stateNames() {
    return { runningMean: 'running_mean', runningVariance: 'running_var', batchCount: 'num_batches_tracked' };
  }

  forward(x: Tensor): Tensor {
    if (!this.ranks.includes(x.rank)) {
      throw new ShapeError(this.constructor.name, `an input of rank ${this.ranks.join(' or ')} is needed.`, {
        sides: { input: x.shape },
      });
    }
    const { weight, bias, epsilon, runningMean, runningVariance } = this;
    const options = { weight, bias, epsilon };
    if (!this.isTraining && runningMean !== undefined && runningVariance !== undefined) {
      return batchNorm(x, { ...options, mean: runningMean, variance: runningVariance });
    }
    const { output, mean, variance } = batchNormTraining(x, options);
    if (this.isTraining) noGrad(() => this.#track(mean, variance));
    return output;
  }

  #track(mean: Tensor, variance: Tensor): void {
    const { runningMean, runningVariance, batchCount, momentum } = this;
    if (runningMean === undefined || runningVariance === undefined || batchCount === undefined) return;
    batchCount.assign(add(batchCount, 1));
    const share = momentum ?? divide(1, cast(batchCount, mean.dtype));
    for (const [running, batch] of [
      [runningMean, mean],
      [runningVariance, variance],
    ] as const) {
      running.assign(add(running, multiply(subtract(batch, running), share)));
    }
  }
}

/** Batch normalization of `[n, c]` or `[n, c, l]`. Ioffe and Szegedy 2015. */
export class BatchNorm1d extends BatchNorm {
  constructor(channels: number, options: BatchNormLayerOptions = {}) {
    super([2, 3], channels, options);
  }
}

/** Batch normalization of `[n, c, h, w]`. Ioffe and Szegedy 2015. */
export class BatchNorm2d extends BatchNorm {
  constructor(channels: number, options: BatchNormLayerOptions = {}) {
    super([4], channels, options);
  }
}

/** Batch normalization of `[n, c, d, h, w]`. Ioffe and Szegedy 2015. */
export class BatchNorm3d extends BatchNorm {
  constructor(channels: number, options: BatchNormLayerOptions = {}) {
    super([5], channels, options);
  }
}
