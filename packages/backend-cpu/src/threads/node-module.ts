interface NodeModules {
  readonly 'node:os': typeof import('node:os');
  readonly 'node:worker_threads': typeof import('node:worker_threads');
}

/** A module of Node, where this is Node; bundlers see no import. */
export const nodeModule = <Name extends keyof NodeModules>(name: Name): NodeModules[Name] | undefined =>
  typeof process === 'object' ? (process.getBuiltinModule?.(name) as NodeModules[Name] | undefined) : undefined;
