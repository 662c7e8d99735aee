export * from './access.js';
export * from './backend.js';
export * from './dtype.js';
export * from './errors.js';
export * from './kernel.js';
export * from './scalar.js';
export * from './shape.js';
