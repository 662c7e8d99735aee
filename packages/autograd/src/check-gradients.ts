import {
  add,
  cast,
  detach,
  evaluate,
  GradientError,
  multiply,
  randn,
  randomKey,
  splitKey,
  sum,
  type Tensor,
  UnsupportedError,
} from '@cotangent/tensor';
import { grad } from './transforms.js';

/** How closely, and how deep, to check. */
export interface CheckOptions {
  /** 2 checks the gradient's own gradient too; 2. */
  readonly order?: 1 | 2;
  /** Step of the central difference; 1e-5. */
  readonly step?: number;
  /** Largest error relative to the size of the derivatives; 1e-6. */
  readonly tolerance?: number;
  /** Of the random directions; 0. */
  readonly seed?: number;
}

/**
 * Compares derivatives along random directions with central differences, in float64, and throws GradientError where they
 * part. `f` maps float tensors to a tensor; it must be smooth at the inputs and work in float64.
 */
export const checkGradients = async (
  f: (...inputs: Tensor[]) => Tensor,
  inputs: readonly Tensor[],
  { order = 2, step = 1e-5, tolerance = 1e-6, seed = 0 }: CheckOptions = {},
): Promise<void> => {
  const device = inputs[0]?.device;
  if (device !== undefined && !device.backend.limits.dtypes.includes('float64')) {
    throw new UnsupportedError('checkGradients', `the device '${device.name}' has no float64.`, {
      hint: 'Check on the CPU backend.',
    });
  }
  let key = randomKey(seed, device ? { device } : {});
  const direction = (like: Tensor): Tensor => {
    const [next, own] = splitKey(key) as [Tensor, Tensor];
    key = next;
    return randn(like.shape, { key: own, dtype: 'float64' });
  };
  const points = inputs.map((x) => detach(cast(x, 'float64')));
  const cotangent = direction(f(...points));
  const [firstAlong, along, secondAlong] = [
    points.map(direction),
    points.map(direction),
    points.map(direction),
  ] as const;
  await evaluate(...points, cotangent, ...firstAlong, ...along, ...secondAlong);
  const first = (at: readonly Tensor[]): Tensor => sum(multiply(f(...at), cotangent));
  await compareAlong('the gradient', first, points, firstAlong, step, tolerance);
  if (order === 1) return;
  const second = (at: readonly Tensor[]): Tensor => directional(first, at, along);
  await compareAlong('the second derivative', second, points, secondAlong, step, tolerance);
};

/** Derivative of a scalar function along a direction, by the rules. */
const directional = (f: (at: readonly Tensor[]) => Tensor, at: readonly Tensor[], along: readonly Tensor[]): Tensor =>
  grad(f)(at)
    .map((gradient, i) => sum(multiply(gradient, along[i] as Tensor)))
    .reduce((total, part) => add(total, part));

const compareAlong = async (
  what: string,
  f: (at: readonly Tensor[]) => Tensor,
  at: readonly Tensor[],
  along: readonly Tensor[],
  step: number,
  tolerance: number,
): Promise<void> => {
  const moved = (distance: number): Tensor[] => at.map((x, i) => add(x, multiply(along[i] as Tensor, distance)));
  const derivative = await directional(f, at, along).item();
  const difference = ((await f(moved(step)).item()) - (await f(moved(-step)).item())) / (2 * step);
  const scale = Math.max(1, Math.abs(derivative), Math.abs(difference));
  if (!(Math.abs(derivative - difference) <= tolerance * scale)) {
    throw new GradientError('checkGradients', `${what} differs from the difference quotient.`, {
      sides: { rule: derivative, difference, tolerance: tolerance * scale },
    });
  }
};
