import type { Graph, Node } from './graph.js';
import { control, opcodes } from './opcodes.js';

/** `Σ coefficients[i]·x^(n−i)`, highest power first. */
const polynomial = (g: Graph, x: Node, coefficients: readonly number[]): Node => {
  const [first, ...rest] = coefficients.map((c) => g.float32All(c));
  return rest.reduce((sum, c) => g.op('f32x4.add', g.op('f32x4.mul', sum, x), c), first as Node);
};

const signBit = (g: Graph) => g.int32All(-0x80000000);
const withSignOf = (g: Graph, magnitude: Node, sign: Node): Node => g.op('v128.bitselect', sign, magnitude, signBit(g));

/** 1.5·2²³: adding it rounds to an integer and leaves that integer in the low bits. */
const roundingShift = 12582912;

/** `x = exponent·log 2 + rest`, and `e^rest − 1`. Source of the polynomial: S. Moshier, Cephes `expf`. */
const reduceByLog2 = (g: Graph, x: Node): { exponent: Node; restMinusOne: Node } => {
  const shift = g.float32All(roundingShift);
  const shifted = g.op('f32x4.add', g.op('f32x4.mul', x, g.float32All(Math.LOG2E)), shift);
  const n = g.op('f32x4.sub', shifted, shift);
  const high = g.op('f32x4.sub', x, g.op('f32x4.mul', n, g.float32All(0.693359375)));
  const rest = g.op('f32x4.sub', high, g.op('f32x4.mul', n, g.float32All(-2.1219444e-4)));
  const q = polynomial(
    g,
    rest,
    [1.98756915e-4, 1.3981999507e-3, 8.3334519073e-3, 4.1665795894e-2, 0.16666665459, 0.50000001201],
  );
  const restMinusOne = g.op('f32x4.add', g.op('f32x4.mul', q, g.op('f32x4.mul', rest, rest)), rest);
  return { exponent: g.op('i32x4.sub', shifted, shift), restMinusOne };
};

/** `2^exponent` for exponents of normal numbers. */
const powerOfTwo = (g: Graph, exponent: Node): Node =>
  g.op('i32x4.shl', g.op('i32x4.add', exponent, g.int32All(127)), g.integer(23));

/** The scale is applied in two steps, so that subnormal results round once. */
export const exponential = (g: Graph, x: Node): Node => {
  const clamped = g.op('f32x4.pmax', g.op('f32x4.pmin', x, g.float32All(89)), g.float32All(-105));
  const { exponent, restMinusOne } = reduceByLog2(g, clamped);
  const firstHalf = g.op('i32x4.shr_s', exponent, g.integer(1));
  const secondHalf = g.op('i32x4.sub', exponent, firstHalf);
  const value = g.op('f32x4.add', restMinusOne, g.float32All(1));
  return g.op('f32x4.mul', g.op('f32x4.mul', value, powerOfTwo(g, firstHalf)), powerOfTwo(g, secondHalf));
};

/** Source: S. Moshier, Cephes `logf`, with the significand taken from [√½, √2). */
export const logarithm = (g: Graph, x: Node): Node => {
  const isSubnormal = g.op('f32x4.lt', x, g.float32All(2 ** -126));
  const scaled = g.op('v128.bitselect', g.op('f32x4.mul', x, g.float32All(2 ** 24)), x, isSubnormal);
  const fromRoot = g.op('i32x4.sub', scaled, g.int32All(0x3f3504f3));
  const exponent = g.op('i32x4.shr_s', fromRoot, g.integer(23));
  const significand = g.op('i32x4.sub', scaled, g.op('i32x4.shl', exponent, g.integer(23)));
  const correction = g.op('v128.and', isSubnormal, g.int32All(24));
  const e = g.op('f32x4.convert_i32x4_s', g.op('i32x4.sub', exponent, correction));
  const m = g.op('f32x4.sub', significand, g.float32All(1));
  const squared = g.op('f32x4.mul', m, m);
  const q = polynomial(
    g,
    m,
    [
      7.0376836292e-2, -0.1151461031, 0.1167699874, -0.12420140846, 0.14249322787, -0.16668057665, 0.20000714765,
      -0.24999993993, 0.33333331174,
    ],
  );
  const cubic = g.op('f32x4.mul', g.op('f32x4.mul', q, m), squared);
  const low = g.op('f32x4.add', cubic, g.op('f32x4.mul', e, g.float32All(-2.1219444e-4)));
  const tail = g.op('f32x4.sub', low, g.op('f32x4.mul', squared, g.float32All(0.5)));
  const finite = g.op('f32x4.add', g.op('f32x4.add', m, tail), g.op('f32x4.mul', e, g.float32All(0.693359375)));
  const infinity = g.float32All(Number.POSITIVE_INFINITY);
  const isOrdinary = g.op('v128.and', g.op('f32x4.gt', x, g.float32All(0)), g.op('f32x4.lt', x, infinity));
  // log 0 = −∞, log ∞ = ∞, and NaN for what is negative or NaN: x·(x<0 ? NaN : ∞), with 0 apart.
  const negative = g.op('v128.bitselect', g.float32All(Number.NaN), infinity, g.op('f32x4.lt', x, g.float32All(0)));
  const special = g.op(
    'v128.bitselect',
    g.float32All(Number.NEGATIVE_INFINITY),
    g.op('f32x4.add', x, negative),
    g.op('f32x4.eq', x, g.float32All(0)),
  );
  return g.op('v128.bitselect', finite, special, isOrdinary);
};

/** π/2 in two parts; the first has 25 bits, so that its product with an integer below 2²⁸ is exact. Source: FreeBSD `e_rem_pio2f.c`. */
const halfPi = { high: 1.5707963109016418, low: 1.5893254773528196e-8 };

/** Beyond this magnitude the two-part reduction loses accuracy. */
const reductionLimit = 2 ** 27;

/** `x − n·π/2` as float32 and `n`, for |x| up to the limit. */
const reduceByHalfPi = (g: Graph, x: Node): { rest: Node; quadrant: Node } => {
  const half = (pair: Node) => {
    const wide = g.op('f64x2.promote_low_f32x4', pair);
    const shift = g.float64All(1.5 * 2 ** 52);
    const shifted = g.op('f64x2.add', g.op('f64x2.mul', wide, g.float64All(2 / Math.PI)), shift);
    const n = g.op('f64x2.sub', shifted, shift);
    const high = g.op('f64x2.sub', wide, g.op('f64x2.mul', n, g.float64All(halfPi.high)));
    const rest = g.op('f64x2.sub', high, g.op('f64x2.mul', n, g.float64All(halfPi.low)));
    return { rest: g.op('f32x4.demote_f64x2_zero', rest), n: shifted };
  };
  const low = half(x);
  const high = half(g.shuffle32(x, x, [2, 3, 2, 3]));
  return { rest: g.shuffle32(low.rest, high.rest, [0, 1, 4, 5]), quadrant: g.shuffle32(low.n, high.n, [0, 2, 4, 6]) };
};

/** Sine of `rest + quadrant·π/2`, |rest| ≤ π/4. Source of the polynomials: S. Moshier, Cephes `sinf`. */
const sineInQuadrant = (g: Graph, rest: Node, quadrant: Node): Node => {
  const squared = g.op('f32x4.mul', rest, rest);
  const s = polynomial(g, squared, [-1.9515295891e-4, 8.3321608736e-3, -0.16666654611]);
  const sine = g.op('f32x4.add', g.op('f32x4.mul', g.op('f32x4.mul', s, squared), rest), rest);
  const c = polynomial(g, squared, [0.00002443315711809948, -0.001388731625493765, 0.04166664568298827]);
  const quartic = g.op('f32x4.mul', g.op('f32x4.mul', c, squared), squared);
  const cosine = g.op(
    'f32x4.add',
    g.op('f32x4.sub', quartic, g.op('f32x4.mul', squared, g.float32All(0.5))),
    g.float32All(1),
  );
  const isOdd = g.op('i32x4.ne', g.op('v128.and', quadrant, g.int32All(1)), g.int32All(0));
  const value = g.op('v128.bitselect', cosine, sine, isOdd);
  const sign = g.op('i32x4.shl', g.op('v128.and', quadrant, g.int32All(2)), g.integer(30));
  return g.op('v128.xor', value, sign);
};

/** One float32 lane after the other through a float64 function of the host; runs only where its value is used. */
const onLanes = (g: Graph, host: 'sin' | 'cos', x: Node): Node => {
  const callee = g.module.importFunction(host);
  return g.code('v128', [x], (code, [operand]) => {
    const result = code.allocate('v128');
    for (let lane = 0; lane < 4; lane++) {
      code.get(lane === 0 ? operand! : result);
      code.get(operand!);
      code.push(...opcodes['f32x4.extract_lane'].bytes, lane, ...opcodes['f64.promote_f32'].bytes);
      code.push(control.call, callee, ...opcodes['f32.demote_f64'].bytes, ...opcodes['f32x4.replace_lane'].bytes, lane);
      code.set(result);
    }
    code.get(result);
    code.release('v128', result);
  });
};

const trigonometric = (g: Graph, x: Node, host: 'sin' | 'cos'): Node => {
  const { rest, quadrant } = reduceByHalfPi(g, x);
  const turned = host === 'sin' ? quadrant : g.op('i32x4.add', quadrant, g.int32All(1));
  const near = sineInQuadrant(g, rest, turned);
  const isFar = g.op('f32x4.gt', g.op('f32x4.abs', x), g.float32All(reductionLimit));
  // A NaN or an infinity comes out of the near path as NaN.
  return g.choice(g.op('v128.any_true', isFar), onLanes(g, host, x), near);
};

export const sine = (g: Graph, x: Node): Node => {
  const result = trigonometric(g, x, 'sin');
  // sin −0 = −0.
  return g.op('v128.bitselect', x, result, g.op('f32x4.eq', x, g.float32All(0)));
};

export const cosine = (g: Graph, x: Node): Node => trigonometric(g, x, 'cos');

/** `−u/(u + 2)` with `u = e^(−2|x|) − 1`, which keeps its accuracy where x is small. */
export const hyperbolicTangent = (g: Graph, x: Node): Node => {
  const doubled = g.op('f32x4.mul', g.op('f32x4.abs', x), g.float32All(-2));
  const { exponent, restMinusOne } = reduceByLog2(g, g.op('f32x4.pmax', doubled, g.float32All(-40)));
  const power = powerOfTwo(g, exponent);
  const u = g.op('f32x4.add', g.op('f32x4.mul', power, restMinusOne), g.op('f32x4.sub', power, g.float32All(1)));
  return withSignOf(g, g.op('f32x4.div', u, g.op('f32x4.add', u, g.float32All(2))), x);
};

/** Source: N. Juffa, `erff` (2018), in two ranges of |x|. */
export const errorFunction = (g: Graph, x: Node): Node => {
  const magnitude = g.op('f32x4.abs', x);
  const squared = g.op('f32x4.mul', x, x);
  const inner = polynomial(
    g,
    squared,
    [-5.96761703e-4, 4.99119423e-3, -2.67681349e-2, 0.112819925, -0.376125336, 0.128379166],
  );
  const near = g.op('f32x4.add', g.op('f32x4.mul', inner, x), x);
  const t = g.op('f32x4.pmin', magnitude, g.float32All(4));
  const outer = polynomial(
    g,
    t,
    [-1.7285347e-5, 3.83197126e-4, -3.88396438e-3, 2.42546219e-2, -0.106777877, -0.634846687, -0.128717512],
  );
  const exponent = g.op('f32x4.sub', g.op('f32x4.mul', outer, t), t);
  const far = g.op('f32x4.sub', g.float32All(1), exponential(g, exponent));
  const isNear = g.op('f32x4.le', magnitude, g.float32All(0.927734375));
  const isNumber = g.op('f32x4.eq', x, x);
  const value = g.op('v128.bitselect', near, withSignOf(g, far, x), isNear);
  return g.op('v128.bitselect', value, x, isNumber);
};
