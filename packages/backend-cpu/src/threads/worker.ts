import { createHostFunctions } from '../host-functions.js';
import { runWorker, type WorkerPort } from './worker-body.js';

runWorker(globalThis as unknown as WorkerPort, createHostFunctions());
