import { createRequire } from 'node:module';
import os from 'node:os';
import type { Worker as NodeWorker } from 'node:worker_threads';
import { setThreadsCount } from '@tensorflow/tfjs-backend-wasm';
import { env } from '@tensorflow/tfjs-core';

const require = createRequire(import.meta.url);

/** A blob that keeps its text where it can be read at once. */
class SourceBlob extends Blob {
  readonly source: string;

  constructor(parts: readonly string[], options?: BlobPropertyBag) {
    super([...parts], options);
    this.source = parts.join('');
  }
}

/** Names that the script takes from the bundle around it. */
const surroundings = `Object.assign(globalThis, {
  require$$0: require('fs'), require$$1: require('path'), require$$3: require('perf_hooks'), require$$4: require('os'),
  commonjsGlobal: globalThis, __dirname: '/',
});`;

/** Gives a worker the script that it would have loaded from a blob. */
const importFromData = `globalThis.importScripts = () => (0, eval)(require('worker_threads').workerData);`;

/**
 * Makes the WebAssembly backend of TensorFlow.js use threads in Node, where it has them switched off: Node's workers start from
 * no blob URL, and the backend takes half of the processors at most.
 */
export const allowThreads = (threads: number): void => {
  let script = '';
  globalThis.Blob = class extends SourceBlob {
    constructor(parts: readonly string[], options?: BlobPropertyBag) {
      super(parts, options);
      if (this.source.startsWith('var WasmBackendModuleThreadedSimd')) script = this.source;
    }
  } as typeof Blob;
  URL.createObjectURL = (blob) => `${surroundings}${(blob as SourceBlob).source};${importFromData}`;

  const workers = require('node:worker_threads') as { Worker: typeof NodeWorker };
  workers.Worker = class extends workers.Worker {
    constructor(source: string) {
      super(source, { eval: true, workerData: script });
    }
  };

  const [processor] = os.cpus();
  os.cpus = () => Array.from({ length: 2 * threads }, () => processor as os.CpuInfo);
  env().set('WASM_HAS_MULTITHREAD_SUPPORT', true);
  setThreadsCount(threads);
};
