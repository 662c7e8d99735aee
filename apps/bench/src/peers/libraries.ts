import type { OpenPeer } from './peer.js';

/** A library that runs in Node. */
export interface Library {
  readonly package: string;
  /** Imports it; nothing of it is imported before. */
  readonly load: () => Promise<OpenPeer>;
}

/** How to load each implementation. */
export const libraries: Readonly<Record<string, Library>> = {
  cotangent: { package: 'cotangent', load: async () => (await import('./cotangent.js')).openCompiled },
  'cotangent-lazy': { package: 'cotangent', load: async () => (await import('./cotangent.js')).openLazy },
  'jax-js': { package: '@jax-js/jax', load: async () => (await import('./jax-js.js')).openJax },
  'jax-js-eager': { package: '@jax-js/jax', load: async () => (await import('./jax-js.js')).openEager },
  tfjs: { package: '@tensorflow/tfjs-core', load: async () => (await import('./tfjs.js')).openTfjs },
  'onnxruntime-web': {
    package: 'onnxruntime-web',
    load: async () => (await import('./onnxruntime-web.js')).openOnnxRuntime,
  },
};
