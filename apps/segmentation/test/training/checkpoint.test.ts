import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Device, defaultDevice, parseSafetensors, randomState, setRandomState } from 'cotangent';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { defaultSettings, type TrainingSettings } from '../../src/settings.js';
import { restoreTraining, saveCheckpoint, saveModel } from '../../src/training/checkpoint.js';
import { Training } from '../../src/training/training.js';

const settings: TrainingSettings = { ...defaultSettings, batch: 1, seed: 5 };
let device: Device;
let folder: string;

const pathOf = (name: string): string => join(folder, name);

const takeSteps = async (training: Training, count: number): Promise<Training> => {
  for (let i = 0; i < count; i++) await training.takeStep();
  return training;
};

/** The tensors of a checkpoint, as bytes in hexadecimal. */
const tensorsOf = async (path: string): Promise<Record<string, string>> => {
  const { tensors } = parseSafetensors(readFileSync(path));
  const entries = Object.entries(tensors).map(async ([name, tensor]) => {
    const { buffer, byteOffset, byteLength } = await tensor.data();
    return [name, Buffer.from(buffer, byteOffset, byteLength).toString('hex')];
  });
  return Object.fromEntries(await Promise.all(entries));
};

beforeAll(async () => {
  device = defaultDevice();
  folder = mkdtempSync(join(tmpdir(), 'cotangent-'));
  await saveCheckpoint(pathOf('short'), await takeSteps(new Training(settings, device), 2), 4);
});

afterAll(() => rmSync(folder, { recursive: true }));

describe('restoreTraining', () => {
  it('continues to the same bits as a training without a break', async () => {
    const whole = await takeSteps(new Training(settings, device), 4);
    await saveCheckpoint(pathOf('whole'), whole, 4);

    const { training, steps } = await restoreTraining(pathOf('short'), device, { settings: {} });
    expect([training.step, steps]).toEqual([2, 4]);
    await takeSteps(training, 2);
    await saveCheckpoint(pathOf('continued'), training, 4);

    const expected = await tensorsOf(pathOf('whole'));
    expect(Object.keys(expected)).toContain('model.coarse.norm2.running_var');
    expect(Object.keys(expected)).toContain('optimizer.0.square');
    expect(await tensorsOf(pathOf('continued'))).toEqual(expected);
    expect(training.history.loss).toEqual(whole.history.loss);
    expect(training.history.lr).toEqual(whole.history.lr);
  });

  it('puts random streams where they stood', async () => {
    setRandomState({ seed: 11, position: 29 });
    await saveCheckpoint(pathOf('random'), new Training(settings, device), 4);
    const state = randomState();
    setRandomState({ seed: 0, position: 0 });
    await restoreTraining(pathOf('random'), device, { settings: {} });
    expect(randomState()).toEqual(state);
  });

  it('can move the end of the run, but not before the steps that were taken', async () => {
    const { steps } = await restoreTraining(pathOf('short'), device, { steps: 9, settings: {} });
    expect(steps).toBe(9);
    await expect(restoreTraining(pathOf('short'), device, { steps: 1, settings: {} })).rejects.toThrow(
      'The run has taken 2 steps already, more than --steps 1.',
    );
  });

  it('refuses settings other than those the run was begun with', async () => {
    const same = await restoreTraining(pathOf('short'), device, { settings: { seed: 5 } });
    expect(same.training.settings).toEqual(settings);
    await expect(restoreTraining(pathOf('short'), device, { settings: { decaySteps: 7 } })).rejects.toThrow(
      `The run was begun with --decay-steps ${settings.decaySteps}; it can't be continued with 7.`,
    );
  });
});

describe('a checkpoint that is no longer whole', () => {
  const damaged = () => pathOf('damaged');
  const restore = () => restoreTraining(damaged(), device, { settings: {} });
  let bytes: Buffer;

  beforeEach(() => {
    bytes = readFileSync(pathOf('short'));
  });

  it.each([0, 7, 100, 20_000])('is refused when cut to %d bytes', async (length) => {
    writeFileSync(damaged(), bytes.subarray(0, length));
    await expect(restore()).rejects.toThrow(/^The checkpoint '.*' is damaged: parseSafetensors: /);
  });

  it('is refused when one bit of a tensor differs', async () => {
    bytes[bytes.length - 1000] = (bytes[bytes.length - 1000] as number) ^ 1;
    writeFileSync(damaged(), bytes);
    await expect(restore()).rejects.toThrow(/is damaged: its content does not have its checksum\.$/);
  });

  it('is refused when its settings differ', async () => {
    const place = bytes.indexOf('\\"seed\\":5') + '\\"seed\\":'.length;
    bytes[place] = '6'.charCodeAt(0);
    writeFileSync(damaged(), bytes);
    await expect(restore()).rejects.toThrow(/is damaged: its content does not have its checksum\.$/);
  });

  it('is refused when it is some other safetensors file', async () => {
    await saveModel(damaged(), new Training(settings, device));
    await expect(restore()).rejects.toThrow(/is no checkpoint of a training run\.$/);
  });
});

describe('saveCheckpoint', () => {
  it('leaves nothing but the checkpoint behind', async () => {
    const before = readdirSync(folder);
    await saveCheckpoint(pathOf('short'), await takeSteps(new Training(settings, device), 2), 4);
    expect(readdirSync(folder)).toEqual(before);
  });
});
