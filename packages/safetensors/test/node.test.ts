import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createCpuBackend } from '@cotangent/backend-cpu';
import { Device, FormatError, setDefaultDevice, type Tensor, tensor } from '@cotangent/tensor';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { loadSafetensors, saveSafetensors } from '../src/node.js';

let folder: string;
beforeAll(() => setDefaultDevice(new Device(createCpuBackend())));
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'safetensors-'));
});
afterEach(() => rm(folder, { recursive: true }));

describe('saveSafetensors', () => {
  it('writes what loadSafetensors reads, and replaces a former file', async () => {
    const path = join(folder, 'model.safetensors');
    await saveSafetensors(path, { weight: tensor([1, 2, 3]) });
    await saveSafetensors(path, { weight: tensor([4, 5]) }, { metadata: { epoch: '2' } });
    const { tensors, metadata } = await loadSafetensors(path);
    expect(Array.from(await (tensors['weight'] as Tensor).data())).toEqual([4, 5]);
    expect(metadata).toEqual({ epoch: '2' });
    expect(await readdir(folder)).toEqual(['model.safetensors']);
  });

  it('leaves nothing behind where it fails', async () => {
    await expect(saveSafetensors(join(folder, 'missing', 'a'), { a: tensor([1]) })).rejects.toThrow(/ENOENT/);
    expect(await readdir(folder)).toEqual([]);
  });
});

describe('loadSafetensors', () => {
  it('refuses a broken file', async () => {
    await writeFile(join(folder, 'broken'), 'not a model');
    await expect(loadSafetensors(join(folder, 'broken'))).rejects.toThrow(FormatError);
  });
});
