import { createCpuBackend } from '@cotangent/backend-cpu';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import {
  Adam,
  add,
  BatchNorm1d,
  backward,
  CompileError,
  compile,
  crossEntropyLoss,
  Device,
  Dropout,
  evaluate,
  exp,
  grad,
  Linear,
  type Module,
  manualSeed,
  mean,
  multiply,
  ReLU,
  rand,
  Sequential,
  scope,
  setDefaultDevice,
  sum,
  type Tensor,
  tensor,
  Variable,
} from '../src/index.js';

let device: Device;
beforeEach(() => {
  device = new Device(createCpuBackend());
  setDefaultDevice(device);
});

const list = async (x: Tensor): Promise<number[]> => Array.from(await x.data());

/** A model with every kind of state: parameters, moments, running statistics, random keys. */
const createTraining = () => {
  manualSeed(7);
  const model: Module = new Sequential(
    new Linear(4, 8),
    new BatchNorm1d(8),
    new ReLU(),
    new Dropout(0.25),
    new Linear(8, 3),
  );
  const optimizer = new Adam(model.parameters(), { lr: 0.05 });
  const step = (x: Tensor, y: Tensor): Tensor => {
    optimizer.zeroGrad();
    const loss = crossEntropyLoss((model as Sequential).forward(x), y);
    backward(loss);
    optimizer.step();
    return loss;
  };
  return { model, optimizer, step };
};

const batch = (): [Tensor, Tensor] => [
  tensor(
    Float32Array.from({ length: 24 }, (_, i) => Math.sin(i * i)),
    { shape: [6, 4] },
  ),
  tensor([0, 1, 2, 0, 1, 2], { dtype: 'int32' }),
];

describe('a compiled function', () => {
  it('gives what the function gives, in the form in which it gives it', async () => {
    const f = compile(({ a, rest }: { a: Tensor; rest: Tensor[] }, factor: number) => ({
      sum: add(a, rest[0] as Tensor),
      others: [multiply(a, factor), a],
      note: 'kept',
    }));
    const result = f({ a: tensor([1, 2]), rest: [tensor([10, 20])] }, 3);
    expect(result.note).toBe('kept');
    expect(await list(result.sum)).toEqual([11, 22]);
    expect(await list(result.others[0] as Tensor)).toEqual([3, 6]);
    expect(await list(result.others[1] as Tensor)).toEqual([1, 2]);
  });

  it('runs on the host once for each signature', async () => {
    const body = vi.fn((x: Tensor, factor: number) => multiply(exp(x), factor));
    const f = compile(body);
    for (let i = 0; i < 5; i++) expect((await list(f(tensor([0, i]), 2)))[0]).toBe(2);
    expect(body).toHaveBeenCalledTimes(1);
    expect(await list(f(tensor([0, 0]), 3))).toEqual([3, 3]);
    expect(await list(f(tensor([0, 0, 0]), 3))).toEqual([3, 3, 3]);
    expect(body).toHaveBeenCalledTimes(3);
    expect(f.programs().size).toBe(3);
    expect([...f.programs().values()][0]?.kernels).toEqual({ map: 1 });
  });

  it('reads what it closes over at each call', async () => {
    const weight = new Variable(tensor([1, 2]));
    const offset = tensor([10, 10]);
    const f = compile((x: Tensor) => add(multiply(x, weight), offset));
    expect(await list(f(tensor([1, 1])))).toEqual([11, 12]);
    weight.assign(tensor([3, 4]));
    expect(await list(f(tensor([1, 1])))).toEqual([13, 14]);
    offset.dispose();
    expect(() => f(tensor([1, 1]))).toThrow(/closes over/);
  });

  it('assigns variables', async () => {
    const count = new Variable(tensor([0, 0]));
    const f = compile((x: Tensor) => {
      count.assign(add(count, x));
      return multiply(count, 2);
    });
    expect(await list(f(tensor([1, 2])))).toEqual([2, 4]);
    expect(await list(f(tensor([1, 2])))).toEqual([4, 8]);
    expect(await list(count)).toEqual([2, 4]);
  });

  it('lets variables trade values', async () => {
    const a = new Variable(tensor([1]));
    const b = new Variable(tensor([2]));
    const swap = compile(() => {
      const held = add(a, 0);
      a.assign(b);
      b.assign(held);
      return sum(held);
    });
    for (let i = 0; i < 3; i++) swap();
    expect(await list(a)).toEqual([2]);
    expect(await list(b)).toEqual([1]);
  });

  it('takes new random keys at each call, the same as without compilation', async () => {
    manualSeed(3);
    const plain = [await list(rand([3])), await list(rand([3]))];
    manualSeed(3);
    const draw = compile(() => rand([3]));
    expect([await list(draw()), await list(draw())]).toEqual(plain);
  });

  it('is differentiable inside, and runs as it stands under grad and inside another one', async () => {
    const energy = compile((x: Tensor) => sum(multiply(x, x)));
    const slope = compile((x: Tensor) => grad((p: Tensor) => multiply(energy(p), 2))(x));
    expect(await list(slope(tensor([1, 2])))).toEqual([4, 8]);
    expect(await list(grad((x: Tensor) => energy(x))(tensor([3])))).toEqual([6]);
  });
});

describe('a compiled training step', () => {
  it('trains as the lazy one does, to the last bit', async () => {
    const [x, y] = batch();
    const losses: number[][] = [];
    for (const isCompiled of [false, true]) {
      const { step, model } = createTraining();
      const run = isCompiled ? compile(step) : step;
      const seen: number[] = [];
      for (let i = 0; i < 12; i++) seen.push(await run(x, y).item());
      for (const [, parameter] of model.namedParameters()) seen.push(...(await list(parameter)));
      losses.push(seen);
    }
    expect(losses[1]).toEqual(losses[0]);
    expect((losses[0] as number[])[11]).toBeLessThan((losses[0] as number[])[0] as number);
  });

  it('allocates no backend buffer once it runs', async () => {
    const [x, y] = batch();
    const step = compile(createTraining().step);
    for (let i = 0; i < 3; i++) step(x, y).dispose();
    const allocate = vi.spyOn(device.backend, 'allocate');
    const before = device.memory().liveBytes;
    for (let i = 0; i < 20; i++) step(x, y).dispose();
    expect(allocate).not.toHaveBeenCalled();
    expect(device.memory().liveBytes).toBe(before);
  });

  it('leaves gradients as they were', () => {
    const [x, y] = batch();
    const { step, model } = createTraining();
    compile(step)(x, y);
    expect([...model.parameters()].every((parameter) => parameter.grad === undefined)).toBe(true);
  });

  it('takes a learning rate that changes without compiling again', async () => {
    const [x, y] = batch();
    const { step, optimizer } = createTraining();
    const run = compile(step);
    run(x, y);
    for (let i = 0; i < 3; i++) {
      for (const group of optimizer.groups) group.lr = 0.01 / (i + 1);
      run(x, y);
    }
    expect(run.programs().size).toBe(1);
  });

  it('works in a scope', async () => {
    const { step } = createTraining();
    const run = compile((x: Tensor, y: Tensor) => scope(() => step(x, y)));
    for (let i = 0; i < 4; i++) {
      await scope(async () => {
        const [x, y] = batch();
        await run(x, y).item();
      });
    }
    const before = device.memory().liveBytes;
    await scope(async () => {
      const [x, y] = batch();
      await run(x, y).item();
    });
    expect(device.memory().liveBytes).toBe(before);
  });
});

describe('a function that can not be compiled', () => {
  it('is one that reads a value inside', async () => {
    const w = new Variable(tensor([1]));
    const f = compile((x: Tensor) => multiply(x, mean(x).dataSync()[0] as number));
    expect(() => f(tensor([1, 2]))).toThrow(CompileError);
    expect(() => compile((x: Tensor) => multiply(x, w.dataSync()[0] as number))(tensor([1]))).toThrow(/where/);
  });

  it('is one that waits', () => {
    expect(() => compile(async (x: Tensor) => x)(tensor([1]))).toThrow(/asynchronous/);
  });

  it('leaves all state as it was when it throws', async () => {
    const w = new Variable(tensor([1]));
    await evaluate(w);
    let isBroken = true;
    const f = compile((x: Tensor) => {
      w.assign(add(w, x));
      w.grad = x;
      if (isBroken) throw new RangeError('no');
      return sum(w);
    });
    expect(() => f(tensor([1]))).toThrow(RangeError);
    expect(w.grad).toBeUndefined();
    expect(await list(w)).toEqual([1]);
    isBroken = false;
    expect(await f(tensor([1])).item()).toBe(2);
  });

  it('says why it compiles again and again', () => {
    const causes: string[] = [];
    const f = compile((x: Tensor, i: number) => add(x, i), { capacity: 2, onRetrace: (cause) => causes.push(cause) });
    for (let i = 0; i < 5; i++) f(tensor([1]), i).dispose();
    expect(causes).toEqual(['arguments.1: 2']);
    expect(f.programs().size).toBe(2);
  });

  it('frees its memory when disposed, and compiles anew', async () => {
    const x = tensor(new Float32Array(1000));
    const before = device.memory().liveBytes;
    const f = compile((t: Tensor) => sum(multiply(exp(t), t)));
    f(x).dispose();
    f.dispose();
    expect(device.memory().liveBytes).toBe(before);
    expect(await f(x).item()).toBe(0);
  });
});
