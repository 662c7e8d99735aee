import { backward } from '@cotangent/autograd';
import { createCpuBackend } from '@cotangent/backend-cpu';
import {
  cast,
  Device,
  type DType,
  evaluate,
  multiply,
  ShapeError,
  setDefaultDevice,
  sum,
  type Tensor,
  tensor,
  ValueError,
  Variable,
  zeros,
} from '@cotangent/tensor';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import {
  Adadelta,
  Adagrad,
  Adam,
  Adamax,
  AdamW,
  Lion,
  NAdam,
  type Optimizer,
  RAdam,
  RMSprop,
  SGD,
} from '../src/index.js';

let device: Device;
beforeEach(() => {
  device = new Device(createCpuBackend());
  setDefaultDevice(device);
});

const startingAt = (values: number[], dtype: DType = 'float64'): Variable => new Variable(tensor(values, { dtype }));
const list = async (x: Tensor): Promise<number[]> => Array.from(await x.data());

/** One step down `Σ c·x²/2` with c = 1, 4: the gradient is `c·x`. */
const descend = (optimizer: Optimizer, x: Variable): void => {
  const curvature = tensor([0.5, 2], { dtype: 'float64' });
  optimizer.zeroGrad();
  backward(sum(multiply(cast(curvature, x.dtype), multiply(x, x))));
  optimizer.step();
};

/** Values after three steps from 1 and −2, by PyTorch's formulas in double precision. */
const trajectories: readonly [string, (x: Variable) => Optimizer, readonly number[]][] = [
  ['SGD', (x) => new SGD([x], { lr: 0.1 }), [0.729, -0.432]],
  [
    'SGD with momentum, dampening and weight decay',
    (x) => new SGD([x], { lr: 0.1, momentum: 0.9, dampening: 0.3, weightDecay: 0.01 }),
    [0.55288830251, 0.85162527698],
  ],
  ['SGD with Nesterov momentum', (x) => new SGD([x], { lr: 0.1, momentum: 0.9, nesterov: true }), [0.327321, 0.866592]],
  ['Adam', (x) => new Adam([x], { lr: 0.1 }), [0.701586274504415, -1.7006233916636408]],
  [
    'Adam with AMSGrad and a penalty',
    (x) => new Adam([x], { lr: 0.1, betas: [0.8, 0.99], epsilon: 1e-6, weightDecay: 0.1, amsgrad: true }),
    [0.7026564836672106, -1.7011364744123263],
  ],
  ['AdamW', (x) => new AdamW([x], { lr: 0.1, weightDecay: 0.1 }), [0.6751012231892008, -1.6443686831798794]],
  ['RMSprop', (x) => new RMSprop([x], { lr: 0.1 }), [5.088548357453895e-12, -0.3096873766994601]],
  [
    'RMSprop, centered and with momentum',
    (x) => new RMSprop([x], { lr: 0.1, alpha: 0.9, momentum: 0.5, centered: true, weightDecay: 0.1 }),
    [0.02084087662612022, -0.8969423872466777],
  ],
  ['Adagrad', (x) => new Adagrad([x], { lr: 0.1 }), [0.7804561813655163, -1.775821515010822]],
  [
    'Adagrad with a falling rate',
    (x) => new Adagrad([x], { lr: 0.1, lrDecay: 0.5, weightDecay: 0.1, initialAccumulatorValue: 0.2 }),
    [0.83833557353452, -1.8263885067939183],
  ],
  ['Adadelta', (x) => new Adadelta([x], { weightDecay: 0.1 }), [0.9903090742058517, -1.9903007500587007]],
  ['Adamax', (x) => new Adamax([x], { lr: 0.1 }), [0.7154994747368055, -1.7076482351974562]],
  ['NAdam', (x) => new NAdam([x], { lr: 0.1 }), [0.7541295193101241, -1.7489512130543328]],
  ['RAdam', (x) => new RAdam([x], { lr: 0.1, betas: [0.9, 0.9] }), [0.7157700524373665, -0.08599728102544157]],
  ['Lion', (x) => new Lion([x], { lr: 0.1, weightDecay: 0.5 }), [0.572125, -1.4295]],
];

describe.each(trajectories)('%s', (_, create, expected) => {
  it('takes the steps of its formula', async () => {
    const x = startingAt([1, -2]);
    const optimizer = create(x);
    for (let step = 0; step < 3; step++) {
      descend(optimizer, x);
      await evaluate(x);
    }
    const reached = await list(x);
    for (const [i, value] of reached.entries()) expect(value).toBeCloseTo(expected[i] as number, 9);
  });

  it('continues bit by bit from a saved state', async () => {
    const x = startingAt([1, -2], 'float32');
    const optimizer = create(x);
    for (let step = 0; step < 3; step++) descend(optimizer, x);
    const { tensors, settings } = optimizer.stateDict();
    const saved = Object.fromEntries(
      await Promise.all(
        Object.entries(tensors).map(async ([name, value]) => {
          const copy = tensor(Float32Array.from(await value.data()), { shape: value.shape });
          return [name, copy] as const;
        }),
      ),
    );
    const y = startingAt(await list(x), 'float32');
    const other = create(y);
    other.loadStateDict({ tensors: saved, settings: JSON.parse(JSON.stringify(settings)) });
    for (let step = 0; step < 3; step++) {
      descend(optimizer, x);
      descend(other, y);
    }
    expect(await list(y)).toEqual(await list(x));
  });
});

describe('an optimizer', () => {
  it('leaves parameters without a gradient as they are', async () => {
    const [x, still] = [startingAt([1, -2]), startingAt([5])];
    descend(new Adam([x, still]), x);
    expect(await list(still)).toEqual([5]);
  });

  it('counts the steps of a parameter from its own first one', async () => {
    const [early, late] = [startingAt([1, -2]), startingAt([1, -2])];
    const optimizer = new Adam([early, late], { lr: 0.1 });
    descend(optimizer, early);
    descend(optimizer, early);
    descend(optimizer, late);
    expect(await list(late)).toEqual([expect.closeTo(0.9, 7), expect.closeTo(-1.9, 7)]);
  });

  it('gives groups options of their own', async () => {
    const [fast, slow] = [startingAt([1, 1]), startingAt([1, 1])];
    const optimizer = new SGD([{ parameters: [fast] }, { parameters: [slow], lr: 0.01 }], { lr: 0.5 });
    backward(sum(multiply(fast, slow)));
    optimizer.step();
    expect(await list(fast)).toEqual([0.5, 0.5]);
    expect(await list(slow)).toEqual([0.99, 0.99]);
    expect(optimizer.groups.map(({ lr }) => lr)).toEqual([0.5, 0.01]);
  });

  it('follows a learning rate and a momentum that change', async () => {
    const x = startingAt([1, 1]);
    const optimizer = new SGD([x], { lr: 0.5, momentum: 0.9 });
    const [group] = optimizer.groups;
    descend(optimizer, x);
    if (group !== undefined) {
      group.lr = 0.25;
      group.momentum = 0;
    }
    descend(optimizer, x);
    // 1 − ½ and 1 − ½·4, then a quarter of the gradient alone.
    expect(await list(x)).toEqual([0.375, 0]);
  });

  it('compiles nothing anew when the learning rate changes', async () => {
    const x = startingAt([1, -2], 'float32');
    const optimizer = new AdamW([x], { lr: 0.1 });
    const curvature = tensor([0.5, 2]);
    const step = async (lr: number): Promise<void> => {
      for (const group of optimizer.groups) group.lr = lr;
      optimizer.zeroGrad();
      backward(sum(multiply(curvature, multiply(x, x))));
      optimizer.step();
      await evaluate(x);
    };
    await step(0.1);
    await step(0.09);
    const prepare = vi.spyOn(device.backend, 'prepare');
    for (let i = 0; i < 5; i++) await step(0.08 - i / 100);
    expect(prepare).not.toHaveBeenCalled();
  });

  it('steps again from where it was when an evaluation failed', async () => {
    const x = startingAt([1, -2], 'float32');
    const optimizer = new Adam([x], { lr: 0.1 });
    descend(optimizer, x);
    const before = await list(x);
    descend(optimizer, x);
    device.budget = device.memory().liveBytes;
    await expect(evaluate(x)).rejects.toThrow(/budget/);
    device.budget = 2 ** 30;
    expect(await list(x)).toEqual(before);
    descend(optimizer, x);
    const again = await list(x);
    expect(again[0]).toBeCloseTo(0.8, 2);
  });

  it('updates float16 parameters through float32', async () => {
    const x = startingAt([1, -2], 'float16');
    const optimizer = new SGD([x], { lr: 0.25 });
    descend(optimizer, x);
    expect(x.dtype).toBe('float16');
    expect(await list(x)).toEqual([0.75, 0]);
  });

  it('refuses options and parameters that make no sense', () => {
    const x = startingAt([1]);
    expect(() => new SGD([x], { lr: -1 })).toThrow(ValueError);
    expect(() => new SGD([x], { lr: 0.1, nesterov: true })).toThrow(ValueError);
    expect(() => new Adam([x], { betas: [0.9, 1] })).toThrow(ValueError);
    expect(() => new Adam([])).toThrow(ValueError);
    expect(() => new Adam([x, x])).toThrow(/twice/);
    expect(() => new Adam([new Variable(zeros([1], { dtype: 'int32' }))])).toThrow(/floating point/);
    const [group] = new SGD([x], { lr: 0.1 }).groups;
    expect(() => {
      if (group !== undefined) group.momentum = 0.9;
    }).toThrow(ValueError);
  });

  it('refuses a state that does not fit, and stays as it was', async () => {
    const x = startingAt([1, -2]);
    const optimizer = new Adam([x], { lr: 0.1 });
    const sgd = new SGD([x], { lr: 0.1 }).stateDict();
    expect(() => optimizer.loadStateDict(sgd)).toThrow(ValueError);
    descend(optimizer, x);
    const { tensors, settings } = optimizer.stateDict();
    const { '0.mean': mean, ...rest } = tensors;
    expect(mean?.shape).toEqual([2]);
    expect(() => optimizer.loadStateDict({ tensors: rest, settings })).toThrow(/'0.mean' is missing/);
    const wrong = { ...tensors, '0.mean': tensor([1]) };
    expect(() => optimizer.loadStateDict({ tensors: wrong, settings })).toThrow(ShapeError);
  });
});

describe('RAdam', () => {
  it('adapts from the sixth step on', async () => {
    const x = startingAt([1, -2]);
    const optimizer = new RAdam([x], { lr: 0.1, betas: [0.9, 0.9] });
    for (let step = 0; step < 8; step++) descend(optimizer, x);
    // The series of the effective length leaves 1e-9.
    expect(await list(x)).toEqual([0.4570904950769788, 0.5275273492703939].map((value) => expect.closeTo(value, 7)));
  });
});
