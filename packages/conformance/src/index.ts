export { HostBackend } from './host/host-backend.js';
export { type InterpretOptions, interpret, interpretNodes } from './interpreter/interpret.js';
export type { Precision } from './interpreter/scalar.js';
export { randomWord, threefry2x32 } from './interpreter/threefry.js';
export { backendSuite } from './suite/suite.js';
export type { SuiteTest } from './suite/suite-test.js';
