import { createCpuBackend } from '@cotangent/backend-cpu';
import * as functions from '@cotangent/tensor';
import {
  add,
  Device,
  multiply,
  rand,
  randomKey,
  setDefaultDevice,
  subtract,
  sum,
  type Tensor,
  tensor,
} from '@cotangent/tensor';
import { beforeAll, describe, expect, it } from 'vitest';
import { checkGradients, grad } from '../src/index.js';

beforeAll(() => setDefaultDevice(new Device(createCpuBackend())));

/** Uniform numbers in `[low, high)`, the same in each run. */
const spread = (shape: readonly number[], low = -1, high = 1, seed = 1): Tensor =>
  add(multiply(rand(shape, { key: randomKey(seed), dtype: 'float64' }), high - low), low);

const gradientAt = async (f: (x: Tensor) => Tensor, points: readonly number[]): Promise<number[]> => {
  const gradient = grad((x: Tensor) => sum(f(x)))(tensor([...points], { dtype: 'float64' }));
  return Array.from(await gradient.data());
};

const {
  abs,
  acos,
  acosh,
  adaptiveAvgPool2d,
  adaptiveMaxPool2d,
  asin,
  asinh,
  atan,
  atan2,
  atanh,
  avgPool2d,
  batchNorm,
  batchNormTraining,
  cbrt,
  cdist,
  celu,
  clamp,
  conv1d,
  conv2d,
  conv3d,
  convTranspose1d,
  convTranspose2d,
  convTranspose3d,
  cosh,
  cosineSimilarity,
  cummaxWithIndices,
  diagEmbed,
  diagonal,
  digamma,
  einsum,
  elu,
  erfc,
  erfinv,
  exp2,
  expm1,
  fmod,
  gelu,
  glu,
  groupNorm,
  hardSigmoid,
  hardSwish,
  hardTanh,
  hypot,
  instanceNorm,
  interpolate,
  layerNorm,
  lerp,
  lgamma,
  linear,
  log1p,
  log2,
  log10,
  logAddExp,
  logCumsumExp,
  logSigmoid,
  logSoftmax,
  logSumExp,
  maxPool2d,
  maxWithIndices,
  median,
  mish,
  norm,
  normalize,
  padCircular,
  padReflect,
  padReplicate,
  pixelShuffle,
  pixelUnshuffle,
  power,
  quantile,
  relu,
  relu6,
  repeatInterleave,
  rmsNorm,
  roll,
  rsqrt,
  scaledDotProductAttention,
  selu,
  sigmoid,
  silu,
  sinc,
  sinh,
  softmax,
  softplus,
  softsign,
  std,
  tan,
  tanhshrink,
  tensordot,
  tile,
  topk,
  trace,
  tril,
  unfold,
  variance,
  xlogy,
} = functions;

type Case = readonly [name: string, f: (...inputs: Tensor[]) => Tensor, inputs: () => Tensor[]];

const anywhere = () => [spread([7], -3, 3)];
const positive = () => [spread([7], 0.2, 9)];
const inUnit = () => [spread([7], -0.95, 0.95)];
const pair = () => [spread([2, 5], 0.3, 2), spread([5], 0.3, 2, 2)];
const matrix = () => [spread([4, 5])];
const images = () => [spread([2, 4, 5, 6])];

const smooth: readonly Case[] = [
  ['abs', abs, anywhere],
  ['acos', acos, inUnit],
  ['acosh', acosh, () => [spread([5], 1.1, 9)]],
  ['asin', asin, inUnit],
  ['asinh', asinh, anywhere],
  ['atan', atan, anywhere],
  ['atanh', atanh, inUnit],
  ['cbrt', cbrt, positive],
  ['celu', (x) => celu(x, { alpha: 0.7 }), anywhere],
  ['cosh', cosh, anywhere],
  ['digamma', digamma, () => [tensor([0.3, 1.4, 6, 12, -0.4, -2.7], { dtype: 'float64' })]],
  ['elu', (x) => elu(x), anywhere],
  ['erfc', erfc, anywhere],
  ['erfinv', erfinv, inUnit],
  ['exp2', exp2, anywhere],
  ['expm1', expm1, anywhere],
  ['gelu', (x) => gelu(x), anywhere],
  ['gelu by tanh', (x) => gelu(x, { approximate: 'tanh' }), anywhere],
  ['glu', (x) => glu(x), () => [spread([3, 4])]],
  ['lgamma', lgamma, () => [tensor([0.3, 1.4, 6, 12, -0.4, -2.7], { dtype: 'float64' })]],
  ['log1p', log1p, positive],
  ['log2', log2, positive],
  ['log10', log10, positive],
  ['logSigmoid', logSigmoid, anywhere],
  ['mish', mish, anywhere],
  ['a whole power', (x) => power(x, 3), anywhere],
  ['a negative power', (x) => power(x, -2), positive],
  ['a half power', (x) => power(x, 2.5), positive],
  ['any power', (x) => power(x, 0.7), positive],
  ['rsqrt', rsqrt, positive],
  ['selu', selu, anywhere],
  ['sigmoid', sigmoid, anywhere],
  ['silu', silu, anywhere],
  ['sinc', sinc, anywhere],
  ['sinh', sinh, anywhere],
  ['softplus', (x) => softplus(x, { beta: 2 }), anywhere],
  ['softsign', softsign, anywhere],
  ['tan', tan, inUnit],
  ['tanhshrink', tanhshrink, anywhere],
  ['atan2', atan2, pair],
  ['hypot', hypot, pair],
  ['lerp', (a, b) => lerp(a, b, 0.3), pair],
  ['logAddExp', logAddExp, pair],
  ['power of tensors', power, pair],
  ['xlogy', xlogy, pair],
  ['softmax', (x) => softmax(x), matrix],
  ['logSoftmax', (x) => logSoftmax(x, { axis: 0 }), matrix],
  ['logSumExp', (x) => logSumExp(x, { axes: 0 }), matrix],
  ['logCumsumExp', (x) => logCumsumExp(x), matrix],
  ['variance', (x) => variance(x, { axes: 1 }), matrix],
  ['std', (x) => std(x, { axes: 0, correction: 0 }), matrix],
  ['norm', (x) => norm(x, { axes: 1 }), matrix],
  ['norm of order 3', (x) => norm(x, { axes: 0, order: 3 }), matrix],
  ['normalize', (x) => normalize(x), matrix],
  ['cosineSimilarity', (a, b) => cosineSimilarity(a, b), () => [spread([3, 4]), spread([3, 4], -1, 1, 2)]],
  ['cdist', (a, b) => cdist(a, b), () => [spread([3, 4]), spread([5, 4], -1, 1, 2)]],
  ['linear', linear, () => [spread([2, 3]), spread([4, 3]), spread([4])]],
  [
    'einsum',
    (a, b, c) => einsum('bij,bjk,bk->bi', a, b, c),
    () => [spread([2, 3, 4]), spread([2, 4, 5]), spread([2, 5])],
  ],
  ['tensordot', (a, b) => tensordot(a, b), () => [spread([2, 3, 4]), spread([3, 4, 2])]],
  [
    'scaledDotProductAttention',
    (q, k, v) => scaledDotProductAttention(q, k, v, { isCausal: true }),
    () => [spread([2, 3, 4]), spread([2, 3, 4], -1, 1, 2), spread([2, 3, 2])],
  ],
  ['conv1d', (x, w) => conv1d(x, w, { padding: 'same' }), () => [spread([2, 3, 6]), spread([2, 3, 3])]],
  [
    'conv2d',
    (x, w, bias) => conv2d(x, w, { bias, stride: [2, 1], padding: [1, 0], dilation: [1, 2], groups: 2 }),
    () => [spread([2, 4, 5, 6]), spread([2, 2, 3, 2]), spread([2])],
  ],
  ['conv3d', (x, w) => conv3d(x, w, { padding: 1 }), () => [spread([1, 2, 3, 3, 3]), spread([2, 2, 2, 2, 2])]],
  ['convTranspose1d', (x, w) => convTranspose1d(x, w, { stride: 2 }), () => [spread([1, 2, 4]), spread([2, 3, 3])]],
  [
    'convTranspose2d',
    (x, w, bias) => convTranspose2d(x, w, { bias, stride: 2, padding: 1, outputPadding: 1, groups: 2 }),
    () => [spread([1, 4, 3, 4]), spread([4, 1, 3, 3]), spread([2])],
  ],
  ['convTranspose3d', (x, w) => convTranspose3d(x, w), () => [spread([1, 2, 2, 2, 2]), spread([2, 1, 2, 2, 2])]],
  ['overlapping maxPool2d', (x) => maxPool2d(x, { kernelSize: 3, stride: 2, padding: 1 }), images],
  ['tiling maxPool2d', (x) => maxPool2d(x, { kernelSize: 2 }), images],
  ['avgPool2d', (x) => avgPool2d(x, { kernelSize: 3, stride: 2, padding: 1, countIncludePad: false }), images],
  ['adaptiveAvgPool2d', (x) => adaptiveAvgPool2d(x, [2, 4]), images],
  ['adaptiveMaxPool2d', (x) => adaptiveMaxPool2d(x, [2, 4]), images],
  ['bilinear interpolate', (x) => interpolate(x, { size: [7, 4], mode: 'bilinear' }), images],
  ['bicubic interpolate', (x) => interpolate(x, { size: [7, 4], mode: 'bicubic' }), images],
  ['nearest interpolate', (x) => interpolate(x, { size: [7, 12] }), images],
  [
    'batchNormTraining',
    (x, w, b) => batchNormTraining(x, { weight: w, bias: b }).output,
    () => [...images(), spread([4]), spread([4])],
  ],
  [
    'batchNorm',
    (x, mean, variance) => batchNorm(x, { mean, variance }),
    () => [...images(), spread([4]), spread([4], 0.5, 2)],
  ],
  ['layerNorm', (x, w, b) => layerNorm(x, [5], { weight: w, bias: b }), () => [...matrix(), spread([5]), spread([5])]],
  ['groupNorm', (x) => groupNorm(x, 2), images],
  ['instanceNorm', (x) => instanceNorm(x), images],
  ['rmsNorm', (x) => rmsNorm(x, [5]), matrix],
  ['median', (x) => median(x, { axis: 1 }), matrix],
  ['quantile', (x) => quantile(x, 0.3, { axis: 0 }), matrix],
  ['topk', (x) => topk(x, 2).values, matrix],
  ['maxWithIndices', (x) => maxWithIndices(x, { axis: 0 }).values, matrix],
  ['cummaxWithIndices', (x) => cummaxWithIndices(x).values, matrix],
  ['roll', (x) => roll(x, [1, -2], { axes: [0, 1] }), matrix],
  ['tile', (x) => tile(x, [2, 1, 3]), matrix],
  ['repeatInterleave', (x) => repeatInterleave(x, [2, 0, 1, 1, 3]), matrix],
  ['tril', (x) => tril(x), matrix],
  ['diagonal', (x) => diagonal(x, { offset: 1 }), matrix],
  ['diagEmbed', (x) => diagEmbed(x, { offset: -1 }), matrix],
  ['trace', (x) => trace(x), matrix],
  [
    'padReflect',
    (x) =>
      padReflect(x, [
        [1, 2],
        [3, 0],
      ]),
    matrix,
  ],
  [
    'padReplicate',
    (x) =>
      padReplicate(x, [
        [1, 2],
        [3, 0],
      ]),
    matrix,
  ],
  [
    'padCircular',
    (x) =>
      padCircular(x, [
        [1, 2],
        [3, 0],
      ]),
    matrix,
  ],
  ['pixelShuffle', (x) => pixelShuffle(x, 2), images],
  ['pixelUnshuffle', (x) => pixelUnshuffle(x, 2), () => [spread([1, 2, 4, 6])]],
  ['unfold', (x) => unfold(x, { kernelSize: [2, 3], stride: 2, padding: 1 }), images],
];

describe('the derivative of a function agrees with difference quotients to second order', () => {
  it.each(smooth)('%s', async (_, f, inputs) => {
    // The step leaves errors of its square times the third derivative, which is below 1e3 at these inputs.
    await checkGradients((...at) => multiply(f(...at), f(...at)), inputs(), { tolerance: 1e-5 });
  });
});

describe('at a special point', () => {
  it.each<[string, (x: Tensor) => Tensor, number, number]>([
    ['abs has slope 0 at 0', abs, 0, 0],
    ['relu has slope 0 at 0', relu, 0, 0],
    ['relu6 has slope 0 at 6', relu6, 6, 0],
    ['hardTanh has slope 0 at its bound', hardTanh, 1, 0],
    ['hardSigmoid has slope 0 at 3', hardSigmoid, 3, 0],
    ['hardSwish has slope 1 at 3', hardSwish, 3, 1],
    ['clamp has slope 1 at its bound', (x) => clamp(x, { max: 1 }), 1, 1],
    ['clamp has slope 0 outside', (x) => clamp(x, { max: 1 }), 1.5, 0],
    ['elu has slope alpha at 0', (x) => elu(x, { alpha: 2 }), 0, 2],
    ['elu stays finite far out', elu, 1e4, 1],
    ['softplus has slope 0.5 at 0', softplus, 0, 0.5],
    ['softplus has slope 1 above its threshold', softplus, 1e4, 1],
    ['silu has slope 0.5 at 0', silu, 0, 0.5],
    ['sinc has slope 0 at 0', sinc, 0, 0],
    ['xlogy has slope 0 in an x of 0', (x) => xlogy(x, 0), 0, 0],
    ['a square has slope 0 at 0', (x) => power(x, 2), 0, 0],
    ['a power of 0 has slope 0', (x) => power(x, 0), 0, 0],
    ['norm has slope 0 at the zero vector', (x) => norm(x), 0, 0],
    ['norm of order 3 has slope 0 at the zero vector', (x) => norm(x, { order: 3 }), 0, 0],
    ['hypot has slope 0 at the origin', (x) => hypot(x, 0), 0, 0],
    ['atan2 has slope 0 at the origin', (x) => atan2(x, 0), 0, 0],
    ['fmod has slope 1', (x) => fmod(x, 2), 5.5, 1],
  ])('%s', async (_, f, point, slope) => {
    expect(await gradientAt(f, [point])).toEqual([slope]);
  });

  it('std has slope 0 where all elements are equal', async () => {
    expect(await gradientAt((x) => std(x), [0.1, 0.1, 0.1])).toEqual([0, 0, 0]);
  });

  it('the largest magnitude shares its slope among ties', async () => {
    expect(await gradientAt((x) => norm(x, { order: Number.POSITIVE_INFINITY }), [2, -2, 1])).toEqual([0.5, -0.5, 0]);
  });

  it('maxPool2d gives its slope to the first of equal elements', async () => {
    const pool = (x: Tensor) => maxPool2d(functions.reshape(x, [1, 1, 2, 2]), { kernelSize: 2 });
    expect(await gradientAt(pool, [1, 3, 3, 3])).toEqual([0, 1, 0, 0]);
  });

  it('attention to nothing gives 0 and lets no gradient through', async () => {
    const attend = (x: Tensor) => {
      const q = functions.reshape(x, [2, 1]);
      const mask = tensor([
        [true, true],
        [false, false],
      ]);
      return scaledDotProductAttention(q, q, tensor([[1], [3]], { dtype: 'float64' }), { mask });
    };
    const gradient = await gradientAt((x) => subtract(attend(x), 0), [0, 0]);
    expect(gradient).toEqual([0, 0]);
  });
});
