import {
  broadcastTo,
  flip,
  fold,
  narrow,
  pad,
  reshape,
  slice,
  sum,
  type Tensor,
  transpose,
  window,
  zerosLike,
} from '@cotangent/tensor';
import type { Rule } from './rule.js';

export const reshapeRule: Rule<'reshape'> = ({ cotangent, inputs }) => [
  reshape(cotangent, (inputs[0] as Tensor).shape),
];

export const transposeRule: Rule<'transpose'> = ({ attributes, cotangent }) => {
  const { permutation } = attributes;
  return [
    transpose(
      cotangent,
      permutation.map((_, axis) => permutation.indexOf(axis)),
    ),
  ];
};

/** Sums over the axes that were added or stretched: the only un-broadcast there is. */
export const broadcastRule: Rule<'broadcast'> = ({ cotangent, inputs }) => {
  const { shape } = inputs[0] as Tensor;
  const lead = cotangent.rank - shape.length;
  const axes = cotangent.shape.flatMap((extent, axis) =>
    axis < lead || (shape[axis - lead] === 1 && extent !== 1) ? [axis] : [],
  );
  return [reshape(sum(cotangent, { axes }), shape)];
};

export const sliceRule: Rule<'slice'> = ({ attributes, cotangent, inputs }) => {
  const x = inputs[0] as Tensor;
  if (cotangent.size === 0) return [zerosLike(x)];
  const { start, step } = attributes;
  const backwards = step.flatMap((s, axis) => (s < 0 ? [axis] : []));
  const forward = backwards.length > 0 ? flip(cotangent, backwards) : cotangent;
  const widths = cotangent.shape.map((count, axis) => {
    const stride = step[axis] as number;
    const first = (start[axis] as number) + Math.min(0, stride) * (count - 1);
    const reach = (count - 1) * Math.abs(stride) + 1;
    return [first, (x.shape[axis] as number) - first - reach] as const;
  });
  return [pad(forward, widths, { interior: step.map((s) => Math.abs(s) - 1) })];
};

export const padRule: Rule<'pad'> = ({ attributes, cotangent, inputs }) => {
  const x = inputs[0] as Tensor;
  if (x.size === 0) return [zerosLike(x)];
  const { low, high, interior } = attributes;
  const spread = pad(
    cotangent,
    low.map((width, axis) => [-width, -(high[axis] as number)] as const),
  );
  return [
    slice(
      spread,
      x.shape.map((size, axis) => ({ start: 0, size, step: (interior[axis] as number) + 1 })),
    ),
  ];
};

export const concatRule: Rule<'concat'> = ({ attributes, cotangent, inputs, wants }) => {
  let start = 0;
  return inputs.map((input, i) => {
    const size = input.shape[attributes.axis] as number;
    start += size;
    return wants(i) ? narrow(cotangent, attributes.axis, start - size, size) : undefined;
  });
};

export const windowRule: Rule<'window'> = ({ attributes, cotangent, inputs }) => {
  const { shape } = inputs[0] as Tensor;
  return [fold(cotangent, shape.slice(shape.length - attributes.size.length), attributes)];
};

export const foldRule: Rule<'fold'> = ({ attributes, cotangent, inputs }) => [
  broadcastTo(window(cotangent, attributes), (inputs[0] as Tensor).shape),
];
