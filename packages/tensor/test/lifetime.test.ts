import { createCpuBackend } from '@cotangent/backend-cpu';
import { beforeEach, describe, expect, it } from 'vitest';
import {
  add,
  Device,
  DisposedError,
  evaluate,
  exp,
  multiply,
  OutOfMemoryError,
  reshape,
  scope,
  setDefaultDevice,
  sum,
  tensor,
  Variable,
  zeros,
} from '../src/index.js';

let device: Device;
beforeEach(() => {
  device = new Device(createCpuBackend());
  setDefaultDevice(device);
});
const live = (): number => device.memory().liveBuffers;

describe('a tensor', () => {
  it('has no memory before it is evaluated', () => {
    exp(zeros([1000, 1000]));
    expect(live()).toBe(0);
  });

  it('keeps only requested results', async () => {
    const x = tensor([1, 2, 3]);
    const y = exp(multiply(exp(x), 2));
    await y.data();
    expect(live()).toBe(2);
  });

  it('gives its memory back when disposed, once', () => {
    const x = tensor([1, 2, 3]);
    x.dispose();
    x.dispose();
    expect(live()).toBe(0);
  });

  it('can not be used after it was disposed', async () => {
    const x = tensor([1, 2, 3]);
    const y = exp(x);
    x.dispose();
    expect(() => add(x, 1)).toThrow(DisposedError);
    await expect(x.data()).rejects.toThrow(DisposedError);
    await expect(y.data()).rejects.toThrow(DisposedError);
  });

  it('shares memory with a reshaped one until both are gone', async () => {
    const x = tensor([1, 2, 3, 4]);
    const y = reshape(x, [2, 2]);
    await evaluate(y);
    expect(live()).toBe(1);
    x.dispose();
    expect(await y.toArray()).toEqual([
      [1, 2],
      [3, 4],
    ]);
    y.dispose();
    expect(live()).toBe(0);
  });

  it('is freed at the end of a block that uses it', () => {
    {
      using x = tensor([1, 2, 3]);
      expect(x.size).toBe(3);
      expect(live()).toBe(1);
    }
    expect(live()).toBe(0);
  });
});

describe('scope', () => {
  it('frees what was made inside and is not returned', async () => {
    const y = scope(() => {
      const x = tensor([1, 2, 3]);
      tensor([4, 5, 6]);
      return exp(x);
    });
    expect(live()).toBe(1);
    expect((await y.data())[0]).toBeCloseTo(Math.E, 5);
  });

  it('lasts until a promise settles', async () => {
    const total = await scope(async () => {
      const x = tensor([1, 2, 3]);
      return sum(exp(x)).item();
    });
    expect(total).toBeCloseTo(30.19, 1);
    expect(live()).toBe(0);
  });

  it('frees when its body throws', () => {
    expect(() =>
      scope(() => {
        tensor([1, 2, 3]);
        throw new RangeError('no');
      }),
    ).toThrow(RangeError);
    expect(live()).toBe(0);
  });

  it('hands results to the scope around it', () => {
    scope(() => {
      scope(() => tensor([1, 2]));
      expect(live()).toBe(1);
    });
    expect(live()).toBe(0);
  });

  it('keeps the values of variables', async () => {
    const v = scope(() => {
      const variable = new Variable(tensor([1, 2]));
      return { variable };
    }).variable;
    await scope(async () => {
      v.assign(add(v, 1));
      await evaluate(v);
    });
    expect(await v.toArray()).toEqual([2, 3]);
  });
});

describe('a variable', () => {
  it('frees its former value with the evaluation that replaces it', async () => {
    using initial = tensor([1, 2]);
    const v = new Variable(initial);
    await evaluate(v);
    initial.dispose();
    const before = device.memory().liveBytes;
    for (let i = 0; i < 100; i++) {
      v.assign(multiply(v, 1.01));
      await evaluate(v);
    }
    expect(device.memory().liveBytes).toBe(before);
  });

  it('takes assignments into the next evaluation of anything', async () => {
    const v = new Variable(tensor([1, 2]));
    const loss = sum(v);
    v.assign(multiply(v, 10));
    expect(await loss.item()).toBe(3);
    expect(await v.toArray()).toEqual([10, 20]);
  });

  it('keeps its former value while only what is known already is read', async () => {
    const v = new Variable(tensor([1, 2]));
    const known = tensor([5]);
    const later = sum(v);
    v.assign(multiply(v, 10));
    await known.data();
    expect(await later.item()).toBe(3);
  });

  it('is as it was when its new value can not be computed', async () => {
    const v = new Variable(tensor([1, 2]));
    await evaluate(v);
    const x = tensor([1, 1]);
    v.assign(add(v, x));
    x.dispose();
    await expect(evaluate(v)).rejects.toThrow(DisposedError);
    expect(await v.toArray()).toEqual([1, 2]);
  });

  it('keeps its shape and dtype', () => {
    const v = new Variable(tensor([1, 2]), { name: 'weight' });
    expect(() => v.assign(tensor([1, 2, 3]))).toThrow(/'weight'/);
    expect(() => v.assign(tensor([1, 2], { dtype: 'int32' }))).toThrow(/int32/);
  });
});

describe('the budget', () => {
  it('is an error before it is passed, and leaves everything as it was', async () => {
    device.budget = 1000;
    const x = tensor(new Float32Array(100));
    await expect(exp(reshape(add(x, zeros([10, 100])), [1000])).data()).rejects.toThrow(OutOfMemoryError);
    expect(live()).toBe(1);
    expect((await x.data()).length).toBe(100);
  });
});
