import { backward } from '@cotangent/autograd';
import { createCpuBackend } from '@cotangent/backend-cpu';
import {
  add,
  Device,
  evaluate,
  setDefaultDevice,
  sum,
  type Tensor,
  tensor,
  ValueError,
  Variable,
  zeros,
} from '@cotangent/tensor';
import { beforeEach, describe, expect, it } from 'vitest';
import { BatchNorm1d, Dropout, Linear, Module, Parameter, ReLU, Sequential } from '../src/index.js';

beforeEach(() => setDefaultDevice(new Device(createCpuBackend())));

const list = async (x: Tensor): Promise<number[]> => Array.from(await x.data());

class Model extends Module {
  readonly scale = new Parameter(tensor([2]), { name: 'scale' });
  readonly mean = new Variable(tensor([0.5]), { name: 'mean', trainable: false });
  readonly body = new Sequential(new Linear(2, 3), new ReLU(), new BatchNorm1d(3));
  readonly heads = [new Linear(3, 1), new Linear(3, 1)];
  readonly dropout = new Dropout(0.1);
  readonly shared = this.heads[0] as Linear;

  forward(x: Tensor): Tensor {
    const features = this.dropout.forward(this.body.forward(x));
    return this.heads.map((head) => head.forward(features)).reduce((total, y) => add(total, y));
  }
}

describe('a module', () => {
  it('names its parameters by property, in order of declaration, each once', () => {
    expect(new Model().namedParameters().map(([name]) => name)).toEqual([
      'scale',
      'body.0.weight',
      'body.0.bias',
      'body.2.weight',
      'body.2.bias',
      'heads.0.weight',
      'heads.0.bias',
      'heads.1.weight',
      'heads.1.bias',
    ]);
  });

  it('tells buffers from parameters', () => {
    const model = new Model();
    expect(model.namedBuffers().map(([name]) => name)).toEqual([
      'mean',
      'body.2.running_mean',
      'body.2.running_var',
      'body.2.num_batches_tracked',
      'dropout.key',
    ]);
    for (const parameter of model.parameters()) parameter.trainable = false;
    expect(model.parameters()).toHaveLength(9);
    expect(model.modules()).toHaveLength(8);
  });

  it('sends train and eval to all below', () => {
    const model = new Model();
    expect(
      model
        .eval()
        .modules()
        .some(({ isTraining }) => isTraining),
    ).toBe(false);
    expect(
      model
        .train()
        .modules()
        .every(({ isTraining }) => isTraining),
    ).toBe(true);
  });

  it('forgets gradients', () => {
    const model = new Model();
    backward(
      sum(
        model.forward(
          tensor([
            [1, 2],
            [3, 5],
          ]),
        ),
      ),
    );
    expect(model.parameters().filter(({ grad }) => grad !== undefined)).toHaveLength(8);
    model.zeroGrad();
    expect(model.parameters().some(({ grad }) => grad !== undefined)).toBe(false);
  });

  it('sums itself up', () => {
    expect(new Model().summary()).toMatchInlineSnapshot(`
      "module   kind         elements  parameters
               Model        1         scale [1]
      body     Sequential
      body.0   Linear       9         weight [3, 2], bias [3]
      body.1   ReLU
      body.2   BatchNorm1d  6         weight [3], bias [3]
      heads.0  Linear       4         weight [1, 3], bias [1]
      heads.1  Linear       4         weight [1, 3], bias [1]
      dropout  Dropout
      parameters: 24, 24 of them trainable; buffers: 10"
    `);
  });
});

describe('a state dict', () => {
  it('carries values from one model to another', async () => {
    const [source, target] = [new Model(), new Model()];
    source.forward(
      tensor([
        [1, 2],
        [3, 5],
      ]),
    );
    expect(target.loadStateDict(source.stateDict())).toEqual({ missing: [], unexpected: [] });
    const x = tensor([
      [1, 2],
      [3, 5],
    ]);
    expect(await list(target.eval().forward(x))).toEqual(await list(source.eval().forward(x)));
  });

  it('carries the keys of dropout when they are in it', async () => {
    const [source, target] = [new Model(), new Model()];
    target.loadStateDict(source.stateDict({ transient: true }));
    expect(await list(target.dropout.key)).toEqual(await list(source.dropout.key));
  });

  it('says all that is missing, unexpected or does not fit, and then loads nothing', async () => {
    const layer = new Linear(2, 1);
    const before = await list(layer.weight);
    expect(() =>
      layer.loadStateDict({ weight: zeros([3, 1]), running_mean: zeros([1]) }),
    ).toThrowErrorMatchingInlineSnapshot(`
      [ValueError: loadStateDict: the state does not fit the module.
        missing     [bias]
        unexpected  [running_mean]
        mismatched  [weight: float32 [1, 2] here, float32 [3, 1] given]]
    `);
    expect(() => layer.loadStateDict({ weight: zeros([1, 2], { dtype: 'int32' }), bias: zeros([1]) })).toThrow(
      ValueError,
    );
    expect(await list(layer.weight)).toEqual(before);
  });

  it('may be partial where it is not strict', async () => {
    const layer = new Linear(2, 1);
    const difference = layer.loadStateDict({ bias: tensor([7]), other: zeros([1]) }, { strict: false });
    expect(difference).toEqual({ missing: ['weight'], unexpected: ['other'] });
    expect(await list(layer.bias as Tensor)).toEqual([7]);
    expect(() => layer.loadStateDict({ bias: zeros([2]) }, { strict: false })).toThrow(ValueError);
  });

  it('does not look up names that objects give a meaning', () => {
    expect(() => new Linear(1, 1).loadStateDict(Object.create({ weight: zeros([1, 1]), bias: zeros([1]) }))).toThrow(
      /missing/,
    );
  });
});

describe('toDevice', () => {
  it('moves parameters and buffers', async () => {
    const model = new Model();
    const x = tensor([
      [1, 2],
      [3, 5],
    ]);
    const here = await list(model.eval().forward(x));
    const other = new Device(createCpuBackend());
    await model.toDevice(other);
    expect(model.buffers().every(({ device }) => device === other)).toBe(true);
    expect(
      await list(
        model.forward(
          tensor(
            [
              [1, 2],
              [3, 5],
            ],
            { device: other },
          ),
        ),
      ),
    ).toEqual(here);
    await evaluate(...model.parameters());
    expect(other.memory().liveBuffers).toBeGreaterThanOrEqual(13);
  });
});
