import type { HostFunction } from './emit/module.js';

export type HostFunctions = { readonly [K in HostFunction]: (...operands: number[]) => number };

/** Makes what emitted modules import from the host. Workers are sent its text: it refers to nothing outside itself. */
export const createHostFunctions = (): HostFunctions => {
  const horner = (x: number, coefficients: readonly number[]): number =>
    coefficients.reduce((sum, c) => sum * x + c, 0);

  /* The error function's rational approximations on |x| < 0.84375, < 1.25, < 1/0.35 and beyond, highest power first. */
  const nearNumerator = [
    -0.000023763016656650163, -0.005770270296489442, -0.02848174957559851, -0.3250421072470015, 0.12837916709551256,
  ];
  const nearDenominator = [
    -0.000003960228278775368, 0.00013249473800432164, 0.005081306281875766, 0.0650222499887673, 0.39791722395915535, 1,
  ];
  const oneNumerator = [
    -0.002166375594868791, 0.035478304325618236, -0.11089469428239668, 0.31834661990116175, -0.3722078760357013,
    0.41485611868374833, -0.0023621185607526594,
  ];
  const oneDenominator = [
    0.011984499846799107, 0.01363708391202905, 0.12617121980876164, 0.07182865441419627, 0.540397917702171,
    0.10642088040084423, 1,
  ];
  const middleNumerator = [
    -9.814329344169145, -81.2874355063066, -184.60509290671104, -162.39666946257347, -62.375332450326006,
    -10.558626225323291, -0.6938585727071818, -0.009864944034847148,
  ];
  const middleDenominator = [
    -0.0604244152148581, 6.570249770319282, 108.63500554177944, 429.00814002756783, 645.3872717332679,
    434.56587747522923, 137.65775414351904, 19.651271667439257, 1,
  ];
  const farNumerator = [
    -483.5191916086514, -1025.0951316110772, -637.5664433683896, -160.63638485582192, -17.757954917754752,
    -0.799283237680523, -0.0098649429247001,
  ];
  const farDenominator = [
    -22.44095244658582, 474.52854120695537, 2553.0504064331644, 3199.8582195085955, 1536.729586084437,
    325.7925129965739, 30.33806074348246, 1,
  ];
  /** erf(1) as rounded in the range around it. */
  const erfOfOne = 0.8450629115104675;

  /** The number with its low 32 bits cleared, so that its square is exact. */
  const truncate = (x: number): number => {
    const bits = new DataView(new ArrayBuffer(8));
    bits.setFloat64(0, x);
    bits.setInt32(4, 0);
    return bits.getFloat64(0);
  };

  /** Error function to float64. Source: FreeBSD msun, `s_erf.c`. */
  const erf = (x: number): number => {
    if (Number.isNaN(x)) return x;
    const magnitude = Math.abs(x);
    if (magnitude < 0.84375) {
      const squared = x * x;
      return x + x * (horner(squared, nearNumerator) / horner(squared, nearDenominator));
    }
    if (magnitude < 1.25) {
      const s = magnitude - 1;
      return Math.sign(x) * (erfOfOne + horner(s, oneNumerator) / horner(s, oneDenominator));
    }
    if (magnitude >= 6) return Math.sign(x);
    const s = 1 / (magnitude * magnitude);
    const isMiddle = magnitude < 1 / 0.35;
    const quotient = isMiddle
      ? horner(s, middleNumerator) / horner(s, middleDenominator)
      : horner(s, farNumerator) / horner(s, farDenominator);
    const z = truncate(magnitude);
    const complement = Math.exp(-z * z - 0.5625) * Math.exp((z - magnitude) * (z + magnitude) + quotient);
    return Math.sign(x) * (1 - complement / magnitude);
  };

  return {
    exp: (x) => Math.exp(x as number),
    log: (x) => Math.log(x as number),
    sin: (x) => Math.sin(x as number),
    cos: (x) => Math.cos(x as number),
    tanh: (x) => Math.tanh(x as number),
    erf: (x) => erf(x as number),
    remainder: (x, y) => (x as number) % (y as number),
  };
};
