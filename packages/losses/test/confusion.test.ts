import { createCpuBackend } from '@cotangent/backend-cpu';
import { add, Device, ShapeError, setDefaultDevice, type Tensor, tensor, ValueError } from '@cotangent/tensor';
import { beforeAll, describe, expect, it } from 'vitest';
import { confusionMatrix, iouPerClass, meanIou, pixelAccuracy } from '../src/index.js';

beforeAll(() => setDefaultDevice(new Device(createCpuBackend())));

const labels = (values: number[][]): Tensor => tensor(values, { dtype: 'int32' });
const matrix = (): Tensor =>
  confusionMatrix(labels([[0, 1, 1, 0, 2]]), labels([[0, 1, 0, 0, 9]]), { classCount: 4, ignoreIndex: 9 });

describe('confusionMatrix', () => {
  it('counts pixels by label and prediction, without ignored ones', async () => {
    expect(await matrix().toArray()).toEqual([
      [2, 1, 0, 0],
      [0, 1, 0, 0],
      [0, 0, 0, 0],
      [0, 0, 0, 0],
    ]);
  });

  it('takes the largest class of logits', async () => {
    const logits = tensor([
      [
        [2, 0],
        [1, 5],
      ],
    ]);
    expect(await confusionMatrix(logits, labels([[1, 1]])).toArray()).toEqual([
      [0, 0],
      [1, 1],
    ]);
  });

  it('adds up over batches', async () => {
    expect(await pixelAccuracy(add(matrix(), matrix())).item()).toBe(0.75);
  });

  it('refuses what it can not count', () => {
    expect(() => confusionMatrix(labels([[0]]), labels([[0]]))).toThrow(ValueError);
    expect(() => confusionMatrix(labels([[0]]), labels([[0, 1]]), { classCount: 2 })).toThrow(ShapeError);
    expect(() => confusionMatrix(labels([[0]]), labels([[5]]), { classCount: 2 })).toThrow(/label 5 is no class/);
    expect(() => iouPerClass(tensor([[1, 2]]))).toThrow(ShapeError);
  });
});

describe('intersection over union', () => {
  it('is that of each class, NaN or as asked for where a class does not occur', async () => {
    expect(await iouPerClass(matrix()).toArray()).toEqual([expect.closeTo(2 / 3, 6), 0.5, Number.NaN, Number.NaN]);
    expect(await iouPerClass(matrix(), { absent: 1 }).toArray()).toEqual([expect.closeTo(2 / 3, 6), 0.5, 1, 1]);
  });

  it('is averaged over classes that occur', async () => {
    expect(await meanIou(matrix()).item()).toBeCloseTo((2 / 3 + 0.5) / 2, 6);
  });
});
