import { parentPort } from 'node:worker_threads';
import { measureRate, openFloor } from './floor-loop.js';
import type { FloorKind } from './floor-module.js';

const functions = openFloor();

parentPort?.on('message', ({ kind, forMs }: { readonly kind: FloorKind; readonly forMs: number }) => {
  parentPort?.postMessage(measureRate(functions, kind, forMs));
});
