import { valueAndGrad } from '@cotangent/autograd';
import { createCpuBackend } from '@cotangent/backend-cpu';
import {
  Device,
  DtypeError,
  ShapeError,
  setDefaultDevice,
  type Tensor,
  tensor,
  ValueError,
  zeros,
} from '@cotangent/tensor';
import { beforeAll, describe, expect, it } from 'vitest';
import { type LovaszHingeOptions, lovaszHingeLoss } from '../src/index.js';

beforeAll(() => setDefaultDevice(new Device(createCpuBackend())));

const labels = (values: number[][]): Tensor => tensor(values, { dtype: 'int32' });

const differentiate = async (values: number[][], target: number[][], options: LovaszHingeOptions = {}) => {
  const { value, gradient } = valueAndGrad((x: Tensor) => lovaszHingeLoss(x, labels(target), options))(
    tensor(values, { dtype: 'float64' }),
  );
  return { loss: await value.item(), gradient: Array.from(await gradient.data()) };
};

describe('lovaszHingeLoss', () => {
  it('weighs hinge errors by what they add to the Jaccard loss', async () => {
    // Errors 1 − x·±1: 1.5 (labelled 0), 0.5 and −1 (labelled 1). Jaccard losses ⅓, ⅔, 1.
    expect(await differentiate([[0.5, 0.5, 2]], [[0, 1, 1]])).toEqual({
      loss: expect.closeTo((1.5 + 0.5) / 3, 14),
      gradient: [1 / 3, -1 / 3, 0].map((g) => expect.closeTo(g, 14)),
    });
  });

  it('has no gradient at the margin', async () => {
    expect(await differentiate([[1, -1]], [[1, 0]])).toEqual({
      loss: 0,
      gradient: [0, 0].map((g) => expect.closeTo(g, 15)),
    });
  });

  it('counts the largest error where nothing is labelled 1', async () => {
    expect((await differentiate([[0.25, -3, -0.5]], [[0, 0, 0]])).loss).toBeCloseTo(1.25, 14);
  });

  it('takes images by themselves with perImage, an ignored one counting 0', async () => {
    const values = [
      [0.5, 0.5],
      [2, -2],
    ];
    const single = (await differentiate([[0.5, 0.5]], [[0, 1]])).loss;
    expect(
      (
        await differentiate(
          values,
          [
            [0, 1],
            [9, 9],
          ],
          { perImage: true, ignoreIndex: 9 },
        )
      ).loss,
    ).toBeCloseTo(single / 2, 14);
    const each = lovaszHingeLoss(
      tensor(values),
      labels([
        [0, 1],
        [1, 0],
      ]),
      { perImage: true, reduction: 'none' },
    );
    expect(each.shape).toEqual([2]);
    expect(Array.from(await each.data())).toEqual([expect.closeTo(single, 6), 0]);
  });

  it('gives the same as without the ignored pixels', async () => {
    const with9 = await differentiate([[0.3, -5, 1.2, 7, -0.4]], [[0, 9, 1, 9, 1]], { ignoreIndex: 9 });
    const without = await differentiate([[0.3, 1.2, -0.4]], [[0, 1, 1]]);
    expect(with9.loss).toBeCloseTo(without.loss, 14);
    expect(with9.gradient).toEqual(
      [without.gradient[0], 0, without.gradient[1], 0, without.gradient[2]].map((g) => expect.closeTo(g as number, 14)),
    );
  });

  it('is 0 with zero gradient where every pixel is ignored', async () => {
    expect(await differentiate([[4, -4]], [[9, 9]], { ignoreIndex: 9 })).toEqual({ loss: 0, gradient: [0, 0] });
  });

  it('takes a channel axis of size 1, and bool labels', async () => {
    const target = tensor([[[true, false]]]);
    const plain = await lovaszHingeLoss(tensor([[[0.5, 0.5]]]), target).item();
    expect(await lovaszHingeLoss(tensor([[[[0.5, 0.5]]]]), target).item()).toBe(plain);
  });

  it('refuses shapes, dtypes and labels that do not fit', () => {
    expect(() => lovaszHingeLoss(zeros([2, 3]), zeros([2, 4], { dtype: 'int32' }))).toThrow(ShapeError);
    expect(() => lovaszHingeLoss(zeros([2, 3]), zeros([2, 3]))).toThrow(DtypeError);
    expect(() => lovaszHingeLoss(zeros([1, 2]), labels([[0, 2]]))).toThrow(ValueError);
    expect(() => lovaszHingeLoss(zeros([0, 2]), zeros([0, 2], { dtype: 'int32' }))).toThrow(ShapeError);
  });
});
