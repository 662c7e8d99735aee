import { open, readFile, rename, rm } from 'node:fs/promises';
import type { Tensor } from '@cotangent/tensor';
import { type ParseOptions, parseSafetensors, type SafetensorsContent } from './parse.js';
import { type SerializeOptions, serializeSafetensors } from './serialize.js';

let written = 0;

/** Writes a safetensors file in one step: whoever reads the path sees the former file or the whole new one. */
export const saveSafetensors = async (
  path: string,
  tensors: Readonly<Record<string, Tensor>>,
  options: SerializeOptions = {},
): Promise<void> => {
  const bytes = await serializeSafetensors(tensors, options);
  const temporary = `${path}.${process.pid}.${++written}.tmp`;
  try {
    const file = await open(temporary, 'wx');
    try {
      await file.writeFile(bytes);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
};

/** Reads a safetensors file; see `parseSafetensors`. */
export const loadSafetensors = async (path: string, options: ParseOptions = {}): Promise<SafetensorsContent> =>
  parseSafetensors(await readFile(path), options);
