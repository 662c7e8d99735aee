import { type DType, dtypes, isFloat, isInteger, type Shape } from '@cotangent/ir';
import {
  add,
  argmax,
  argmin,
  bitwiseAnd,
  bitwiseOr,
  bitwiseXor,
  broadcastTo,
  callWithRule,
  cast,
  concat,
  convolve,
  cos,
  createNode,
  cummax,
  cummin,
  cumprod,
  cumsum,
  detach,
  divide,
  equal,
  erf,
  exp,
  flip,
  floor,
  fold,
  full,
  iota,
  less,
  lessEqual,
  log,
  matmul,
  max,
  maximum,
  min,
  minimum,
  multiply,
  negate,
  notEqual,
  type OpName,
  pad,
  prod,
  randomBits,
  remainder,
  reshape,
  scatterAdd,
  scatterSet,
  shiftLeft,
  shiftRight,
  sin,
  slice,
  sort,
  sqrt,
  sum,
  Tensor,
  takeAlongAxis,
  tanh,
  transpose,
  where,
  window,
} from '@cotangent/tensor';
import type { Inputs } from './inputs.js';

/** An op at work on inputs of its own. */
export interface Example {
  readonly title: string;
  readonly dtypes: readonly DType[];
  readonly inputs: (inputs: Inputs, dtype: DType) => readonly Tensor[];
  readonly compute: (inputs: readonly Tensor[], dtype: DType) => Tensor | readonly Tensor[];
  /** Whether second derivatives exist, so that they can be compared with difference quotients. */
  readonly isSmooth?: boolean;
}

const floats = dtypes.filter(isFloat);
const integers = dtypes.filter(isInteger);
const numbers = [...floats, ...integers];

/** No elements, one, and counts beside any vector width and block size. */
const elementwiseShapes: readonly Shape[] = [[], [1], [0], [2, 0], [7], [2, 3, 4], [3, 1027]];

type Unary = (x: Tensor) => Tensor;
type Binary = (a: Tensor, b: Tensor) => Tensor;

const unaryExamples = (
  compute: Unary,
  allowed: readonly DType[],
  { low, high, isSmooth = false }: { readonly low?: number; readonly high?: number; readonly isSmooth?: boolean } = {},
): Example[] =>
  elementwiseShapes.map((shape) => ({
    title: `[${shape.join(', ')}]`,
    dtypes: allowed,
    inputs: (inputs, dtype) => [inputs.values(shape, dtype, low, high)],
    compute: ([x]) => compute(x as Tensor),
    isSmooth,
  }));

interface BinaryOptions {
  /** Range of the right side. */
  readonly low?: number;
  readonly high?: number;
  readonly isSmooth?: boolean;
}

const binaryExamples = (
  compute: Binary,
  allowed: readonly DType[],
  { low, high, isSmooth = false }: BinaryOptions = {},
): Example[] =>
  elementwiseShapes.map((shape) => ({
    title: `[${shape.join(', ')}]`,
    dtypes: allowed,
    inputs: (inputs, dtype) => [inputs.values(shape, dtype), inputs.values(shape, dtype, low, high)],
    compute: ([a, b]) => compute(a as Tensor, b as Tensor),
    isSmooth,
  }));

const one = (
  title: string,
  allowed: readonly DType[],
  inputs: Example['inputs'],
  compute: (...inputs: Tensor[]) => Tensor | readonly Tensor[],
  isSmooth = false,
): Example => ({ title, dtypes: allowed, inputs, compute: (given) => compute(...given), isSmooth });

/** Public division of integers is exact; the primitive truncates. */
const truncatedDivide: Binary = (a, b) =>
  new Tensor(createNode('divide', {}, [a.node, b.node], a.dtype, a.shape, a.device));

const castExamples: readonly Example[] = dtypes.flatMap((to) =>
  [[], [0], [5], [3, 1027]].map((shape) =>
    one(
      `to ${to} [${shape.join(', ')}]`,
      dtypes,
      (inputs, dtype) => [inputs.values(shape, dtype)],
      (x) => cast(x, to),
    ),
  ),
);

const reductions: Readonly<Record<string, (x: Tensor, axes: readonly number[]) => Tensor>> = {
  sum: (x, axes) => sum(x, { axes }),
  product: (x, axes) => prod(x, { axes }),
  maximum: (x, axes) => max(x, { axes }),
  minimum: (x, axes) => min(x, { axes }),
};

const reductionCases: readonly (readonly [Shape, readonly number[]])[] = [
  [[1], [0]],
  [[7], [0]],
  [
    [3, 4, 5],
    [0, 2],
  ],
  [[3, 4, 5], [1]],
  [
    [2, 3, 4],
    [0, 1, 2],
  ],
  [[5, 1], [1]],
  [[2, 1031], [1]],
  [[1031, 2], [0]],
];

const reduceExamples: readonly Example[] = [
  ...Object.entries(reductions).flatMap(([name, compute]) =>
    reductionCases.map(([shape, axes]) =>
      one(
        `${name} of [${shape.join(', ')}] over ${axes.join(', ')}`,
        numbers,
        // Products stay in range: factors near 1 for floating point, wrapped for integers.
        (inputs, dtype) => [
          name === 'product' && isFloat(dtype) ? inputs.values(shape, dtype, 0.98, 1.02) : inputs.values(shape, dtype),
        ],
        (x) => compute(x, axes),
        name === 'sum' || name === 'product',
      ),
    ),
  ),
  ...(['sum', 'product'] as const).map((name) =>
    one(
      `${name} of nothing`,
      numbers,
      (inputs, dtype) => [inputs.values([3, 0], dtype)],
      (x) => (reductions[name] as (typeof reductions)['sum'])(x, [1]),
    ),
  ),
  ...[argmax, argmin].flatMap((find) =>
    [[1], [7], [3, 4, 5], [2, 1031]].map((shape) =>
      one(
        `${find === argmax ? 'argmax' : 'argmin'} of [${shape.join(', ')}]`,
        numbers,
        (inputs, dtype) => [inputs.whole(shape, dtype, 0, 9)],
        (x) => [find(x), ...shape.map((_, axis) => find(x, { axis }))],
      ),
    ),
  ),
];

const scans = { sum: cumsum, product: cumprod, maximum: cummax, minimum: cummin };

const scanExamples: readonly Example[] = Object.entries(scans).flatMap(([name, compute]) =>
  [
    { reverse: false, exclusive: false },
    { reverse: true, exclusive: false },
    { reverse: false, exclusive: true },
    { reverse: true, exclusive: true },
  ].flatMap((options) =>
    (
      [
        [[1], 0],
        [[0], 0],
        [[9], 0],
        [[3, 4, 5], 1],
        [[2, 1031], 1],
        [[1031, 2], 0],
      ] as const
    ).map(([shape, axis]) =>
      one(
        `${options.reverse ? 'reverse ' : ''}${options.exclusive ? 'exclusive ' : ''}${name} along ${axis} of [${shape.join(', ')}]`,
        // The identities of exclusive extremes are infinite, which float16 and bounds of integers hold as well.
        numbers,
        (inputs, dtype) => [
          name === 'product' && isFloat(dtype) ? inputs.values(shape, dtype, 0.98, 1.02) : inputs.values(shape, dtype),
        ],
        (x) => compute(x, { axis, ...options }),
        name === 'sum' || (name === 'product' && (shape[0] as number) < 10),
      ),
    ),
  ),
);

const matmulSizes: readonly (readonly [Shape, Shape])[] = [
  [
    [1, 1],
    [1, 1],
  ],
  [
    [3, 4],
    [4, 5],
  ],
  [
    [0, 4],
    [4, 5],
  ],
  [
    [3, 0],
    [0, 5],
  ],
  [
    [2, 3, 4],
    [2, 4, 5],
  ],
  [
    [2, 3, 4],
    [4, 5],
  ],
  [
    [67, 129],
    [129, 35],
  ],
  [
    [1, 257],
    [257, 33],
  ],
  [
    [33, 257],
    [257, 1],
  ],
];

const matmulExamples: readonly Example[] = [
  ...matmulSizes.map(([left, right]) =>
    one(
      `[${left.join(', ')}] · [${right.join(', ')}]`,
      numbers,
      (inputs, dtype) => [inputs.values(left, dtype), inputs.values(right, dtype)],
      (a, b) => matmul(a, b),
      true,
    ),
  ),
  one(
    'of transposed operands',
    numbers,
    (inputs, dtype) => [inputs.values([9, 7], dtype), inputs.values([5, 9], dtype)],
    (a, b) => matmul(transpose(a), transpose(b)),
    true,
  ),
  one(
    'of sliced and flipped operands',
    numbers,
    (inputs, dtype) => [inputs.values([8, 9], dtype), inputs.values([9, 6], dtype)],
    (a, b) => matmul(slice(a, [{ start: 1, size: 4, step: 2 }]), flip(b, 1)),
    true,
  ),
  one(
    'of a broadcast operand, with an epilogue',
    floats,
    (inputs, dtype) => [inputs.values([3, 4, 5], dtype), inputs.values([5], dtype), inputs.values([4], dtype)],
    (a, b, c) => tanh(add(matmul(a, broadcastTo(reshape(b, [5, 1]), [3, 5, 4])), c)),
    true,
  ),
];

interface ConvolveCase {
  readonly title: string;
  readonly input: Shape;
  readonly kernel: Shape;
  readonly options?: Parameters<typeof convolve>[2];
}

const convolveCases: readonly ConvolveCase[] = [
  { title: 'one point', input: [1, 1, 1, 1], kernel: [1, 1, 1, 1] },
  { title: '1-D', input: [2, 1, 3, 9], kernel: [1, 4, 3, 3] },
  {
    title: '2-D padded',
    input: [2, 1, 3, 6, 5],
    kernel: [1, 4, 3, 3, 3],
    options: {
      padding: [
        [1, 1],
        [2, 0],
      ],
    },
  },
  { title: '3-D', input: [1, 1, 2, 4, 3, 5], kernel: [1, 2, 2, 2, 1, 3] },
  {
    title: 'strided and dilated',
    input: [1, 1, 2, 9, 8],
    kernel: [1, 3, 2, 3, 2],
    options: { stride: [2, 3], kernelDilation: [2, 1] },
  },
  {
    title: 'of dilated input',
    input: [1, 1, 2, 4, 3],
    kernel: [1, 2, 2, 3, 3],
    options: {
      inputDilation: [2, 3],
      padding: [
        [2, 1],
        [1, 2],
      ],
    },
  },
  { title: 'cut by negative padding', input: [1, 1, 2, 8], kernel: [1, 2, 2, 3], options: { padding: [[-2, -1]] } },
  {
    title: 'in groups',
    input: [2, 3, 2, 5, 5],
    kernel: [3, 2, 2, 3, 3],
    options: {
      padding: [
        [1, 1],
        [1, 1],
      ],
    },
  },
  {
    title: 'depthwise',
    input: [2, 5, 1, 6, 6],
    kernel: [5, 1, 1, 3, 3],
    options: {
      padding: [
        [1, 1],
        [1, 1],
      ],
    },
  },
  { title: 'of an empty batch', input: [0, 1, 3, 5, 5], kernel: [1, 2, 3, 3, 3] },
  {
    title: 'with more channels than a block',
    input: [1, 1, 37, 9, 7],
    kernel: [1, 35, 37, 3, 3],
    options: {
      padding: [
        [1, 1],
        [1, 1],
      ],
    },
  },
];

const convolveExamples: readonly Example[] = convolveCases.map(({ title, input, kernel, options }) =>
  one(
    title,
    floats,
    (inputs, dtype) => [inputs.values(input, dtype), inputs.values(kernel, dtype)],
    (x, w) => convolve(x, w, options),
    true,
  ),
);

const sortShapes: readonly Shape[] = [[1], [0], [2, 0], [9], [4, 6], [3, 64], [2, 1031]];

const sortExamples: readonly Example[] = sortShapes.flatMap((shape) =>
  [false, true].flatMap((descending) => [
    one(
      `${descending ? 'descending' : 'ascending'} [${shape.join(', ')}]`,
      numbers,
      // Few values, so that stability shows.
      (inputs, dtype) => [inputs.whole(shape, dtype, dtype === 'uint32' ? 0 : -5, 5)],
      (x) => {
        const { values, indices } = sort(x, { descending });
        return [values, indices];
      },
    ),
  ]),
);

const indicesOf = (inputs: Inputs, shape: Shape, extent: number): Tensor => inputs.whole(shape, 'int32', -1, extent);

const gatherExamples: readonly Example[] = (
  [
    [[1], [1], 0],
    [[5], [0], 0],
    [[5], [9], 0],
    [[4, 6], [4, 3], 1],
    [[4, 6], [7, 6], 0],
    [[2, 3, 50], [2, 3, 41], 2],
  ] as const
).map(([source, indices, axis]) =>
  one(
    `[${source.join(', ')}] at [${indices.join(', ')}] along ${axis}, some out of range`,
    dtypes,
    (inputs, dtype) => [inputs.values(source, dtype), indicesOf(inputs, indices, source[axis] as number)],
    (x, at) => takeAlongAxis(x, at, axis),
    true,
  ),
);

const scatterShapes = [
  [[1], [1], 0],
  [[5], [0], 0],
  [[5], [17], 0],
  [[4, 6], [4, 9], 1],
  [[4, 6], [11, 6], 0],
] as const;

const scatterExamples: readonly Example[] = scatterShapes.flatMap(([operand, indices, axis]) =>
  (['add', 'set'] as const).map((combine) =>
    one(
      `${combine} [${indices.join(', ')}] into [${operand.join(', ')}] along ${axis}, colliding and out of range`,
      combine === 'add' ? numbers : dtypes,
      (inputs, dtype) => [
        inputs.values(operand, dtype),
        indicesOf(inputs, indices, operand[axis] as number),
        inputs.values(indices, dtype),
      ],
      (x, at, updates) => (combine === 'add' ? scatterAdd : scatterSet)(x, at, updates, { axis }),
      combine === 'add',
    ),
  ),
);

const windowCases = [
  { shape: [1], options: { size: [1] } },
  { shape: [3, 8], options: { size: [3], stride: [2] } },
  { shape: [2, 3, 7, 6], options: { size: [3, 2], stride: [2, 1], dilation: [1, 3] } },
] as const;

const computed =
  (compute: Unary): Unary =>
  (x) =>
    compute(isFloat(x.dtype) ? multiply(x, 2) : x);

/** Examples of every op, with sizes 0 and 1, for every dtype that it takes. */
export const examples: { readonly [K in OpName]: readonly Example[] } = {
  data: [
    one(
      'read back',
      dtypes,
      (inputs, dtype) => [inputs.values([3, 5], dtype), inputs.values([0], dtype), inputs.values([], dtype)],
      (...all) => all,
    ),
  ],
  constant: [
    ...dtypes.map((dtype) =>
      one(
        `of ${dtype}`,
        ['float32'],
        (inputs) => [full([2, 3], 1, { dtype, device: inputs.device }), full([0], 1, { dtype, device: inputs.device })],
        (...all) => all,
      ),
    ),
  ],
  iota: [
    one(
      'along each axis',
      ['int32'],
      ({ device }) => [iota([5], 0, { device }), iota([2, 3, 4], 1, { device }), iota([0, 2], 0, { device })],
      (...all) => all,
    ),
  ],
  randomBits: [
    one(
      'of keys',
      ['uint32'],
      (inputs) => [inputs.whole([2], 'uint32', 0, 2 ** 31), inputs.whole([2], 'uint32', 0, 2 ** 31)],
      (a, b) => [randomBits(a, [5, 7]), randomBits(b, []), randomBits(a, [0])],
    ),
  ],

  negate: unaryExamples(negate, numbers, { isSmooth: true }),
  exp: unaryExamples(exp, floats, { isSmooth: true }),
  log: unaryExamples(log, floats, { low: 0.1, isSmooth: true }),
  sqrt: unaryExamples(sqrt, floats, { low: 0.1, isSmooth: true }),
  sin: unaryExamples(sin, floats, { low: -30, high: 30, isSmooth: true }),
  cos: unaryExamples(cos, floats, { low: -30, high: 30, isSmooth: true }),
  tanh: unaryExamples(tanh, floats, { low: -6, high: 6, isSmooth: true }),
  erf: unaryExamples(erf, floats, { isSmooth: true }),
  floor: unaryExamples(floor, floats),
  cast: castExamples,

  add: binaryExamples(add, numbers, { isSmooth: true }),
  multiply: binaryExamples(multiply, numbers, { isSmooth: true }),
  divide: [
    ...binaryExamples(divide, floats, { low: 0.5, isSmooth: true }),
    ...binaryExamples(truncatedDivide, integers, { low: -3, high: 3 }),
  ],
  maximum: binaryExamples(maximum, numbers),
  minimum: binaryExamples(minimum, numbers),
  remainder: [
    ...binaryExamples(remainder, floats, { low: 0.5 }),
    ...binaryExamples(remainder, floats, { low: -3, high: -0.5 }),
    ...binaryExamples(remainder, integers, { low: -7, high: 7 }),
  ],
  and: binaryExamples(bitwiseAnd, [...integers, 'bool']),
  or: binaryExamples(bitwiseOr, [...integers, 'bool']),
  xor: binaryExamples(bitwiseXor, [...integers, 'bool']),
  shiftLeft: binaryExamples(shiftLeft, integers, { low: 0, high: 31 }),
  shiftRight: binaryExamples(shiftRight, integers, { low: 0, high: 31 }),
  compare: [less, lessEqual, equal, notEqual].flatMap((compare) => binaryExamples(compare, dtypes)),
  select: elementwiseShapes.map((shape) =>
    one(
      `[${shape.join(', ')}]`,
      dtypes,
      (inputs, dtype) => [inputs.values(shape, 'bool', 0, 1), inputs.values(shape, dtype), inputs.values(shape, dtype)],
      (condition, a, b) => where(condition, a, b),
      true,
    ),
  ),

  reduce: reduceExamples,
  scan: scanExamples,
  matmul: matmulExamples,
  convolve: convolveExamples,

  reshape: [
    one(
      'of a leaf and of a transposed value',
      dtypes,
      (inputs, dtype) => [inputs.values([4, 6], dtype)],
      (x) => [reshape(x, [3, 8]), reshape(transpose(x), [8, 3]), reshape(computed((y) => transpose(y))(x), [24])],
      true,
    ),
  ],
  transpose: [
    one(
      'of three axes',
      dtypes,
      (inputs, dtype) => [inputs.values([2, 3, 5], dtype)],
      (x) => [transpose(x, [2, 0, 1]), computed((y) => transpose(y))(x)],
      true,
    ),
  ],
  broadcast: [
    one(
      'of axes of size 1, and to none',
      dtypes,
      (inputs, dtype) => [inputs.values([3, 1], dtype)],
      (x) => [broadcastTo(x, [2, 3, 4]), broadcastTo(x, [3, 0]), computed((y) => broadcastTo(y, [3, 7]))(x)],
      true,
    ),
  ],
  slice: [
    one(
      'with steps of both signs',
      dtypes,
      (inputs, dtype) => [inputs.values([7, 9], dtype)],
      (x) => [
        slice(x, [
          { start: 5, size: 3, step: -2 },
          { start: 1, size: 4, step: 2 },
        ]),
        slice(x, [{ start: 0, size: 0 }]),
        computed((y) => flip(y))(x),
      ],
      true,
    ),
  ],
  pad: [
    one(
      'with gaps, cuts and a value',
      dtypes,
      (inputs, dtype) => [inputs.values([3, 4], dtype)],
      (x) => [
        pad(x, [
          [1, 2],
          [0, 3],
        ]),
        pad(
          x,
          [
            [-1, 2],
            [1, -2],
          ],
          { value: 1 },
        ),
        pad(
          x,
          [
            [0, 0],
            [-1, 1],
          ],
          { interior: [2, 1], value: 1 },
        ),
      ],
      true,
    ),
    one(
      'of nothing',
      dtypes,
      (inputs, dtype) => [inputs.values([0, 2], dtype)],
      (x) =>
        pad(x, [
          [2, 1],
          [0, 0],
        ]),
    ),
  ],
  concat: [
    one(
      'along each axis',
      dtypes,
      (inputs, dtype) => [inputs.values([2, 3], dtype), inputs.values([2, 3], dtype), inputs.values([0, 3], dtype)],
      (a, b, empty) => [concat([a, b, empty], 0), concat([a, transpose(computed((y) => transpose(y))(b))], 1)],
      true,
    ),
  ],
  window: windowCases.map(({ shape, options }) =>
    one(
      `over [${shape.join(', ')}]`,
      dtypes,
      (inputs, dtype) => [inputs.values(shape, dtype)],
      (x) => window(x, options),
      true,
    ),
  ),
  fold: windowCases.map(({ shape, options }) =>
    one(
      `to [${shape.join(', ')}]`,
      numbers,
      (inputs, dtype) => [window(inputs.values(shape, dtype), options)],
      (x) => fold(x, shape.slice(shape.length - options.size.length), options),
      true,
    ),
  ),
  gather: gatherExamples,
  scatter: scatterExamples,
  sort: sortExamples,

  detach: [
    one(
      'keeps values',
      dtypes,
      (inputs, dtype) => [inputs.values([3], dtype)],
      (x) => detach(x),
    ),
  ],
  call: [
    one(
      'keeps values',
      dtypes,
      (inputs, dtype) => [inputs.values([3], dtype)],
      (x) => callWithRule(x, [x], (cotangent) => [cotangent]),
    ),
  ],
};
