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

const name = 'cotangent';

/** The module beside this one, which bundlers follow and strict content security policies allow. */
const startModule = (): Worker | undefined => {
  try {
    return new Worker(new URL('./worker.js', import.meta.url), { type: 'module', name });
  } catch {
    // Modules from another origin may not be workers.
    return undefined;
  }
};

const startText = (): Worker => {
  const url = URL.createObjectURL(new Blob([scriptFor('globalThis')], { type: 'text/javascript' }));
  return new Worker(url, { name });
};

/** Starts the worker's module or, where that fails or isn't there, the same function as text. */
const startInBrowser = (onFailure: (error: unknown) => void): WorkerHandle => {
  let worker = startModule();
  /** What a module that doesn't start won't have got. */
  let unheard: WorkerMessage[] | undefined = worker && [];
  const replaceByText = (): Worker => {
    const text = startText();
    text.onerror = onFailure;
    for (const message of unheard ?? []) text.postMessage(message);
    unheard = undefined;
    return text;
  };
  if (worker) {
    worker.onmessage = () => {
      unheard = undefined;
    };
    worker.onerror = (event) => {
      event.preventDefault();
      try {
        if (unheard) worker = replaceByText();
        else onFailure(event);
      } catch (error) {
        onFailure(error);
      }
    };
  }
  worker ??= replaceByText();
  return {
    post(message) {
      unheard?.push(message);
      worker?.postMessage(message);
    },
    terminate: () => worker?.terminate(),
  };
};

/** Starts a worker; throws, or calls `onFailure` later, where that can't be done. */
export const startWorker = (onFailure: (error: unknown) => void): WorkerHandle => {
  const workerThreads = nodeModule('node:worker_threads');
  return workerThreads ? startInNode(workerThreads, onFailure) : startInBrowser(onFailure);
};
