import { AdamW, backward, type Compiled, compile, type Device, manualSeed, scope, type Tensor } from 'cotangent';
import { paintBatch } from '../data/batch.js';
import { UNet } from '../model.js';
import { RunError } from '../run-error.js';
import type { TrainingSettings } from '../settings.js';
import { emptyHistory, type History } from './history.js';
import { learningRate } from './learning-rate.js';
import { losses } from './loss.js';

/** Short memories, for a run of some hundred steps. */
const betas = [0.8, 0.95] as const;

/** A model on its way, with all that its next step depends on. */
export class Training {
  readonly model: UNet;
  readonly optimizer: AdamW;
  /** Moves the model against the gradient of the loss on a batch, and gives the loss. */
  readonly #learn: Compiled<[images: Tensor, labels: Tensor], Tensor>;

  constructor(
    readonly settings: TrainingSettings,
    readonly device: Device,
    /** Of the steps taken before. */
    readonly history: History = emptyHistory(),
  ) {
    manualSeed(settings.seed);
    this.model = new UNet();
    this.optimizer = new AdamW(this.model.parameters(), { lr: settings.lr, betas });
    this.#learn = compile((images, labels) => {
      this.optimizer.zeroGrad();
      const loss = losses[settings.loss](this.model.forward(images), labels);
      backward(loss);
      this.optimizer.step();
      return loss;
    });
  }

  /** Steps taken. */
  get step(): number {
    return this.history.loss.length;
  }

  /** Learns from the next batch of scenes. */
  async takeStep(): Promise<void> {
    const started = performance.now();
    const { seed, batch } = this.settings;
    const lr = learningRate(this.settings, this.step);
    for (const group of this.optimizer.groups) group.lr = lr;
    const loss = await scope(() => {
      const { images, labels } = paintBatch('training', seed, this.step * batch, batch, this.device);
      return this.#learn(images, labels).item();
    });
    if (!Number.isFinite(loss)) {
      throw new RunError(`The loss became ${loss} in step ${this.step + 1}. A lower --lr may help.`);
    }
    this.history.loss.push(loss);
    this.history.lr.push(lr);
    this.history.stepSeconds.push((performance.now() - started) / 1000);
  }

  /** Frees the memory that steps work in. */
  dispose(): void {
    this.#learn.dispose();
  }
}
