import { checkGradients, grad } from '@cotangent/autograd';
import { type DType, isFloat } from '@cotangent/ir';
import { add, concat, Device, multiply, reshape, sum, Tensor } from '@cotangent/tensor';
import { loosen, toleranceOf } from '../fixtures/tolerance.js';
import { HostBackend } from '../host/host-backend.js';
import { requireAgreement } from './agreement.js';
import type { Example } from './examples/example.js';
import { examples } from './examples/table.js';
import { createInputs } from './inputs.js';
import type { DeviceTest } from './suite-test.js';

const seed = 1;
/** Gradients are taken of small examples alone: a central difference needs many evaluations. */
const largestDifferentiated = 400;

const asList = (results: Tensor | readonly Tensor[]): readonly Tensor[] =>
  results instanceof Tensor ? [results] : results;

const requireForward = (example: Example, device: Device, dtype: DType): Promise<void> =>
  requireAgreement(() => asList(example.compute(example.inputs(createInputs(device, seed), dtype), dtype)));

interface Differentiable {
  readonly sources: readonly Tensor[];
  readonly f: (...sources: Tensor[]) => Tensor;
}

/** The example as a function of its floating-point inputs, with all its outputs in one vector. */
const asFunction = (example: Example, device: Device, dtype: DType): Differentiable => {
  const inputs = example.inputs(createInputs(device, seed), dtype);
  const f = (...sources: Tensor[]): Tensor => {
    const rest = [...sources];
    const given = inputs.map((input) => (isFloat(input.dtype) ? (rest.shift() as Tensor) : input));
    return concat(asList(example.compute(given, dtype)).map((output) => reshape(output, [output.size])));
  };
  return { sources: inputs.filter((input) => isFloat(input.dtype)), f };
};

const gradientTolerance = loosen(toleranceOf('float32'), 16);

/** First and second derivatives along a direction, in float32, as the interpreter computes the same graphs. */
const requireGradients = (example: Example, device: Device): Promise<void> =>
  requireAgreement(
    () => {
      const { sources, f } = asFunction(example, device, 'float32');
      const inputs = createInputs(device, seed + 1);
      const cotangent = inputs.values(f(...sources).shape, 'float32');
      const along = sources.map((source) => inputs.values(source.shape, 'float32'));
      const first = grad((at: readonly Tensor[]) => sum(multiply(f(...at), cotangent)));
      const second = grad((at: readonly Tensor[]) =>
        first(at)
          .map((gradient, i) => sum(multiply(gradient, along[i] as Tensor)))
          .reduce((a, b) => add(a, b)),
      );
      return [...first(sources), ...second(sources)];
    },
    () => gradientTolerance,
  );

/** Where inputs are made to be looked at before there is a device to test. */
const planning = new Device(new HostBackend());

const isDifferentiated = ({ isSmooth, inputs }: Example): boolean =>
  isSmooth === true &&
  inputs(createInputs(planning, seed), 'float32').every(({ size }) => size > 0 && size <= largestDifferentiated);

const supported = (example: Example, device: Device): readonly DType[] =>
  example.dtypes.filter((dtype) => device.backend.limits.dtypes.includes(dtype));

const testsOf = (op: string, example: Example): DeviceTest[] => {
  const forward: DeviceTest = {
    name: `${op}: ${example.title}`,
    run: async (device) => {
      for (const dtype of supported(example, device)) await requireForward(example, device, dtype);
    },
  };
  if (!isDifferentiated(example)) return [forward];
  const gradients: DeviceTest = {
    name: `${op}: gradients, ${example.title}`,
    run: async (device) => {
      await requireGradients(example, device);
      if (!device.backend.limits.dtypes.includes('float64')) return;
      const { sources, f } = asFunction(example, device, 'float64');
      await checkGradients(f, sources);
    },
  };
  return [forward, gradients];
};

/** Every op on its examples: values in every dtype, gradients to second order where they exist. */
export const exampleTests: readonly DeviceTest[] = Object.entries(examples).flatMap(([op, list]) =>
  list.flatMap((example) => testsOf(op, example)),
);
