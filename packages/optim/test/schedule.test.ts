import { createCpuBackend } from '@cotangent/backend-cpu';
import { Device, setDefaultDevice, tensor, ValueError, Variable } from '@cotangent/tensor';
import { beforeAll, describe, expect, it } from 'vitest';
import {
  Adam,
  ConstantLR,
  CosineAnnealingLR,
  CosineAnnealingWarmRestarts,
  CyclicLR,
  ExponentialLR,
  LambdaLR,
  LinearLR,
  MultiStepLR,
  OneCycleLR,
  type Optimizer,
  PolynomialLR,
  ReduceLROnPlateau,
  SequentialLR,
  SGD,
  StepLR,
} from '../src/index.js';

beforeAll(() => setDefaultDevice(new Device(createCpuBackend())));

const createOptimizer = (lr: number): Optimizer => new SGD([new Variable(tensor([1]))], { lr, momentum: 0.5 });

const rateOf = (optimizer: Optimizer): number => optimizer.groups[0]?.lr as number;

/** Rates of the first `count` steps. */
const ratesOf = (lr: number, create: (optimizer: Optimizer) => { step(): void }, count: number): number[] => {
  const optimizer = createOptimizer(lr);
  const schedule = create(optimizer);
  return Array.from({ length: count }, (_, i) => {
    if (i > 0) schedule.step();
    return rateOf(optimizer);
  });
};

const close = (values: readonly number[]): unknown[] => values.map((value) => expect.closeTo(value, 12));

/** From torch.optim.lr_scheduler. */
const schedules: readonly [string, number, (optimizer: Optimizer) => { step(): void }, readonly number[]][] = [
  ['StepLR', 0.1, (o) => new StepLR(o, { stepSize: 2, gamma: 0.5 }), [0.1, 0.1, 0.05, 0.05, 0.025]],
  ['MultiStepLR', 0.1, (o) => new MultiStepLR(o, { milestones: [1, 3], gamma: 0.3 }), [0.1, 0.03, 0.03, 0.009, 0.009]],
  ['ExponentialLR', 0.1, (o) => new ExponentialLR(o, { gamma: 0.95 }), [0.1, 0.095, 0.09025, 0.0857375]],
  ['LambdaLR', 0.5, (o) => new LambdaLR(o, (step) => 1 / (1 + step)), [0.5, 0.25, 0.5 / 3]],
  ['LinearLR', 0.1, (o) => new LinearLR(o, { startFactor: 0.1, totalSteps: 3 }), [0.01, 0.04, 0.07, 0.1, 0.1]],
  ['ConstantLR', 0.1, (o) => new ConstantLR(o, { factor: 0.25, totalSteps: 2 }), [0.025, 0.025, 0.1, 0.1]],
  ['PolynomialLR', 0.1, (o) => new PolynomialLR(o, { totalSteps: 25, power: 2 }), [0.1, 0.09216, 0.08464, 0.07744]],
  [
    'CosineAnnealingLR',
    0.2,
    (o) => new CosineAnnealingLR(o, { period: 4, minimum: 0.1 }),
    [0.2, 0.15 + 0.05 * Math.SQRT1_2, 0.15, 0.15 - 0.05 * Math.SQRT1_2, 0.1, 0.15 - 0.05 * Math.SQRT1_2, 0.15],
  ],
  [
    'CosineAnnealingWarmRestarts',
    0.1,
    (o) => new CosineAnnealingWarmRestarts(o, { period: 2, growth: 2 }),
    [0.1, 0.05, 0.1, 0.05 + 0.05 * Math.SQRT1_2, 0.05, 0.05 - 0.05 * Math.SQRT1_2, 0.1],
  ],
  [
    'CyclicLR',
    0.01,
    (o) => new CyclicLR(o, { minimum: 0.01, maximum: 0.1, riseSteps: 6 }),
    [0.01, 0.025, 0.04, 0.055, 0.07, 0.085, 0.1, 0.085],
  ],
  [
    'CyclicLR in triangles of half the height',
    0.01,
    (o) => new CyclicLR(o, { minimum: 0, maximum: 0.1, riseSteps: 1, fallSteps: 2, mode: 'triangular2' }),
    [0, 0.1, 0.05, 0, 0.05, 0.025, 0],
  ],
];

describe.each(schedules)('%s', (_, lr, create, expected) => {
  it('sets the rates of its formula', () => {
    expect(ratesOf(lr, create, expected.length)).toEqual(close(expected));
  });
});

describe('OneCycleLR', () => {
  it('lets the rate rise and fall, and the momentum the other way', () => {
    const optimizer = createOptimizer(1);
    const schedule = new OneCycleLR(optimizer, { maximum: 0.1, totalSteps: 40 });
    const [group] = optimizer.groups;
    expect([group?.lr, group?.momentum]).toEqual(close([0.004, 0.95]));
    for (let step = 0; step < 11; step++) schedule.step();
    expect([group?.lr, group?.momentum]).toEqual(close([0.1, 0.85]));
    schedule.step();
    expect([group?.lr, group?.momentum]).toEqual(close([0.09968561175222017, 0.8503143895053379]));
    for (let step = 0; step < 27; step++) schedule.step();
    expect([group?.lr, group?.momentum]).toEqual(close([4e-7, 0.95]));
    expect(() => schedule.step()).toThrow(/cycle is over/);
  });

  it('comes back to the first rate before the last with three phases', () => {
    const rates = ratesOf(1, (o) => new OneCycleLR(o, { maximum: 0.5, totalSteps: 40, threePhases: true }), 40);
    expect([rates[11], rates[22], rates[23], rates[39]]).toEqual(close([0.5, 0.02, 0.019829748023739335, 2e-6]));
  });

  it('changes the first beta of Adam', () => {
    const optimizer = new Adam([new Variable(tensor([1]))]);
    new OneCycleLR(optimizer, { maximum: 0.1, totalSteps: 10, annealing: 'linear' });
    expect(optimizer.groups[0]?.momentum).toBe(0.95);
  });
});

describe('ReduceLROnPlateau', () => {
  it('reduces the rate when measures are no better for too long', () => {
    const optimizer = createOptimizer(0.1);
    const schedule = new ReduceLROnPlateau(optimizer, { factor: 0.5, patience: 2 });
    const rates = [1, 0.9, 0.9, 0.91, 0.92, 0.95, 0.8, 0.81, 0.82, 0.83].map((measure) => {
      schedule.step(measure);
      return rateOf(optimizer);
    });
    expect(rates).toEqual(close([0.1, 0.1, 0.1, 0.1, 0.05, 0.05, 0.05, 0.05, 0.05, 0.025]));
  });

  it('waits after a reduction, and stops at the lowest rate', () => {
    const optimizer = createOptimizer(0.1);
    const options = { mode: 'max', factor: 0.3, patience: 1, cooldown: 2, minimum: 0.005 } as const;
    const schedule = new ReduceLROnPlateau(optimizer, options);
    const rates = [0.1, 0.2, 0.2, 0.2, 0.2, 0.2, 0.3, 0.2, 0.2, 0.2, 0.2].map((measure) => {
      schedule.step(measure);
      return rateOf(optimizer);
    });
    expect(rates).toEqual(close([0.1, 0.1, 0.1, 0.03, 0.03, 0.03, 0.03, 0.03, 0.009, 0.009, 0.009]));
  });

  it('continues from a saved state', () => {
    const optimizer = createOptimizer(0.1);
    const schedule = new ReduceLROnPlateau(optimizer, { patience: 1 });
    schedule.step(1);
    schedule.step(1);
    const other = new ReduceLROnPlateau(optimizer, { patience: 1 });
    other.loadStateDict(JSON.parse(JSON.stringify(schedule.stateDict())));
    other.step(1);
    expect(rateOf(optimizer)).toBeCloseTo(0.01, 12);
  });
});

describe('several schedules', () => {
  it('multiply on one optimizer', () => {
    const optimizer = createOptimizer(0.8);
    const schedules = [
      new ConstantLR(optimizer, { factor: 0.5, totalSteps: 2 }),
      new ExponentialLR(optimizer, { gamma: 0.5 }),
    ];
    const rates = [rateOf(optimizer)];
    for (let i = 0; i < 3; i++) {
      for (const schedule of schedules) schedule.step();
      rates.push(rateOf(optimizer));
    }
    expect(rates).toEqual(close([0.4, 0.2, 0.2, 0.1]));
  });

  const warmUp = (optimizer: Optimizer): SequentialLR =>
    new SequentialLR(optimizer, [
      { create: (o) => new LinearLR(o, { startFactor: 0.25, totalSteps: 3 }), steps: 3 },
      { create: (o) => new ExponentialLR(o, { gamma: 0.5 }) },
    ]);

  it('follow one another in a sequence', () => {
    expect(ratesOf(0.8, warmUp, 6)).toEqual(close([0.2, 0.4, 0.6, 0.8, 0.4, 0.2]));
  });

  it('continue from a saved state', () => {
    const first = createOptimizer(0.8);
    const schedule = warmUp(first);
    for (let i = 0; i < 4; i++) schedule.step();
    const second = createOptimizer(0.8);
    const other = warmUp(second);
    other.loadStateDict(JSON.parse(JSON.stringify(schedule.stateDict())));
    second.loadStateDict(first.stateDict());
    schedule.step();
    other.step();
    expect(rateOf(second)).toBe(rateOf(first));
    expect(rateOf(second)).toBeCloseTo(0.2, 12);
  });

  it('refuse steps that are no whole numbers', () => {
    expect(() => new StepLR(createOptimizer(1), { stepSize: 0.5 })).toThrow(ValueError);
    expect(() => new SequentialLR(createOptimizer(1), [])).toThrow(ValueError);
  });
});
