import { createCpuBackend } from '@cotangent/backend-cpu';
import { describe, expect, it } from 'vitest';
import { backendSuite } from '../src/suite/suite.js';

describe('the CPU backend in a cross-origin-isolated page', () => {
  it('has shared memory', () => {
    expect(globalThis.crossOriginIsolated).toBe(true);
    expect(typeof SharedArrayBuffer).toBe('function');
  });

  for (const { name, run } of backendSuite(createCpuBackend)) it(name, run);
});
