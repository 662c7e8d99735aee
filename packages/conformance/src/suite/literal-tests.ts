import {
  add,
  all,
  any,
  argmax,
  argmin,
  cast,
  cumsum,
  type Device,
  type DType,
  divide,
  floorDivide,
  max,
  maximum,
  min,
  multiply,
  randomBits,
  remainder,
  scatterSet,
  shiftLeft,
  shiftRight,
  sort,
  sum,
  type Tensor,
  type TensorData,
  takeAlongAxis,
  tensor,
} from '@cotangent/tensor';
import { inEachMode, requireValues } from './agreement.js';
import type { DeviceTest } from './suite-test.js';

const { NaN: nan, POSITIVE_INFINITY: infinity, NEGATIVE_INFINITY: minusInfinity } = Number;

type Make = (data: TensorData, dtype?: DType) => Tensor;

/** A computation with its values written out. */
const literal = (
  name: string,
  compute: (make: Make) => Tensor | readonly Tensor[],
  ...expected: readonly (readonly number[])[]
): DeviceTest => ({
  name,
  run: (device: Device) =>
    inEachMode(async (mode) => {
      const results = [
        compute((data, dtype) => tensor(data, { device, ...(dtype === undefined ? {} : { dtype }) })),
      ].flat();
      for (const [i, values] of expected.entries()) {
        requireValues(`${mode} result ${i}`, await (results[i] as Tensor).data(), values);
      }
    }),
});

/** What can be checked by eye: special values, wrapping, order. */
export const literalTests: readonly DeviceTest[] = [
  literal('adds', (make) => add(make([1, 2]), make([10, 20])), [11, 22]),
  literal('wraps int32 sums', (make) => add(make([2147483647], 'int32'), 1), [-2147483648]),
  literal('wraps uint32 sums', (make) => add(make([4294967295], 'uint32'), 2), [1]),
  literal(
    'wraps int32 products',
    (make) => multiply(make([65536, 123456789], 'int32'), make([65536, 1000], 'int32')),
    [0, -1097262584],
  ),
  literal(
    'divides integers towards minus infinity',
    (make) => floorDivide(make([7, -7, 7, -7], 'int32'), make([2, 2, -2, -2], 'int32')),
    [3, -4, -4, 3],
  ),
  literal(
    'gives 0 for integer division by 0',
    (make) => floorDivide(make([7, -7], 'int32'), make([0, 0], 'int32')),
    [0, 0],
  ),
  literal(
    'gives 0 for an integer remainder by 0',
    (make) => remainder(make([7, -7], 'int32'), make([0, 0], 'int32')),
    [0, 0],
  ),
  literal(
    'wraps the quotient that int32 lacks',
    (make) => floorDivide(make([-2147483648], 'int32'), make([-1], 'int32')),
    [-2147483648],
  ),
  literal('divides floating point by 0', (make) => divide(make([1, -1, 0]), make([0, 0, 0])), [
    infinity,
    minusInfinity,
    nan,
  ]),
  literal(
    'gives remainders the sign of the divisor',
    (make) => remainder(make([7, -7, 7, -7]), make([3, 3, -3, -3])),
    [1, 2, -2, -1],
  ),
  literal('shifts int32 with its sign', (make) => shiftRight(make([-8, 8], 'int32'), 1), [-4, 4]),
  literal('shifts zeros into uint32', (make) => shiftRight(make([4294967288], 'uint32'), 1), [2147483644]),
  literal('shifts out of the top', (make) => shiftLeft(make([1, 3], 'int32'), 31), [-2147483648, -2147483648]),
  literal(
    'casts to int32: truncates, saturates, and gives 0 for NaN',
    (make) => cast(make([1.9, -1.9, 3e9, -3e9, nan, infinity]), 'int32'),
    [1, -1, 2147483647, -2147483648, 0, 2147483647],
  ),
  literal(
    'casts to uint32: saturates at 0',
    (make) => cast(make([1.9, -1.9, 5e9, nan]), 'uint32'),
    [1, 0, 4294967295, 0],
  ),
  literal('casts to bool: not 0', (make) => cast(make([0, -0, 0.5, nan, -2]), 'bool'), [0, 0, 1, 1, 1]),
  literal('keeps the bits of int32 as uint32', (make) => cast(make([-1, 5], 'int32'), 'uint32'), [4294967295, 5]),
  literal('maximum is NaN where either side is', (make) => maximum(make([nan, 1, 2]), make([1, nan, 3])), [
    nan,
    nan,
    3,
  ]),
  literal('max and min over NaN are NaN', (make) => [max(make([1, nan, 3])), min(make([1, nan, 3]))], [nan], [nan]),
  literal(
    'argmax and argmin find the first NaN',
    (make) => [argmax(make([1, nan, 3, nan])), argmin(make([1, nan, 3]))],
    [1],
    [1],
  ),
  literal(
    'argmax and argmin find the first of equals',
    (make) => [argmax(make([1, 3, 3, 1])), argmin(make([2, 1, 3, 1]))],
    [1],
    [1],
  ),
  literal(
    'sums infinities',
    (make) => [sum(make([infinity, 1])), sum(make([infinity, minusInfinity]))],
    [infinity],
    [nan],
  ),
  literal('finds not any and all in nothing', (make) => [any(make([])), all(make([]))], [0], [1]),
  literal('counts bool', (make) => sum(make([true, false, true])), [2]),
  literal(
    'sorts NaN last in either direction',
    (make) => {
      const x = make([nan, 1, infinity, nan, minusInfinity]);
      return [
        sort(x).values,
        sort(x).indices,
        sort(x, { descending: true }).values,
        sort(x, { descending: true }).indices,
      ];
    },
    [minusInfinity, 1, infinity, nan, nan],
    [4, 1, 2, 0, 3],
    [infinity, 1, minusInfinity, nan, nan],
    [2, 1, 4, 0, 3],
  ),
  literal(
    'keeps equal elements in input order in either direction',
    (make) => {
      const x = make([1, 0, -0, 1, 0]);
      return [sort(x).indices, sort(x, { descending: true }).indices];
    },
    [1, 2, 4, 0, 3],
    [0, 3, 1, 2, 4],
  ),
  literal(
    'sorts uint32 above the sign bit',
    (make) => sort(make([4000000000, 1, 3000000000], 'uint32')).values,
    [1, 3000000000, 4000000000],
  ),
  literal(
    'gathers 0 from out of range',
    (make) => takeAlongAxis(make([1, 2, 3]), make([2, -1, 3, 0], 'int32')),
    [3, 0, 0, 1],
  ),
  literal(
    'keeps the last of colliding updates and skips those out of range',
    (make) => scatterSet(make([1, 2, 3]), make([0, 0, 5, -1], 'int32'), make([10, 20, 30, 40])),
    [20, 2, 3],
  ),
  literal(
    'scans exclusively and in reverse',
    (make) => cumsum(make([1, 2, 4]), { exclusive: true, reverse: true }),
    [6, 4, 0],
  ),
  literal('gives Threefry-2x32 of zeros', (make) => randomBits(make([0, 0], 'uint32'), [1]), [
    (0x6b200159 ^ 0x99ba4efe) >>> 0,
  ]),
];
