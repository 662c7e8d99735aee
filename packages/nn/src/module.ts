import { noGrad } from '@cotangent/autograd';
import { type Device, evaluate, toDevice, Variable } from '@cotangent/tensor';
import { Parameter } from './parameter.js';
import { compareStateDict, type StateDict, type StateDictDifference } from './state-dict.js';
import { summarize } from './summary.js';

/** Which variables a state holds. */
export interface StateDictOptions {
  /** Also those that PyTorch does not save, such as the random keys of dropout; false. */
  readonly transient?: boolean;
}

/** How strictly a state must fit. */
export interface LoadStateDictOptions {
  /** Whether missing and unexpected names are errors; true. */
  readonly strict?: boolean;
}

/**
 * Part of a model: a function with parameters.
 *
 * Properties that are a `Parameter` are parameters, other `Variable`s are buffers, and modules, or arrays of modules, are
 * children. Names in state dicts are the properties' names joined by dots, in the order of declaration.
 */
export abstract class Module {
  #isTraining = true;

  /** Computes the module's output. */
  abstract forward(...inputs: never[]): unknown;

  /** Names in state dicts that differ from the property's name, as PyTorch has it. */
  protected get stateNames(): Readonly<Record<string, string>> {
    return {};
  }

  /** Properties whose variables are left out of state dicts. */
  protected get transientNames(): readonly string[] {
    return [];
  }

  /** Whether the module behaves as in training, such as dropping elements. */
  get isTraining(): boolean {
    return this.#isTraining;
  }

  /** Makes this and all modules below behave as in training. */
  train(): this {
    for (const [, module] of this.namedModules()) module.#isTraining = true;
    return this;
  }

  /** Makes this and all modules below behave as in use. */
  eval(): this {
    for (const [, module] of this.namedModules()) module.#isTraining = false;
    return this;
  }

  /** Modules directly below, by name. */
  namedChildren(): [string, Module][] {
    return Object.entries(this).flatMap(([property, value]): [string, Module][] => {
      const name = this.stateNames[property] ?? property;
      if (value instanceof Module) return [[name, value]];
      return Array.isArray(value)
        ? value.flatMap((item, i): [string, Module][] => (item instanceof Module ? [[`${name}.${i}`, item]] : []))
        : [];
    });
  }

  /** This module, under the empty name, and all below, each once. */
  namedModules(): [string, Module][] {
    const found = new Map<Module, string>();
    const visit = (module: Module, path: string): void => {
      if (found.has(module)) return;
      found.set(module, path);
      for (const [name, child] of module.namedChildren()) visit(child, path === '' ? name : `${path}.${name}`);
    };
    visit(this, '');
    return Array.from(found, ([module, path]) => [path, module]);
  }

  modules(): Module[] {
    return this.namedModules().map(([, module]) => module);
  }

  /** Variables of this module alone, by property. */
  #ownVariables(): [string, Variable][] {
    return Object.entries(this).filter((entry): entry is [string, Variable] => entry[1] instanceof Variable);
  }

  /** Variables of this and all modules below by their names, each once, with whether state dicts leave them out. */
  #namedVariables(): { readonly name: string; readonly variable: Variable; readonly isTransient: boolean }[] {
    const seen = new Set<Variable>();
    return this.namedModules().flatMap(([path, module]) =>
      module.#ownVariables().flatMap(([property, variable]) => {
        if (seen.has(variable)) return [];
        seen.add(variable);
        const own = module.stateNames[property] ?? property;
        const isTransient = module.transientNames.includes(property);
        return [{ name: path === '' ? own : `${path}.${own}`, variable, isTransient }];
      }),
    );
  }

  /** Parameters of this and all modules below, each once. */
  namedParameters(): [string, Parameter][] {
    return this.#namedVariables().flatMap(({ name, variable }): [string, Parameter][] =>
      variable instanceof Parameter ? [[name, variable]] : [],
    );
  }

  parameters(): Parameter[] {
    return this.namedParameters().map(([, parameter]) => parameter);
  }

  /** Variables of this and all modules below that are no parameters, such as running statistics. */
  namedBuffers(): [string, Variable][] {
    return this.#namedVariables().flatMap(({ name, variable }): [string, Variable][] =>
      variable instanceof Parameter ? [] : [[name, variable]],
    );
  }

  buffers(): Variable[] {
    return this.namedBuffers().map(([, buffer]) => buffer);
  }

  /** Forgets the gradients. */
  zeroGrad(): void {
    for (const parameter of this.parameters()) parameter.grad = undefined;
  }

  /** Parameters and buffers by name: the variables themselves, so read or copy them before they change. */
  stateDict({ transient = false }: StateDictOptions = {}): Record<string, Variable> {
    return Object.fromEntries(
      this.#namedVariables()
        .filter(({ isTransient }) => transient || !isTransient)
        .map(({ name, variable }) => [name, variable]),
    );
  }

  /**
   * Assigns the values of a state; lazy. Throws ValueError that lists all names that are missing, unexpected or do not fit,
   * and assigns nothing then.
   */
  loadStateDict(state: StateDict, { strict = true }: LoadStateDictOptions = {}): StateDictDifference {
    const own = this.stateDict({ transient: true });
    const optional = new Set(this.#namedVariables().flatMap(({ name, isTransient }) => (isTransient ? [name] : [])));
    const difference = compareStateDict(own, optional, state, strict);
    noGrad(() => {
      for (const [name, variable] of Object.entries(own)) {
        const value = Object.hasOwn(state, name) ? state[name] : undefined;
        if (value !== undefined) variable.assign(value);
      }
    });
    return difference;
  }

  /** Moves parameters and buffers to a device. */
  async toDevice(device: Device): Promise<this> {
    const moving = this.#namedVariables().filter(({ variable }) => variable.device !== device);
    for (const { variable } of moving) variable.assign(await toDevice(variable, device));
    await evaluate(...moving.map(({ variable }) => variable));
    return this;
  }

  /** A table of the modules below, their parameters and how many elements these have. */
  summary(): string {
    return summarize(
      this.namedModules().map(([path, module]) => {
        const own = module.#ownVariables();
        return {
          path,
          kind: module.constructor.name,
          parameters: Object.fromEntries(
            own.filter((entry): entry is [string, Parameter] => entry[1] instanceof Parameter),
          ),
          buffers: own.map(([, variable]) => variable).filter((variable) => !(variable instanceof Parameter)),
        };
      }),
    );
  }
}
