import { byteSize, type ConvolveKernel, type MatmulKernel, type Shape, sizeOf } from '@cotangent/ir';
import { ModuleCode } from '../emit/module.js';
import { planConvolve } from '../native/convolve.js';
import { planMatmul } from '../native/matmul.js';
import type { NativePlan } from '../native/plan.js';
import { costOf } from './cost.js';
import { type Epilogue, emitEpilogue, emitEpiloguePhase, holdsSums, isIdentity } from './epilogue.js';
import { emittedArgumentsByteLength, fillEmittedArguments, type Phase, type Plan } from './plan.js';

const alignment = 64;

const bodyShape = (kernel: MatmulKernel | ConvolveKernel): Shape =>
  kernel.kind === 'matmul'
    ? [...kernel.batch, kernel.m, kernel.n]
    : [kernel.batch, kernel.groups, kernel.outputChannels, ...kernel.outputSize];

/** A fixed kernel for the sums, and an emitted epilogue on what it finishes. */
export const planContraction = (kernel: MatmulKernel | ConvolveKernel, threads: number): Plan => {
  const native: NativePlan =
    kernel.kind === 'matmul' ? planMatmul(kernel, { threads }) : planConvolve(kernel, { threads });
  const shape = bodyShape(kernel);
  const { inputs, body, outputs } = kernel;
  const { accumulator } = native;
  const epilogue: Epilogue = { shape, inputs, body, outputs, accumulator };
  const inputCount = inputs.length;
  const isPlain = isIdentity(epilogue);
  // The sums may lie in an output: the epilogue reads a position before it writes it.
  const inPlace = isPlain ? 0 : outputs.findIndex(({ dtype }) => holdsSums(dtype, accumulator));
  const sumsOffset = Math.ceil(native.scratchByteLength / alignment) * alignment;
  const sumsByteLength = inPlace < 0 ? sizeOf(shape) * byteSize(accumulator) : 0;
  const epilogueOffset = native.argumentsByteLength;

  const phases: Phase[] = native.phases.map((phase) => ({ ...phase, module: 'native' }));
  const module = new ModuleCode();
  const isFused = !isPlain && native.epilogue === 'during';
  if (isFused) emitEpilogue(module, epilogue);
  else if (!isPlain) {
    const units = emitEpiloguePhase(module, epilogue);
    phases.push({
      entry: 'epiloguePhase',
      module: 'emitted',
      units,
      unitNanoseconds: (costOf(body) * sizeOf(shape)) / Math.max(1, units),
      argumentsOffset: epilogueOffset,
    });
  }
  return {
    kernel,
    ...(isPlain ? {} : { code: module.encode() }),
    ...(isFused ? { epilogue: 'epilogue' } : {}),
    phases,
    argumentsByteLength: epilogueOffset + emittedArgumentsByteLength(kernel),
    scratchByteLength: sumsOffset + sumsByteLength,
    threadScratchByteLength: native.threadScratchByteLength,
    fill(block, { buffers, scratch, arguments: address }) {
      const sums = inPlace < 0 ? scratch + sumsOffset : (buffers[inputCount + inPlace] as number);
      native.fill(block, {
        inputs: buffers,
        outputs: [],
        accumulator: sums,
        scratch,
        epilogue: isFused ? address + epilogueOffset : 0,
      });
      fillEmittedArguments(block, { buffers, scratch: sums }, epilogueOffset);
    },
  };
};
