export { type CpuBackendOptions, createCpuBackend } from './backend.js';
