import { valueAndGrad } from '@cotangent/autograd';
import { createCpuBackend } from '@cotangent/backend-cpu';
import {
  cast,
  countKernels,
  Device,
  DtypeError,
  type NestedArray,
  ShapeError,
  setDefaultDevice,
  type Tensor,
  tensor,
  transpose,
  ValueError,
  zeros,
} from '@cotangent/tensor';
import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { LovaszSoftmaxLoss, type LovaszSoftmaxOptions, lovaszSoftmaxLoss } from '../src/index.js';
import { lovaszReference, type ReferenceOptions } from './lovasz-reference.js';

beforeAll(() => setDefaultDevice(new Device(createCpuBackend())));

const labels = (values: NestedArray): Tensor => tensor(values, { dtype: 'int32' });

/** Loss and gradient of a float64 input. */
const differentiate = async (input: Tensor, target: Tensor, options: LovaszSoftmaxOptions = {}) => {
  const { value, gradient } = valueAndGrad((x: Tensor) => lovaszSoftmaxLoss(x, target, options))(input);
  return { loss: await value.item(), gradient: Array.from(await gradient.data()) };
};

const expectClose = (actual: readonly number[], expected: readonly number[], digits = 12): void => {
  expect(actual.length).toBe(expected.length);
  for (const [i, value] of actual.entries()) expect(value).toBeCloseTo(expected[i] as number, digits);
};

/** Class 1 has errors 0.2 (labelled) and 0.4, class 0 has errors 0.2 and 0.4 (labelled). */
const twoPixels = (): Tensor =>
  tensor(
    [
      [
        [0.2, 0.6],
        [0.8, 0.4],
      ],
    ],
    { dtype: 'float64' },
  );

describe('lovaszSoftmaxLoss of two pixels', () => {
  it('weighs each error by what it adds to the Jaccard loss, and averages classes', async () => {
    // Class 1: 0.4·½ + 0.2·½. Class 0: its pixel comes first and takes all the weight, 0.4.
    const { loss, gradient } = await differentiate(twoPixels(), labels([[1, 0]]), { fromProbabilities: true });
    expect(loss).toBeCloseTo(0.35, 14);
    expectClose(gradient, [0, -0.5, -0.25, 0.25]);
  });

  it('keeps the losses of classes with reduction none, and adds them up with sum', async () => {
    const target = labels([[1, 0]]);
    const options = { fromProbabilities: true } as const;
    const each = lovaszSoftmaxLoss(twoPixels(), target, { ...options, reduction: 'none' });
    expectClose(Array.from(await each.data()), [0.4, 0.3]);
    expect(await lovaszSoftmaxLoss(twoPixels(), target, { ...options, reduction: 'sum' }).item()).toBeCloseTo(0.7, 14);
  });

  it('multiplies class losses by weights that are not normalized', async () => {
    const weight = tensor([10, 1], { dtype: 'float64' });
    const options = { fromProbabilities: true, weight } as const;
    expect(await lovaszSoftmaxLoss(twoPixels(), labels([[1, 0]]), options).item()).toBeCloseTo((4 + 0.3) / 2, 13);
    expect(await lovaszSoftmaxLoss(twoPixels(), labels([[1, 0]]), { ...options, classes: [0] }).item()).toBeCloseTo(
      4,
      13,
    );
  });

  it('leaves absent classes out, unless all are asked for', async () => {
    const target = labels([[1, 1]]);
    // Class 1: errors 0.6 and 0.2, both labelled, ½ each. Class 0 has no pixel: its largest error counts whole.
    const options = { fromProbabilities: true } as const;
    expect(await lovaszSoftmaxLoss(twoPixels(), target, options).item()).toBeCloseTo(0.4, 14);
    expect(await lovaszSoftmaxLoss(twoPixels(), target, { ...options, classes: 'all' }).item()).toBeCloseTo(0.5, 14);
    const each = lovaszSoftmaxLoss(twoPixels(), target, { ...options, reduction: 'none' });
    expectClose(Array.from(await each.data()), [0, 0.4]);
  });
});

describe('lovaszSoftmaxLoss beside the reference', () => {
  const classCount = 3;
  const arbitrary = fc.record({
    // Few different values, so that equal errors are common.
    steps: fc.array(fc.integer({ min: 0, max: 8 }), { minLength: 30, maxLength: 30 }),
    labels: fc.array(fc.constantFrom(0, 1, 2, 255), { minLength: 10, maxLength: 10 }),
    classes: fc.constantFrom<ReferenceOptions['classes'][]>('present', 'all', [0, 2], [1]),
    perImage: fc.boolean(),
  });

  it('agrees in value and gradient, with ignored pixels and equal errors', async () => {
    await fc.assert(
      fc.asyncProperty(arbitrary, async ({ steps, labels: flat, classes, perImage }) => {
        const planes = Array.from({ length: 6 }, (_, i) => steps.slice(i * 5, i * 5 + 5).map((step) => step / 8));
        const probabilities = [planes.slice(0, classCount), planes.slice(classCount)];
        const target = [flat.slice(0, 5), flat.slice(5)];
        const options = { ...(classes && { classes }), perImage, ignoreIndex: 255 };
        const expected = lovaszReference(probabilities, target, options);
        const actual = await differentiate(tensor(probabilities, { dtype: 'float64' }), labels(target), {
          ...options,
          fromProbabilities: true,
        });
        expect(actual.loss).toBeCloseTo(expected.loss, 12);
        expectClose(actual.gradient, expected.gradient.flat(2));
      }),
      { numRuns: 60 },
    );
  });
});

describe('lovaszSoftmaxLoss at its edges', () => {
  const logits = (): Tensor =>
    tensor(
      [
        [
          [1, -2, 3],
          [0, 1, -1],
        ],
      ],
      { dtype: 'float64' },
    );

  it('is 0 with zero gradient where every pixel is ignored', async () => {
    for (const classes of ['present', 'all', [1]] as const) {
      for (const perImage of [false, true]) {
        const options = { ignoreIndex: 7, classes, perImage };
        expect(await differentiate(logits(), labels([[7, 7, 7]]), options)).toEqual({
          loss: 0,
          gradient: [0, 0, 0, 0, 0, 0].map((zero) => expect.closeTo(zero, 15)),
        });
      }
    }
  });

  it('counts an image without pixels as 0 in the mean over images', async () => {
    const both = tensor(
      [
        [
          [1, 2],
          [2, 1],
        ],
        [
          [0, 1],
          [1, 0],
        ],
      ],
      { dtype: 'float64' },
    );
    const one = await lovaszSoftmaxLoss(
      both,
      labels([
        [0, 1],
        [9, 9],
      ]),
      { perImage: true, ignoreIndex: 9 },
    ).item();
    const alone = tensor(
      [
        [
          [1, 2],
          [2, 1],
        ],
      ],
      { dtype: 'float64' },
    );
    expect(one).toBeCloseTo((await lovaszSoftmaxLoss(alone, labels([[0, 1]])).item()) / 2, 14);
  });

  it('takes a single valid pixel', async () => {
    const { loss } = await differentiate(logits(), labels([[7, 1, 7]]), { ignoreIndex: 7 });
    expect(loss).toBeCloseTo(1 - 1 / (1 + Math.exp(-3)), 14);
  });

  it('ignores a label that is a class too', async () => {
    const { loss, gradient } = await differentiate(logits(), labels([[0, 1, 0]]), { ignoreIndex: 0 });
    expect(loss).toBeCloseTo(1 - 1 / (1 + Math.exp(-3)), 14);
    expectClose([gradient[0] as number, gradient[2] as number], [0, 0]);
  });

  it('is 0 for images of height 0', async () => {
    expect(await lovaszSoftmaxLoss(zeros([2, 3, 0, 4]), zeros([2, 0, 4], { dtype: 'int32' })).item()).toBe(0);
  });

  it('takes any number of spatial axes', async () => {
    const flat = await lovaszSoftmaxLoss(
      tensor([
        [1, 0],
        [0, 2],
        [3, 1],
        [0, 0],
      ]),
      labels([0, 1, 1, 0]),
    ).item();
    // The same pixels as one image of 4, of 2×2 and of 2×2×1.
    const image = [
      [1, 0, 3, 0],
      [0, 2, 1, 0],
    ];
    for (const spatial of [[4], [2, 2], [2, 1, 2], [1, 2, 2, 1]]) {
      const x = tensor(Float32Array.from(image.flat()), { shape: [1, 2, ...spatial] });
      const y = tensor(Int32Array.of(0, 1, 1, 0), { shape: [1, ...spatial] });
      expect(await lovaszSoftmaxLoss(x, y).item()).toBeCloseTo(flat, 6);
    }
  });

  it('reads logits through a transpose', async () => {
    const stored = tensor(
      [
        [
          [1, 0],
          [-2, 1],
          [3, -1],
        ],
      ],
      { dtype: 'float64' },
    );
    const target = labels([[0, 1, 1]]);
    const view = await lovaszSoftmaxLoss(transpose(stored, [0, 2, 1]), target).item();
    expect(view).toBeCloseTo(await lovaszSoftmaxLoss(logits(), target).item(), 15);
  });

  it('computes float16 logits in float32', async () => {
    const target = labels([[0, 1, 1]]);
    const half = lovaszSoftmaxLoss(cast(logits(), 'float16'), target);
    expect(half.dtype).toBe('float32');
    expect(await half.item()).toBeCloseTo(await lovaszSoftmaxLoss(logits(), target).item(), 6);
  });

  it('stays finite for logits of ±10,000', async () => {
    const x = tensor([
      [
        [1e4, -1e4, 1e4],
        [-1e4, 1e4, 1e4],
      ],
    ]);
    const { loss, gradient } = await differentiate(x, labels([[0, 0, 1]]));
    // Errors of class 0: 0, 1 and ½; of class 1: 0, 1 and ½.
    expect(loss).toBeCloseTo((0.5 + 0.5 * (2 / 3 - 1 / 2) + (0.5 + 0.5 * 0.5)) / 2, 6);
    expect(gradient.every(Number.isFinite)).toBe(true);
  });

  it('gives NaN for a NaN logit, as it should be seen', async () => {
    expect(
      await lovaszSoftmaxLoss(
        tensor([
          [
            [Number.NaN, 1],
            [0, 0],
          ],
        ]),
        labels([[0, 1]]),
      ).item(),
    ).toBeNaN();
  });

  it('is a class with its options, too', async () => {
    const loss = new LovaszSoftmaxLoss({ fromProbabilities: true, reduction: 'sum' });
    expect(await loss.forward(twoPixels(), labels([[1, 0]])).item()).toBeCloseTo(0.7, 14);
  });
});

describe("lovaszSoftmaxLoss with compat: 'kornia'", () => {
  it('ranks raw labels, image by image and over all classes', async () => {
    // From Kornia's lovasz_softmax_loss itself, in float64.
    const x = tensor([[[0.67948973]], [[-0.04207022]]], { dtype: 'float64' });
    expect(x.shape).toEqual([2, 1, 1]);
    const pred = tensor(Float32Array.of(0.67948973, -0.04207022, -1.3148476, 1.2068193), { shape: [2, 2, 1, 1] });
    const target = tensor(Int32Array.of(1, 1), { shape: [2, 1, 1] });
    const weight = tensor(Float32Array.of(0.35151982, 1.1630713));
    const { loss, gradient } = await differentiate(pred, target, { compat: 'kornia', weight });
    expect(loss).toBeCloseTo(0.28296483651617693, 6);
    expectClose(gradient, [0.08333588682259448, -0.08333588682259449, 0.02606033890017084, -0.026060338900170812], 6);
  });

  it('refuses what Kornia does not take', () => {
    const image = zeros([1, 3, 2, 2]);
    const target = zeros([1, 2, 2], { dtype: 'int32' });
    const kornia =
      (options: LovaszSoftmaxOptions): (() => Tensor) =>
      () =>
        lovaszSoftmaxLoss(image, target, { compat: 'kornia', ...options });
    expect(kornia({ ignoreIndex: 255 })).toThrow(ValueError);
    expect(kornia({ classes: 'all' })).toThrow(ValueError);
    expect(() => lovaszSoftmaxLoss(zeros([1, 3, 2]), zeros([1, 2], { dtype: 'int32' }), { compat: 'kornia' })).toThrow(
      ShapeError,
    );
  });
});

describe('lovaszSoftmaxLoss on bad input', () => {
  const image = (): Tensor => zeros([1, 3, 2, 2]);
  const target = (): Tensor => zeros([1, 2, 2], { dtype: 'int32' });

  it('names both shapes where they disagree', () => {
    expect(() => lovaszSoftmaxLoss(image(), zeros([2, 2, 2], { dtype: 'int32' }))).toThrowErrorMatchingInlineSnapshot(`
      [ShapeError: lovaszSoftmaxLoss: logits and target do not agree.
        logits    [1, 3, 2, 2]
        target    [2, 2, 2]
        expected  [1, 2, 2]
        Logits are [n, c, ...spatial], the target [n, ...spatial].]
    `);
    expect(() => lovaszSoftmaxLoss(zeros([3]), target())).toThrow(ShapeError);
    expect(() => lovaszSoftmaxLoss(zeros([1, 1, 2, 2]), target())).toThrow(/two classes|one class/);
    expect(() => lovaszSoftmaxLoss(zeros([0, 3, 2, 2]), zeros([0, 2, 2], { dtype: 'int32' }))).toThrow(
      /batch is empty/,
    );
  });

  it('wants floating-point logits and integer labels', () => {
    expect(() => lovaszSoftmaxLoss(zeros([1, 3, 2, 2], { dtype: 'int32' }), target())).toThrow(DtypeError);
    expect(() => lovaszSoftmaxLoss(image(), zeros([1, 2, 2]))).toThrow(DtypeError);
    expect(() => lovaszSoftmaxLoss(image(), zeros([1, 2, 2], { dtype: 'bool' }))).toThrow(DtypeError);
  });

  it('wants one weight for each class, and classes that exist', () => {
    expect(() => lovaszSoftmaxLoss(image(), target(), { weight: zeros([3, 1]) })).toThrow(ShapeError);
    for (const classes of [[], [3], [0, 0], [0.5], [-1]]) {
      expect(() => lovaszSoftmaxLoss(image(), target(), { classes })).toThrow(ValueError);
    }
    expect(() => lovaszSoftmaxLoss(image(), target(), { reduction: 'median' as 'mean' })).toThrow(ValueError);
  });

  it('names a label that is no class, with its position', () => {
    const bad = tensor(Int32Array.of(0, 1, 3, 2), { shape: [1, 2, 2] });
    expect(() => lovaszSoftmaxLoss(image(), bad)).toThrowErrorMatchingInlineSnapshot(`
      [ValueError: lovaszSoftmaxLoss: label 3 is no class.
        position  [0, 1, 0]
        label     3
        classes   0 to 2
        Pass ignoreIndex to leave pixels out.]
    `);
    expect(() => lovaszSoftmaxLoss(image(), tensor(Int32Array.of(0, -1, 0, 0), { shape: [1, 2, 2] }))).toThrow(
      ValueError,
    );
    expect(() => lovaszSoftmaxLoss(image(), bad, { ignoreIndex: 3 })).not.toThrow();
  });

  it('reads labels that are still to be computed only where validate asks for it', async () => {
    const lazy = (): Tensor =>
      cast(
        tensor([
          [
            [0, 1],
            [3, 2],
          ],
        ]),
        'int32',
      );
    expect(() => lovaszSoftmaxLoss(image(), lazy(), { validate: true })).toThrow(ValueError);
    expect(await lovaszSoftmaxLoss(image(), lazy()).item()).toBeCloseTo(2 / 3, 6);
  });
});

describe('lovaszSoftmaxLoss as a program', () => {
  it('takes one sort, one scan and, with its gradient, one scatter, for any number of classes', () => {
    const counts = (classCount: number) => {
      const x = tensor(new Float32Array(classCount * 8), { shape: [1, classCount, 8] });
      const { value, gradient } = valueAndGrad((logits: Tensor) =>
        lovaszSoftmaxLoss(logits, labels([[0, 1, 0, 1, 0, 1, 0, 1]])),
      )(x);
      return countKernels(value, gradient);
    };
    expect(counts(3)).toMatchObject({ sort: 1, scan: 1, scatter: 1 });
    expect(counts(21)).toEqual(counts(3));
  });
});
