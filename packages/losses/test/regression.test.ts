import { valueAndGrad } from '@cotangent/autograd';
import { createCpuBackend } from '@cotangent/backend-cpu';
import { Device, ShapeError, setDefaultDevice, type Tensor, tensor, ValueError } from '@cotangent/tensor';
import { beforeAll, describe, expect, it } from 'vitest';
import { combinedLoss, huberLoss, l1Loss, mseLoss, smoothL1Loss } from '../src/index.js';

beforeAll(() => setDefaultDevice(new Device(createCpuBackend())));

const list = async (x: Tensor): Promise<number[]> => Array.from(await x.data());
const prediction = (): Tensor => tensor([1, 2, -4, 0.5]);
const target = (): Tensor => tensor([1, 0, -1, 0]);

describe('regression losses', () => {
  it('measure the distance of each element', async () => {
    const none = { reduction: 'none' } as const;
    expect(await list(mseLoss(prediction(), target(), none))).toEqual([0, 4, 9, 0.25]);
    expect(await list(l1Loss(prediction(), target(), none))).toEqual([0, 2, 3, 0.5]);
    expect(await list(huberLoss(prediction(), target(), { ...none, delta: 2 }))).toEqual([0, 2, 4, 0.125]);
    expect(await list(smoothL1Loss(prediction(), target(), { ...none, beta: 2 }))).toEqual([0, 1, 2, 0.0625]);
  });

  it('average by default', async () => {
    expect(await mseLoss(prediction(), target()).item()).toBe(13.25 / 4);
    expect(await l1Loss(prediction(), target(), { reduction: 'sum' }).item()).toBe(5.5);
  });

  it('have a zero gradient where both sides are equal', async () => {
    for (const loss of [mseLoss, l1Loss, huberLoss, smoothL1Loss]) {
      const { gradient } = valueAndGrad((x: Tensor) => loss(x, target(), { reduction: 'sum' }))(prediction());
      expect((await list(gradient))[0]).toBe(0);
    }
  });

  it('refuse shapes that differ, rather than broadcast', () => {
    expect(() => mseLoss(prediction(), tensor([1]))).toThrow(ShapeError);
    expect(() => huberLoss(prediction(), target(), { delta: 0 })).toThrow(ValueError);
  });
});

describe('combinedLoss', () => {
  it('adds losses by weight', async () => {
    const loss = combinedLoss([{ loss: mseLoss }, { loss: l1Loss, weight: 2 }]);
    expect(await loss(prediction(), target()).item()).toBeCloseTo(13.25 / 4 + 11 / 4, 6);
  });

  it('needs a term', () => {
    expect(() => combinedLoss([])).toThrow(ValueError);
  });
});
