import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { writeAtomically } from '../src/atomic-file.js';

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'cotangent-'));
});

afterEach(() => rmSync(folder, { recursive: true }));

describe('writeAtomically', () => {
  it('replaces a file and leaves no other behind', () => {
    writeAtomically(join(folder, 'a'), 'old');
    writeAtomically(join(folder, 'a'), 'new');
    expect(readFileSync(join(folder, 'a'), 'utf8')).toBe('new');
    expect(readdirSync(folder)).toEqual(['a']);
  });

  it('makes the folders that are missing', () => {
    writeAtomically(join(folder, 'a/b/c'), 'new');
    expect(readFileSync(join(folder, 'a/b/c'), 'utf8')).toBe('new');
  });

  it('leaves all as it was where the file can not be replaced', () => {
    mkdirSync(join(folder, 'taken'));
    expect(() => writeAtomically(join(folder, 'taken'), 'new')).toThrow();
    expect(readdirSync(folder)).toEqual(['taken']);
  });
});
