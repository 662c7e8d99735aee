import { axisIndex, type DType, type HostArray, type MapKernel, type UnaryScalarOp } from '@cotangent/ir';
import { describe, expect, it } from 'vitest';
import { createHostFunctions } from '../src/host-functions.js';
import { createCpuBackend } from '../src/index.js';
import { float16ToNumber, fromNumbers, numberToFloat16 } from './reference.js';
import { runKernel } from './run.js';

const { erf } = createHostFunctions();

const backend = createCpuBackend();

const mapKernel = (op: UnaryScalarOp | 'cast', n: number, from: DType, to: DType): MapKernel => ({
  kind: 'map',
  shape: [n],
  inputs: [from],
  body: [
    { op: 'load', dtype: from, input: 0, index: axisIndex(0, n), guards: [] },
    op === 'cast' ? { op, dtype: to, operands: [0] } : { op, dtype: to, operands: [0] },
  ],
  outputs: [{ dtype: to, length: n, value: 1, space: 'full' }],
});

const apply = (op: UnaryScalarOp | 'cast', data: HostArray, from: DType, to: DType = from): number[] =>
  runKernel(backend, mapKernel(op, data.length, from, to), [data])[0]!;

/** Every `stride`-th float32 there is, the special ones among them. */
const sweepFloat32 = (stride: number): Float32Array<ArrayBuffer> => {
  const bits = new Uint32Array(Math.ceil(2 ** 32 / stride) + 16);
  for (let i = 0; i < bits.length; i++) bits[i] = i * stride;
  bits.set([
    0, 0x80000000, 0x7f800000, 0xff800000, 0x7fc00000, 1, 0x80000001, 0x7fffff, 0x800000, 0x3f800000, 0x7f7fffff,
  ]);
  return new Float32Array(bits.buffer);
};

/** `count` floats from `low` to `high` in even steps. */
const evenly = (low: number, high: number, count: number): Float32Array<ArrayBuffer> =>
  Float32Array.from({ length: count }, (_, i) => low + ((high - low) * i) / (count - 1));

/** Distance of `value` from the exact result in units of the float32 spacing there. */
const ulpsFrom = (value: number, exact: number): number => {
  if (Number.isNaN(exact)) return Number.isNaN(value) ? 0 : Number.POSITIVE_INFINITY;
  const rounded = Math.fround(exact);
  if (value === rounded)
    return Object.is(value, 0) === Object.is(rounded, 0) || exact !== 0 ? 0 : Number.POSITIVE_INFINITY;
  if (!Number.isFinite(rounded) || !Number.isFinite(value)) {
    const largest = Math.sign(exact) * 3.4028234663852886e38;
    return Number.isFinite(value) || Number.isFinite(rounded)
      ? Math.abs((value || largest) - largest) / 2 ** 104
      : Infinity;
  }
  const exponent = Math.max(-126, Math.floor(Math.log2(Math.abs(exact) || 1e-45)));
  return Math.abs(value - exact) / 2 ** (exponent - 23);
};

const exactFunctions = {
  exp: Math.exp,
  log: Math.log,
  sin: Math.sin,
  cos: Math.cos,
  tanh: Math.tanh,
  erf,
  sqrt: Math.sqrt,
};

const worst = (op: keyof typeof exactFunctions, data: Float32Array<ArrayBuffer>): { ulps: number; at: number } => {
  const values = apply(op, data, 'float32');
  const result = { ulps: 0, at: 0 };
  values.forEach((value, i) => {
    const ulps = ulpsFrom(value, exactFunctions[op](data[i]!));
    if (ulps > result.ulps) Object.assign(result, { ulps, at: data[i]! });
  });
  return result;
};

describe('float32 functions', () => {
  const sweep = sweepFloat32(6151);
  for (const op of Object.keys(exactFunctions) as (keyof typeof exactFunctions)[]) {
    it(`computes ${op} to 4 ulp over all floats`, () => {
      const { ulps, at } = worst(op, sweep);
      expect(ulps, `${ulps} ulp at ${at}`).toBeLessThanOrEqual(4);
    });
  }

  const ranges: readonly (readonly [keyof typeof exactFunctions, number, number])[] = [
    ['exp', -104, 89],
    ['exp', -1, 1],
    ['log', 0.9, 1.1],
    ['log', 1e-3, 10],
    ['sin', -10, 10],
    ['cos', -10, 10],
    ['sin', 1000, 1100],
    ['cos', 1e6, 1e6 + 1000],
    ['sin', 1e8, 2e8],
    ['tanh', -10, 10],
    ['tanh', -0.01, 0.01],
    ['erf', -5, 5],
    ['erf', -0.01, 0.01],
  ];
  for (const [op, low, high] of ranges) {
    it(`computes ${op} to 4 ulp from ${low} to ${high}`, () => {
      const { ulps, at } = worst(op, evenly(low, high, 200_001));
      expect(ulps, `${ulps} ulp at ${at}`).toBeLessThanOrEqual(4);
    });
  }

  it('keeps tanh within ±1', () => {
    for (const value of apply('tanh', sweep, 'float32')) if (Math.abs(value) > 1) expect.fail(`${value}`);
  });
});

describe('float64 functions', () => {
  it('computes erf to float64', () => {
    // Source: Abramowitz and Stegun, table 7.1, extended by series to 17 digits.
    const known = [
      [0, 0],
      [0.1, 0.1124629160182849],
      [0.5, 0.5204998778130465],
      [1, 0.8427007929497149],
      [1.5, 0.9661051464753108],
      [2, 0.9953222650189527],
      [3, 0.9999779095030014],
      [-0.5, -0.5204998778130465],
      [7, 1],
    ] as const;
    const values = apply(
      'erf',
      Float64Array.from(known, ([x]) => x),
      'float64',
    );
    known.forEach(([, wanted], i) => {
      expect(Math.abs(values[i]! - wanted)).toBeLessThanOrEqual(Math.abs(wanted) * 2 ** -51);
    });
  });

  it('computes the others as the host does', () => {
    const data = Float64Array.from({ length: 1001 }, (_, i) => (i - 500) / 37);
    for (const op of ['exp', 'log', 'sin', 'cos', 'tanh', 'sqrt'] as const) {
      expect(apply(op, data, 'float64')).toEqual(Array.from(data, exactFunctions[op]));
    }
  });
});

describe('float16', () => {
  it('widens every pattern exactly', () => {
    const patterns = Uint16Array.from({ length: 65536 }, (_, i) => i);
    const values = apply('cast', patterns, 'float16', 'float32');
    expect(values).toEqual(Array.from(patterns, float16ToNumber));
  });

  it('rounds float32 to nearest, ties to even', () => {
    const data = sweepFloat32(65521);
    const values = apply('cast', data, 'float32', 'float16');
    values.forEach((value, i) => {
      const wanted = float16ToNumber(numberToFloat16(data[i]!));
      if (!Object.is(value, wanted)) expect.fail(`${data[i]} became ${value} instead of ${wanted}`);
    });
  });

  it('rounds halfway cases to even', () => {
    const data = fromNumbers('float32', [
      1 + 2 ** -11,
      1 + 3 * 2 ** -11,
      2 ** -25,
      3 * 2 ** -25,
      65519,
      65520,
      2 ** -24,
    ]);
    const wanted = [1, 1 + 2 ** -9, 0, 2 ** -23, 65504, Number.POSITIVE_INFINITY, 2 ** -24];
    expect(apply('cast', data, 'float32', 'float16')).toEqual(wanted);
  });
});
