import { combinedLoss, crossEntropyLoss, type Loss, lovaszSoftmaxLoss } from 'cotangent';
import type { LossName } from '../settings.js';

/** Losses of logits `[n, 11, h, w]` and labels `[n, h, w]`. */
export const losses: Readonly<Record<LossName, Loss>> = {
  ce: crossEntropyLoss,
  lovasz: lovaszSoftmaxLoss,
  'ce+lovasz': combinedLoss([{ loss: crossEntropyLoss }, { loss: lovaszSoftmaxLoss }]),
};
