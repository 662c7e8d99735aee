import { AdamW, backward, type Device, manualSeed, scope } from 'cotangent';
import { paintBatch } from '../data/batch.js';
import { UNet } from '../model.js';
import { RunError } from '../run-error.js';
import type { TrainingSettings } from '../settings.js';
import { emptyHistory, type History } from './history.js';
import { learningRate } from './learning-rate.js';
import { losses } from './loss.js';

/** A model on its way, with all that its next step depends on. */
export class Training {
  readonly model: UNet;
  readonly optimizer: AdamW;

  constructor(
    readonly settings: TrainingSettings,
    readonly device: Device,
    /** Of the steps taken before. */
    readonly history: History = emptyHistory(),
  ) {
    manualSeed(settings.seed);
    this.model = new UNet();
    this.optimizer = new AdamW(this.model.parameters(), { lr: settings.lr });
  }

  /** Steps taken. */
  get step(): number {
    return this.history.loss.length;
  }

  /** Learns from the next batch of scenes. */
  async takeStep(): Promise<void> {
    const started = performance.now();
    const lr = learningRate(this.settings, this.step);
    const loss = await scope(() => this.#learn(lr));
    if (!Number.isFinite(loss)) {
      throw new RunError(`The loss became ${loss} in step ${this.step + 1}. A lower --lr may help.`);
    }
    this.history.loss.push(loss);
    this.history.lr.push(lr);
    this.history.stepSeconds.push((performance.now() - started) / 1000);
  }

  #learn(lr: number): Promise<number> {
    const { seed, batch, loss: lossName } = this.settings;
    const { images, labels } = paintBatch('training', seed, this.step * batch, batch, this.device);
    for (const group of this.optimizer.groups) group.lr = lr;
    this.optimizer.zeroGrad();
    const loss = losses[lossName](this.model.forward(images), labels);
    backward(loss);
    this.optimizer.step();
    return loss.item();
  }
}
