import type { OpenPeer } from './peer.js';

/** How to load each implementation that runs in Node; nothing is imported before. */
export const openers: Readonly<Record<string, () => Promise<OpenPeer>>> = {
  cotangent: async () => (await import('./cotangent.js')).openCompiled,
  'cotangent-lazy': async () => (await import('./cotangent.js')).openLazy,
  'jax-js': async () => (await import('./jax-js.js')).openJax,
  'jax-js-eager': async () => (await import('./jax-js.js')).openEager,
  tfjs: async () => (await import('./tfjs.js')).openTfjs,
  'onnxruntime-web': async () => (await import('./onnxruntime-web.js')).openOnnxRuntime,
};
