import { createCpuBackend } from '@cotangent/backend-cpu';
import {
  add,
  Device,
  detach,
  evaluate,
  exp,
  GradientError,
  matmul,
  multiply,
  setDefaultDevice,
  subtract,
  sum,
  type Tensor,
  tensor,
  Variable,
} from '@cotangent/tensor';
import { beforeEach, describe, expect, it } from 'vitest';
import {
  backward,
  customVjp,
  detectAnomalies,
  grad,
  hessian,
  hvp,
  jacobian,
  jvp,
  noGrad,
  Tape,
  valueAndGrad,
  vjp,
} from '../src/index.js';

let device: Device;
beforeEach(() => {
  device = new Device(createCpuBackend());
  setDefaultDevice(device);
});

const square = (x: Tensor): Tensor => multiply(x, x);
const list = async (x: Tensor | undefined): Promise<number[]> => Array.from(await (x as Tensor).data());

describe('backward', () => {
  it('adds to the gradient of every trainable variable', async () => {
    const w = new Variable(tensor([1, 2]));
    const fixed = new Variable(tensor([3, 4]), { trainable: false });
    backward(sum(multiply(square(w), fixed)));
    expect(await list(w.grad)).toEqual([6, 16]);
    expect(fixed.grad).toBeUndefined();
    backward(sum(w));
    expect(await list(w.grad)).toEqual([7, 17]);
  });

  it('works after the loss was read', async () => {
    const w = new Variable(tensor([1, 2]));
    const loss = sum(square(w));
    expect(await loss.item()).toBe(5);
    backward(loss);
    expect(await list(w.grad)).toEqual([2, 4]);
  });

  it('frees the history, unless asked to keep it', async () => {
    const w = new Variable(tensor([1, 2]));
    const kept = sum(square(w));
    backward(kept, { retainGraph: true });
    backward(kept);
    expect(await list(w.grad)).toEqual([4, 8]);
    expect(() => backward(kept)).toThrow(GradientError);
  });

  it('refuses a loss that is not a scalar, or depends on no variable', () => {
    const w = new Variable(tensor([1, 2]));
    expect(() => backward(square(w))).toThrow(/scalar/);
    expect(() => backward(sum(tensor([1])))).toThrow(/no trainable variable/);
    expect(() => backward(noGrad(() => sum(w)))).toThrow(/no trainable variable/);
  });

  it('stops at detach', async () => {
    const w = new Variable(tensor([2]));
    backward(sum(multiply(detach(w), w)));
    expect(await list(w.grad)).toEqual([2]);
  });

  it('makes gradients that can be differentiated, when asked', async () => {
    const w = new Variable(tensor([3]));
    backward(sum(multiply(square(w), w)), { createGraph: true });
    const first = w.grad as Tensor;
    w.grad = undefined;
    backward(sum(first));
    expect(await list(w.grad)).toEqual([18]);
  });

  it('trains, with live bytes constant over the steps', async () => {
    const w = new Variable(multiply(tensor([[0.5], [-0.5]]), 1));
    const x = tensor([
      [1, 2],
      [3, 4],
      [5, 6],
    ]);
    const y = tensor([[5], [11], [17]]);
    let after50 = 0;
    let last = 0;
    for (let step = 0; step < 400; step++) {
      if (step === 50) after50 = device.memory().liveBytes;
      w.grad = undefined;
      using loss = sum(square(subtract(matmul(x, w), y)));
      backward(loss);
      w.assign(noGrad(() => subtract(w, multiply(w.grad as Tensor, 0.008))));
      last = await loss.item();
    }
    expect(last).toBeLessThan(0.1);
    expect(device.memory().liveBytes).toBe(after50);
    await evaluate(w);
  });
});

describe('a tape', () => {
  it('keeps what it recorded, also after evaluation', async () => {
    using tape = new Tape();
    const x = tensor([1, 2]);
    tape.watch(x);
    const y = sum(square(square(x)));
    await y.item();
    expect(await list(tape.gradient(y, [x])[0])).toEqual([4, 32]);
  });

  it('gives zero for a source the target does not depend on', async () => {
    using tape = new Tape();
    const x = tensor([1, 2]);
    const z = tensor([3]);
    tape.watch(x, z);
    expect(await list(tape.gradient(sum(x), [z])[0])).toEqual([0]);
  });

  it('refuses a source it did not watch, and work after its end', () => {
    const tape = new Tape();
    const x = tensor([1, 2]);
    const y = sum(x);
    expect(() => tape.gradient(y, [x])).toThrow(/not watched/);
    tape.dispose();
    expect(() => tape.gradient(y, [x])).toThrow(/disposed/);
  });
});

describe('transforms', () => {
  it('give value and gradient in the form of the argument', async () => {
    const f = ({ w, b }: { w: Tensor; b: readonly Tensor[] }): Tensor => sum(multiply(square(w), b[0] as Tensor));
    const { value, gradient } = valueAndGrad(f)({ w: tensor([1, 2]), b: [tensor([3, 4])] });
    expect(await value.item()).toBe(19);
    expect(await list(gradient.w)).toEqual([6, 16]);
    expect(await list(gradient.b[0])).toEqual([1, 4]);
  });

  it('nest', async () => {
    const cube = (x: Tensor): Tensor => sum(multiply(square(x), x));
    const third = grad((x: Tensor) => sum(grad((y: Tensor) => sum(grad(cube)(y)))(x)));
    expect(await list(third(tensor([5])))).toEqual([6]);
  });

  it('tell the same tensor in two places apart', async () => {
    const x = tensor([3]);
    const gradients = grad(([a, b]: readonly [Tensor, Tensor]) => sum(multiply(square(a), b)))([x, x]);
    expect(await list(gradients[0])).toEqual([18]);
    expect(await list(gradients[1])).toEqual([9]);
  });

  it('pull cotangents back and push tangents forward', async () => {
    const x = tensor([1, 2]);
    const { value, pull } = vjp((t) => square(t as Tensor), x);
    expect(await list(value)).toEqual([1, 4]);
    expect(await list(pull(tensor([1, 10]))[0])).toEqual([2, 40]);
    const { tangent } = jvp((t) => square(t as Tensor), [x], [tensor([1, 10])]);
    expect(await list(tangent)).toEqual([2, 40]);
  });

  it('give Jacobians, Hessians and their products', async () => {
    const cube = (x: Tensor): Tensor => sum(multiply(square(x), x));
    expect(await jacobian(square, tensor([1, 2])).toArray()).toEqual([
      [2, 0],
      [0, 4],
    ]);
    expect(await hessian(cube, tensor([1, 2])).toArray()).toEqual([
      [6, 0],
      [0, 12],
    ]);
    expect(await list(hvp(cube, tensor([1, 2]), tensor([1, 1])))).toEqual([6, 12]);
  });
});

describe('customVjp', () => {
  const clipped = customVjp(
    (x) => square(x as Tensor),
    (cotangent) => [multiply(cotangent, 7)],
  );

  it('takes the place of the rules', async () => {
    expect(await list(grad((x: Tensor) => sum(clipped(x)))(tensor([1, 2])))).toEqual([7, 7]);
    const w = new Variable(tensor([1]));
    backward(sum(clipped(w)));
    expect(await list(w.grad)).toEqual([7]);
  });

  it('is differentiable again', async () => {
    const cubeRule = customVjp(
      (x) => multiply(square(x as Tensor), x as Tensor),
      (cotangent, [x]) => [multiply(cotangent, multiply(square(x as Tensor), 3))],
    );
    expect(await list(grad((x: Tensor) => sum(grad((y: Tensor) => sum(cubeRule(y)))(x)))(tensor([2])))).toEqual([12]);
  });

  it('refuses a gradient of another shape', () => {
    const wrong = customVjp(
      (x) => x as Tensor,
      () => [tensor([1, 2, 3])],
    );
    expect(() => grad((x: Tensor) => sum(wrong(x)))(tensor([1]))).toThrow(/shape/);
  });
});

describe('detectAnomalies', () => {
  it('names the op that first gave NaN, and passes results on', async () => {
    const x = tensor([1, -1]);
    await expect(detectAnomalies(() => sum(exp(subtract(multiply(x, 1e30), multiply(x, 1e30)))).item())).resolves.toBe(
      2,
    );
    await expect(detectAnomalies(async () => (await import('@cotangent/tensor')).sqrt(x))).rejects.toThrow(
      /sqrt gave NaN/,
    );
  });

  it('sees gradients', async () => {
    const { sqrt } = await import('@cotangent/tensor');
    await expect(detectAnomalies(() => grad((x: Tensor) => sum(sqrt(x)))(tensor([0])))).rejects.toThrow(
      /divide gave an infinity/,
    );
  });

  it('names values that were given so', async () => {
    await expect(detectAnomalies(() => add(tensor([Number.NaN]), 1))).rejects.toThrow(GradientError);
  });
});
