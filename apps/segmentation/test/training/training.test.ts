import { defaultDevice, serializeSafetensors } from 'cotangent';
import { describe, expect, it } from 'vitest';
import { defaultSettings, type LossName } from '../../src/settings.js';
import { learningRate } from '../../src/training/learning-rate.js';
import { Training } from '../../src/training/training.js';
import { validate } from '../../src/training/validation.js';

const settings = { ...defaultSettings, batch: 1 };

describe('Training', () => {
  it('adds cross-entropy and the Lovász loss up', async () => {
    const firstLoss = async (loss: LossName): Promise<number> => {
      const training = new Training({ ...settings, loss }, defaultDevice());
      await training.takeStep();
      return training.history.loss[0] as number;
    };
    const [ce, lovasz, both] = [await firstLoss('ce'), await firstLoss('lovasz'), await firstLoss('ce+lovasz')];
    expect(both).toBeCloseTo(ce + lovasz, 5);
  });

  it('learns', async () => {
    const training = new Training({ ...settings, batch: 4 }, defaultDevice());
    for (let i = 0; i < 12; i++) await training.takeStep();
    expect(training.history.loss.at(-1)).toBeLessThan(0.95 * (training.history.loss[0] as number));
  });

  it('holds no more memory after many steps than after a few', async () => {
    const device = defaultDevice();
    const training = new Training(settings, device);
    for (let i = 0; i < 3; i++) await training.takeStep();
    const { liveBytes, liveBuffers } = device.memory();
    for (let i = 0; i < 10; i++) await training.takeStep();
    expect(device.memory()).toMatchObject({ liveBytes, liveBuffers });
  });

  it('is not changed by a validation', async () => {
    const { model, device } = new Training(settings, defaultDevice());
    const before = await serializeSafetensors(model.stateDict());
    const { iouPerClass } = await validate(model, device);
    expect(iouPerClass).toHaveLength(11);
    expect(Buffer.compare(await serializeSafetensors(model.stateDict()), before)).toBe(0);
    expect(model.isTraining).toBe(true);
  });
});

describe('learningRate', () => {
  const rateAt = (step: number): number => learningRate({ ...settings, lr: 1, decaySteps: 1000 }, step);

  it('rises over the first steps', () => {
    expect(rateAt(0)).toBeCloseTo(1 / 30, 5);
    expect(rateAt(14)).toBeCloseTo(0.5, 3);
  });

  it('falls along a cosine to its floor, and stays there', () => {
    expect(rateAt(500)).toBeCloseTo(0.505, 5);
    expect(rateAt(1000)).toBeCloseTo(0.01, 5);
    expect(rateAt(5000)).toBeCloseTo(0.01, 5);
  });
});
