import { createCpuBackend } from '@cotangent/backend-cpu';
import { describe, it } from 'vitest';
import { backendSuite } from '../src/suite/suite.js';

describe('the CPU backend', () => {
  for (const { name, run } of backendSuite(createCpuBackend)) it(name, run);
});
