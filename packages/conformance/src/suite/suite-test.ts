import type { Device } from '@cotangent/tensor';

/** One test of the suite; throws where the backend is wrong. Any test runner can call it. */
export interface SuiteTest {
  readonly name: string;
  run(): Promise<void>;
}

/** A test that waits for its device. */
export interface DeviceTest {
  readonly name: string;
  run(device: Device): Promise<void>;
}
