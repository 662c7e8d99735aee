import { createHostFunctions } from '../host-functions.js';
import { nodeModule } from './node-module.js';
import { runWorker, type WorkerMessage } from './worker-body.js';

/** A worker thread, in Node or in a browser. */
export interface WorkerHandle {
  post(message: WorkerMessage): void;
  terminate(): void;
}

/**
 * A worker's script as text: it needs no file, so that it starts from sources, from `dist` and from any bundle. Tools that keep
 * the names of functions put calls of `__name` into them.
 */
const scriptFor = (port: string): string =>
  `const __name = (value) => value;\n(${runWorker})(${port}, (${createHostFunctions})());`;

const startInNode = (
  { Worker }: typeof import('node:worker_threads'),
  onFailure: (error: unknown) => void,
): WorkerHandle => {
  const script = scriptFor("require('node:worker_threads').parentPort");
  const worker = new Worker(script, { eval: true, execArgv: [], name: 'cotangent' });
  worker.on('error', onFailure);
  worker.unref();
  return {
    post: (message) => worker.postMessage(message),
    terminate: () => void worker.terminate(),
  };
};

/**
 * Starts the module beside this one, which bundlers follow and strict content security policies allow; where that fails (a
 * bundler that doesn't, a module from another origin), the same function as text.
 */
const startInBrowser = (onFailure: (error: unknown) => void): WorkerHandle => {
  const name = 'cotangent';
  let unheard: WorkerMessage[] | undefined = [];
  const isHeard = () => {
    unheard = undefined;
  };
  const startFromText = () => {
    const url = URL.createObjectURL(new Blob([scriptFor('globalThis')], { type: 'text/javascript' }));
    worker = new Worker(url, { name });
    worker.onerror = onFailure;
    for (const message of unheard ?? []) worker.postMessage(message);
    isHeard();
  };
  let worker = new Worker(new URL('./worker.js', import.meta.url), { type: 'module', name });
  worker.onmessage = isHeard;
  worker.onerror = (event) => {
    event.preventDefault();
    if (unheard) startFromText();
    else onFailure(event);
  };
  return {
    post(message) {
      unheard?.push(message);
      worker.postMessage(message);
    },
    terminate: () => worker.terminate(),
  };
};

/** Starts a worker; throws, or calls `onFailure` later, where that can't be done. */
export const startWorker = (onFailure: (error: unknown) => void): WorkerHandle => {
  const workerThreads = nodeModule('node:worker_threads');
  return workerThreads ? startInNode(workerThreads, onFailure) : startInBrowser(onFailure);
};
