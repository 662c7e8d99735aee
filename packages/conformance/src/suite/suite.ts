import type { Backend } from '@cotangent/ir';
import { Device } from '@cotangent/tensor';
import { contractTests } from './contract-tests.js';
import { exampleTests } from './example-tests.js';
import { literalTests } from './literal-tests.js';
import { propertyTests } from './property-tests.js';
import type { SuiteTest } from './suite-test.js';

/**
 * The tests that a backend must pass, for any test runner: each runs with fusion and without, against literal values, the
 * graph interpreter, or laws that hold for all inputs. One device is made, when the first test needs it.
 *
 * @example
 * for (const { name, run } of backendSuite(() => new HostBackend())) it(name, run);
 */
export const backendSuite = (createBackend: () => Backend): readonly SuiteTest[] => {
  let device: Device | undefined;
  return [...contractTests, ...literalTests, ...exampleTests, ...propertyTests].map(({ name, run }) => ({
    name,
    run: () => {
      device ??= new Device(createBackend());
      return run(device);
    },
  }));
};
