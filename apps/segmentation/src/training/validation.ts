import {
  add,
  argmax,
  confusionMatrix,
  type Device,
  evaluate,
  iouPerClass,
  meanIou,
  noGrad,
  scope,
  type Tensor,
} from 'cotangent';
import { paintBatch } from '../data/batch.js';
import type { UNet } from '../model.js';
import type { Validation } from './history.js';

/** The scenes that every run is validated on, whatever its seed. */
const sceneCount = 128;
const sceneSeed = 0;
const batchSize = 16;

/** A scene and what the model makes of it; all row-major. */
export interface Example {
  /** Brightness from 0 to 1. */
  readonly pixels: ArrayLike<number>;
  readonly truth: ArrayLike<number>;
  readonly prediction: ArrayLike<number>;
}

/** Runs `body` with batch norm as it will be used, without history, and frees what it leaves. */
const inEvaluationMode = async <T>(model: UNet, body: () => Promise<T>): Promise<T> => {
  model.eval();
  try {
    return await scope(body);
  } finally {
    model.train();
  }
};

/** Intersection over union on the validation scenes; leaves the model as it was. */
export const validate = (model: UNet, device: Device): Promise<Omit<Validation, 'step'>> =>
  inEvaluationMode(model, async () => {
    let confusion: Tensor | undefined;
    for (let first = 0; first < sceneCount; first += batchSize) {
      const { images, labels } = paintBatch('validation', sceneSeed, first, batchSize, device);
      const counts = noGrad(() => confusionMatrix(model.forward(images), labels));
      confusion = confusion === undefined ? counts : add(confusion, counts);
      await evaluate(confusion);
    }
    const [ious, mean] = [iouPerClass(confusion as Tensor), meanIou(confusion as Tensor)];
    await evaluate(ious, mean);
    const iouOfClass = Array.from(await ious.data(), (iou) => (Number.isNaN(iou) ? null : iou));
    return { miou: await mean.item(), iouPerClass: iouOfClass };
  });

/** What a model makes of the first validation scenes. */
export const predictExamples = (model: UNet, count: number, device: Device): Promise<Example[]> =>
  inEvaluationMode(model, async () => {
    const { images, labels } = paintBatch('validation', sceneSeed, 0, count, device);
    const predicted = noGrad(() => argmax(model.forward(images), { axis: 1 }));
    const [pixels, truth, prediction] = [await images.data(), await labels.data(), await predicted.data()];
    const area = labels.size / count;
    return Array.from({ length: count }, (_, i) => {
      const place = [i * area, (i + 1) * area] as const;
      return {
        pixels: pixels.subarray(...place),
        truth: truth.subarray(...place),
        prediction: prediction.subarray(...place),
      };
    });
  });
