import { afterEach, beforeEach } from 'vitest';

// Library code is silent: a test that expects console output spies on the method, any other output fails the test.
const methods = ['debug', 'error', 'info', 'log', 'trace', 'warn'] as const;

let unexpected: Error | undefined;

for (const method of methods) {
  const write = console[method].bind(console);
  console[method] = (...values: unknown[]) => {
    write(...values);
    const error = new Error(`console.${method} was called; spy on it where the output is intended`);
    unexpected ??= error;
    if (process.env['COTANGENT_TEST_CONSOLE'] === undefined) throw error;
  };
}

beforeEach(() => {
  unexpected = undefined;
});

// The throw above may be caught by the code under test; the failure must not be.
afterEach(() => {
  if (unexpected !== undefined && process.env['COTANGENT_TEST_CONSOLE'] === undefined) throw unexpected;
});
