import type { ResolveHook } from 'node:module';

/** Adds the ending that Node wants: TensorFlow.js registers gradients in modules that import each other without one. */
export const resolve: ResolveHook = async (specifier, context, next) => {
  const lacksEnding = specifier.startsWith('.') && !/\.[cm]?js$/.test(specifier);
  if (!lacksEnding || context.parentURL?.includes('/@tensorflow/') !== true) return next(specifier, context);
  try {
    return await next(`${specifier}.js`, context);
  } catch {
    return next(`${specifier}/index.js`, context);
  }
};
