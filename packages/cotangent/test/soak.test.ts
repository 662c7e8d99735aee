import { describe, expect, it } from 'vitest';
import {
  Adam,
  BatchNorm1d,
  backward,
  crossEntropyLoss,
  Dropout,
  defaultDevice,
  Linear,
  manualSeed,
  ReLU,
  Sequential,
  tensor,
} from '../src/index.js';

const classCount = 3;
const batchSize = 16;

const createModel = (): Sequential => {
  manualSeed(0);
  return new Sequential(
    new Linear(8, 32),
    new BatchNorm1d(32),
    new ReLU(),
    new Dropout(0.1),
    new Linear(32, classCount),
  );
};

/** Rows whose largest of three sums is their label, other rows at each step. */
const batchAt = (step: number): { inputs: Float32Array; labels: Int32Array } => {
  const inputs = Float32Array.from({ length: batchSize * 8 }, (_, i) => Math.sin(i * 12.9898 + step * 78.233));
  const labels = Int32Array.from({ length: batchSize }, (_, row) => {
    const sums = [0, 1, 2].map((c) => (inputs[row * 8 + c] as number) + (inputs[row * 8 + c + 3] as number));
    return sums.indexOf(Math.max(...sums));
  });
  return { inputs, labels };
};

const settledHeap = (): number => {
  globalThis.gc?.();
  return process.memoryUsage().heapUsed;
};

describe('2,000 training steps', () => {
  it('leave live bytes, JS heap and process memory where they were after 50', async () => {
    const model = createModel();
    const optimizer = new Adam(model.parameters(), { lr: 0.01 });
    const device = defaultDevice();
    let before = { live: 0, heap: 0, resident: 0 };
    let last = Number.POSITIVE_INFINITY;
    for (let step = 0; step < 2_000; step++) {
      const { inputs, labels } = batchAt(step % 64);
      using x = tensor(inputs, { shape: [batchSize, 8] });
      using y = tensor(labels);
      optimizer.zeroGrad();
      using loss = crossEntropyLoss(model.forward(x), y);
      backward(loss);
      optimizer.step();
      last = await loss.item();
      if (step === 50) {
        before = { live: device.memory().liveBytes, heap: settledHeap(), resident: process.memoryUsage().rss };
      }
      if (step === 1_999) expect(device.memory().liveBytes).toBe(before.live);
    }
    expect(last).toBeLessThan(0.3);
    expect(settledHeap() - before.heap).toBeLessThan(4e6);
    // The collector keeps some slack of its own; a leak of one batch a step would be 1.2 MB, of one graph 200 MB.
    expect(process.memoryUsage().rss - before.resident).toBeLessThan(64e6);
  });

  it('do so when nothing is disposed by hand, once the collector has run', async () => {
    const model = createModel();
    const optimizer = new Adam(model.parameters(), { lr: 0.01 });
    const device = defaultDevice();
    const collect = async (): Promise<number> => {
      for (let i = 0; i < 3; i++) {
        globalThis.gc?.();
        await new Promise((resolve) => setTimeout(resolve, 5));
      }
      return device.memory().liveBuffers;
    };
    const train = async (steps: number): Promise<void> => {
      for (let step = 0; step < steps; step++) {
        const { inputs, labels } = batchAt(step % 64);
        optimizer.zeroGrad();
        const logits = model.forward(tensor(inputs, { shape: [batchSize, 8] }));
        const loss = crossEntropyLoss(logits, tensor(labels));
        backward(loss);
        optimizer.step();
        await loss.item();
      }
    };
    await train(50);
    const before = await collect();
    await train(300);
    expect(await collect()).toBeLessThanOrEqual(before + 2);
  });
});
