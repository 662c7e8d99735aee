import { convolve, flip, matmul, swapAxes, type Tensor, transpose } from '@cotangent/tensor';
import type { Rule } from './rule.js';

export const matmulRule: Rule<'matmul'> = ({ cotangent, inputs, wants }) => {
  const [a, b] = inputs as readonly [Tensor, Tensor];
  return [
    wants(0) ? matmul(cotangent, swapAxes(b, -1, -2)) : undefined,
    wants(1) ? matmul(swapAxes(a, -1, -2), cotangent) : undefined,
  ];
};

/** Exchanges two of the three leading axes of a convolution operand. */
const exchange = (x: Tensor, order: readonly [number, number, number]): Tensor =>
  transpose(x, [...order, ...x.shape.slice(3).map((_, d) => 3 + d)]);

/** Both gradients are convolutions: strides and dilations trade places, the kernel turns round. */
export const convolveRule: Rule<'convolve'> = ({ attributes, cotangent, inputs, wants }) => {
  const [input, kernel] = inputs as readonly [Tensor, Tensor];
  const { stride, padding, inputDilation, kernelDilation } = attributes;
  const axes = stride.map((_, d) => 3 + d);
  const sizes = stride.map((step, d) => {
    const [low] = padding[d] as readonly [number, number];
    const dilated = (count: number, gap: number): number => (count - 1) * gap + 1;
    return {
      low,
      reach: dilated(kernel.shape[3 + d] as number, kernelDilation[d] as number),
      input: dilated(input.shape[3 + d] as number, inputDilation[d] as number),
      output: dilated(cotangent.shape[3 + d] as number, step),
    };
  });
  const inputGradient = (): Tensor =>
    convolve(cotangent, flip(exchange(kernel, [0, 2, 1]), axes), {
      stride: inputDilation,
      inputDilation: stride,
      kernelDilation,
      padding: sizes.map((s) => [s.reach - 1 - s.low, s.input - s.output + s.low] as const),
    });
  const kernelGradient = (): Tensor => {
    const gradient = convolve(exchange(input, [2, 1, 0]), exchange(cotangent, [1, 2, 0]), {
      stride: kernelDilation,
      kernelDilation: stride,
      inputDilation,
      padding: sizes.map((s) => [s.low, s.reach - 1 + s.output - s.input - s.low] as const),
    });
    return exchange(gradient, [1, 2, 0]);
  };
  return [wants(0) ? inputGradient() : undefined, wants(1) ? kernelGradient() : undefined];
};
