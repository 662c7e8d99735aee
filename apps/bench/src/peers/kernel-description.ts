import type { Kernel } from 'cotangent';

const times = (sizes: readonly number[]): string => sizes.join('×') || '1';

/** What a kernel runs over, by its kind. */
const sizesOf: { readonly [K in Kernel['kind']]: (kernel: Extract<Kernel, { kind: K }>) => string } = {
  map: ({ shape }) => times(shape),
  reduce: ({ outer, inner }) => `${times(outer)} of ${times(inner)}`,
  scan: ({ outer, length }) => `${times(outer)} of ${length}`,
  sort: ({ outer, length, outputs }) =>
    `${times(outer)} of ${length} to ${outputs.map(({ content }) => content).join(' and ')}`,
  scatter: ({ shape, combine }) => `${combine} ${times(shape)}`,
  matmul: ({ batch, m, n, k }) => `${batch.length > 0 ? `${times(batch)} of ` : ''}${m}×${n}, depth ${k}`,
  convolve: ({ batch, groups, inputChannels, outputChannels, inputSize, kernelSize }) =>
    `${batch}×${groups}×${inputChannels}→${outputChannels}, ${times(inputSize)} by ${times(kernelSize)}`,
};

/** A kernel in a line: kind, sizes, buffers, and instructions of its body. */
export const describeKernel = (kernel: Kernel): string => {
  const sizes = (sizesOf[kernel.kind] as (kernel: Kernel) => string)(kernel);
  const buffers = `${kernel.inputs.length}→${kernel.outputs.length} buffers`;
  return `${kernel.kind} ${sizes} (${buffers}, ${kernel.body.length} instructions)`;
};
