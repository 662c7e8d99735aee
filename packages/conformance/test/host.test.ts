import { describe, it } from 'vitest';
import { HostBackend } from '../src/host/host-backend.js';
import { backendSuite } from '../src/suite/suite.js';

describe('the host backend', () => {
  for (const { name, run } of backendSuite(() => new HostBackend())) it(name, run);
});
