import { createCpuBackend } from '@cotangent/backend-cpu';
import { Device, setDefaultDevice, tensor, ValueError, Variable } from '@cotangent/tensor';
import { beforeAll, describe, expect, it } from 'vitest';
import { clipGradNorm, clipGradValue } from '../src/index.js';

beforeAll(() => setDefaultDevice(new Device(createCpuBackend())));

const withGradient = (gradient: number[]): Variable => {
  const variable = new Variable(tensor(gradient.map(() => 0)));
  variable.grad = tensor(gradient);
  return variable;
};

const gradientOf = async ({ grad }: Variable): Promise<number[]> => Array.from((await grad?.data()) ?? []);

describe('clipGradNorm', () => {
  it('scales all gradients together, and gives the norm before', async () => {
    const parameters = [withGradient([3, 0]), new Variable(tensor([1])), withGradient([4])];
    const norm = clipGradNorm(parameters, 1);
    expect(await norm.item()).toBe(5);
    expect(await gradientOf(parameters[0] as Variable)).toEqual([expect.closeTo(0.6, 6), 0]);
    expect(await gradientOf(parameters[2] as Variable)).toEqual([expect.closeTo(0.8, 6)]);
  });

  it('leaves smaller gradients as they are', async () => {
    const parameter = withGradient([3, 4]);
    clipGradNorm([parameter], 6);
    expect(await gradientOf(parameter)).toEqual([3, 4]);
  });

  it('takes other norms', async () => {
    expect(await clipGradNorm([withGradient([3, -4])], 9, { normType: 1 }).item()).toBe(7);
    expect(await clipGradNorm([withGradient([3, -4]), withGradient([1])], 9, { normType: Infinity }).item()).toBe(4);
    expect(await clipGradNorm([withGradient([1, 2])], 9, { normType: 3 }).item()).toBeCloseTo(9 ** (1 / 3), 5);
  });

  it('gives 0 where nothing has a gradient, and refuses a negative norm', async () => {
    expect(await clipGradNorm([new Variable(tensor([1]))], 1).item()).toBe(0);
    expect(() => clipGradNorm([], -1)).toThrow(ValueError);
  });
});

describe('clipGradValue', () => {
  it('limits every element', async () => {
    const parameter = withGradient([0.5, -3, 2]);
    clipGradValue([parameter], 1);
    expect(await gradientOf(parameter)).toEqual([0.5, -1, 1]);
  });
});
