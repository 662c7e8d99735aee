import { createCpuBackend } from '@cotangent/backend-cpu';
import { beforeAll, describe, expect, it } from 'vitest';
import {
  abs,
  acos,
  acosh,
  add,
  asin,
  asinh,
  atan,
  atan2,
  atanh,
  cbrt,
  ceil,
  clamp,
  cosh,
  Device,
  digamma,
  erfinv,
  exp2,
  expm1,
  fmod,
  frac,
  heaviside,
  hypot,
  isfinite,
  isinf,
  isnan,
  lerp,
  lgamma,
  log1p,
  log2,
  log10,
  logAddExp,
  logSigmoid,
  polygamma,
  power,
  reciprocal,
  round,
  rsqrt,
  setDefaultDevice,
  sigmoid,
  sign,
  sinc,
  sinh,
  softplus,
  square,
  type Tensor,
  tan,
  tensor,
  trunc,
  xlogy,
} from '../../src/index.js';
import { expectClose } from './expect-close.js';

beforeAll(() => setDefaultDevice(new Device(createCpuBackend())));

const { POSITIVE_INFINITY: inf, NaN: nan } = Number;

describe('a function of float32 is within a few roundings of the true value', () => {
  // Expected values were computed with 40 digits (mpmath) at the float32 numbers nearest to the arguments.
  it.each<[string, (x: Tensor) => Tensor, number[], number[]]>([
    [
      'log1p',
      log1p,
      [1e-7, -1e-3, 0.25, 1e30, -1],
      [9.999999505838704e-8, -0.0010005003811, 0.22314355131420976, 69.0775527898214, -inf],
    ],
    [
      'expm1',
      expm1,
      [1e-7, -1e-3, 0.5, 10, -inf],
      [1.0000000616594939e-7, -0.0009995002136, 0.6487212707, 22025.46579, -1],
    ],
    ['sinh', sinh, [1e-4, -0.5, 3, 89], [1.00000000141e-4, -0.5210953055, 10.01787493, 2.244806189e38]],
    ['cosh', cosh, [0, -0.5, 3, 89], [1, 1.127625965, 10.067662, 2.244806189e38]],
    ['asinh', asinh, [1e-4, -0.5, 3, 1e30], [0.0000999999958, -0.4812118251, 1.818446459, 69.77069997]],
    ['acosh', acosh, [1, 1.5, 1e30], [0, 0.9624236501, 69.77069997]],
    ['atanh', atanh, [1e-4, -0.5, 0.999, 1], [0.0001000000008, -0.5493061443, 3.80020098, inf]],
    ['tan', tan, [0, 1, -1.5], [0, 1.557407725, -14.10141995]],
    ['asin', asin, [0, 0.5, -1, 0.999], [0, 0.5235987756, -1.570796327, 1.52607204]],
    ['acos', acos, [1, 0.5, -1, 0.999], [0, 1.047197551, Math.PI, 0.04472479921]],
    ['atan', atan, [0, 0.3, -1, 100, inf], [0, 0.2914568056, -0.7853981634, 1.56079666, 1.570796327]],
    ['sinc', sinc, [0, 0.5, 1.5], [1, 0.6366197724, -0.2122065908]],
    ['erfinv', erfinv, [0, 0.5, -0.999, 1], [0, 0.4769362762, -2.326753, inf]],
    [
      'lgamma',
      lgamma,
      [1, 2, 0.5, 1.001, 10.5, -0.5, 0],
      [0, 0, 0.5723649429, -0.00057642, 13.94062522, 1.265512123, inf],
    ],
    ['digamma', digamma, [1, 0.1, 10, -0.25], [-0.5772156649, -10.423754785, 2.251752589, 2.9141391202]],
    ['trigamma', (x) => polygamma(1, x), [1, 10, -0.5], [1.644934067, 0.1051663357, 8.934802201]],
    ['exp2', exp2, [0, 3, -1.5], [1, 8, 0.3535533906]],
    ['log2', log2, [1, 0.125, 10], [0, -3, 3.321928095]],
    ['log10', log10, [1, 1000, 0.5], [0, 3, -0.3010299957]],
    ['cbrt', cbrt, [0, 27, -1e-3, 2], [0, 3, -0.1, 1.25992105]],
    ['rsqrt', rsqrt, [0, 4, 2], [inf, 0.5, Math.SQRT1_2]],
    ['reciprocal', reciprocal, [0.5, -4], [2, -0.25]],
    ['sigmoid', sigmoid, [0, -80, 80], [0.5, 1.804851387e-35, 1]],
    ['softplus', softplus, [0, -50, 50], [Math.LN2, 1.928749848e-22, 50]],
    ['logSigmoid', logSigmoid, [0, -1e4, 50], [-Math.LN2, -1e4, -1.928749848e-22]],
  ])('%s', async (_, f, points, values) => {
    await expectClose(f(tensor(points)), values, 2e-6);
  });
});

describe('rounding', () => {
  const halves = () => tensor([-2.5, -1.5, -0.3, 0.5, 1.5, 2.7]);

  it('sends halves to the even number', async () => {
    expect(await add(round(halves()), 0).toArray()).toEqual([-2, -2, 0, 0, 2, 3]);
  });

  it('goes up, towards 0, or leaves the rest', async () => {
    expect(await add(ceil(halves()), 0).toArray()).toEqual([-2, -1, 0, 1, 2, 3]);
    expect(await add(trunc(halves()), 0).toArray()).toEqual([-2, -1, 0, 0, 1, 2]);
    await expectClose(frac(tensor([-2.5, 2.75])), [-0.5, 0.75]);
  });

  it('leaves infinities, NaN and integers', async () => {
    await expectClose(round(tensor([inf, -inf, nan, 1e30])), [inf, -inf, nan, 1e30]);
    expect(await ceil(tensor([3, -4], { dtype: 'int32' })).toArray()).toEqual([3, -4]);
  });
});

describe('sign and abs', () => {
  it('take integers too', async () => {
    const x = tensor([-3, 0, 5], { dtype: 'int32' });
    expect(await sign(x).toArray()).toEqual([-1, 0, 1]);
    expect(await abs(x).toArray()).toEqual([3, 0, 5]);
  });

  it('refuse bool', () => {
    expect(() => abs(tensor([true]))).toThrow("abs: bool has no arithmetic.\n  dtype  bool\n  Use cast(x, 'float32').");
  });
});

describe('power', () => {
  it('is exact for whole and half exponents', async () => {
    await expectClose(power(tensor([-3, 2]), 3), [-27, 8], 0);
    await expectClose(power(tensor([4, 9]), -1.5), [1 / 8, Math.fround(1 / 27)], 0);
  });

  it('keeps the sign of odd powers and gives NaN for others of a negative base', async () => {
    await expectClose(power(tensor([-2, -2, -2]), tensor([3, 2, 0.5])), [-8, 4, nan]);
  });

  it('is 1 for exponent 0 and for base 1, even beside NaN', async () => {
    await expectClose(power(tensor([nan, 0, 1, 1]), tensor([0, 0, nan, inf])), [1, 1, 1, 1]);
  });

  it('takes whole exponents of integers', async () => {
    expect(await power(tensor([-2, 3], { dtype: 'int32' }), 3).toArray()).toEqual([-8, 27]);
  });

  it('refuses other exponents of integers', () => {
    expect(() => power(tensor([2], { dtype: 'int32' }), 0.5)).toThrow(
      "power: an integer tensor takes whole exponents from 0 to 64.\n  tensor    int32\n  exponent  0.5\n  Use cast(x, 'float32').",
    );
  });

  it('takes a number as base', async () => {
    await expectClose(power(2, tensor([3, -1])), [8, 0.5]);
  });
});

describe('functions of two tensors', () => {
  it('hypot does not overflow on the way', async () => {
    await expectClose(hypot(tensor([3e30, 0, inf]), tensor([4e30, 0, nan])), [5e30, 0, nan]);
  });

  it('atan2 knows the quadrant, and the side of a signed zero', async () => {
    const { PI } = Math;
    await expectClose(
      atan2(tensor([1, -1, 0, -0, 0, inf]), tensor([-1, -1, -1, -1, 0, -inf])),
      [0.75 * PI, -0.75 * PI, PI, -PI, 0, 0.75 * PI].map(Math.fround),
    );
  });

  it('fmod has the sign of the dividend', async () => {
    await expectClose(fmod(tensor([5.5, -5.5, 1, inf]), tensor([2, 2, inf, 2])), [1.5, -1.5, 1, nan]);
  });

  it('logAddExp keeps equal infinities', async () => {
    await expectClose(logAddExp(tensor([1000, -inf, inf]), tensor([1000, -inf, inf])), [1000.6931471806, -inf, inf]);
  });

  it('xlogy is 0 where x is', async () => {
    await expectClose(xlogy(tensor([0, 2]), tensor([0, Math.E])), [0, 2]);
  });

  it('lerp and heaviside', async () => {
    await expectClose(lerp(tensor([1, 2]), tensor([3, 6]), 0.5), [2, 4]);
    await expectClose(heaviside(tensor([-1, 0, 2]), 0.5), [0, 0.5, 1]);
  });

  it('name both shapes where they do not broadcast', () => {
    expect(() => hypot(tensor([1, 2]), tensor([1, 2, 3]))).toThrow(
      'hypot: the shapes do not broadcast.\n  left   [2]\n  right  [3]',
    );
  });

  it('name both dtypes where they differ', () => {
    expect(() => logAddExp(tensor([1]), tensor([1], { dtype: 'float64' }))).toThrow(
      "logAddExp: the dtypes differ.\n  left   float32\n  right  float64\n  Use cast(x, 'float32') on one side.",
    );
  });
});

describe('clamp', () => {
  it('takes one bound or both, numbers or tensors', async () => {
    const x = tensor([-2, 0.5, 3]);
    await expectClose(clamp(x, { min: -1, max: 1 }), [-1, 0.5, 1]);
    await expectClose(clamp(x, { min: 0 }), [0, 0.5, 3]);
    await expectClose(clamp(x, { max: tensor([-3, 1, 2]) }), [-3, 0.5, 2]);
  });

  it('lets NaN pass', async () => {
    await expectClose(clamp(tensor([nan]), { min: 0, max: 1 }), [nan]);
  });

  it('needs a bound', () => {
    expect(() => clamp(tensor([1]), {})).toThrow('clamp: no bound is given.\n  Give min, max or both.');
  });
});

describe('tests of elements', () => {
  it('tell NaN, infinities and finite numbers apart', async () => {
    const x = tensor([1, nan, inf, -inf]);
    expect(await isnan(x).toArray()).toEqual([false, true, false, false]);
    expect(await isinf(x).toArray()).toEqual([false, false, true, true]);
    expect(await isfinite(x).toArray()).toEqual([true, false, false, false]);
  });
});

describe('methods', () => {
  it('are the functions with the tensor first', async () => {
    const x = tensor([
      [1, -2],
      [3, 4],
    ]);
    expect(await x.add(1).multiply(2).relu().toArray()).toEqual([
      [4, 0],
      [8, 10],
    ]);
    expect(await x.sum({ axes: 0 }).toArray()).toEqual([4, 2]);
    expect(await square(x).toArray()).toEqual(await x.square().toArray());
  });

  it('do not show up as properties', () => {
    expect(Object.keys(tensor([1]))).toEqual(['node']);
  });
});
