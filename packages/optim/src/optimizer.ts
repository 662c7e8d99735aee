import { noGrad } from '@cotangent/autograd';
import { add, cast, constant, type Tensor, ValueError, Variable } from '@cotangent/tensor';
import {
  notBegun,
  type OptimizerSettings,
  type OptimizerState,
  requireSameLayout,
  requireTensor,
} from './optimizer-state.js';
import { type OptimizerOptions, ParameterGroup, type ParameterGroupOptions, updateDtype } from './parameter-group.js';
import type { UpdateRule } from './update-rule.js';

/** Parameters that had their first step together; where the rule counts steps, they share the count, a scalar. */
interface Cohort {
  readonly count: Variable | undefined;
}

/** What a parameter has gathered since its first step, by the rule's names. */
interface ParameterState {
  readonly parts: Readonly<Record<string, Variable>>;
  readonly cohort: Cohort;
}

/** Parameters, or groups of them with options of their own. */
export type Parameters<O extends OptimizerOptions> = Iterable<Variable> | Iterable<ParameterGroupOptions<O>>;

const listGroups = <O extends OptimizerOptions>(parameters: Parameters<O>): ParameterGroupOptions<O>[] => {
  const single: Variable[] = [];
  const groups: ParameterGroupOptions<O>[] = [];
  for (const part of parameters) {
    if (part instanceof Variable) single.push(part);
    else groups.push(part);
  }
  return groups.length === 0 ? [{ parameters: single } as unknown as ParameterGroupOptions<O>] : groups;
};

const createCount = ({ dtype, device }: Variable): Tensor => constant(0, updateDtype(dtype), [], device);

/** A variable that no gradient reaches. */
const hold = (value: Tensor, name: string): Variable => new Variable(value, { name, trainable: false });

/**
 * Moves parameters against their gradients, as a rule says.
 *
 * `step()` is lazy, like `assign`: the next evaluation computes the new values of all parameters, or, where it fails, of
 * none. Parameters without `grad` stay as they are.
 */
export class Optimizer<O extends OptimizerOptions = OptimizerOptions> {
  readonly groups: readonly ParameterGroup<O>[];
  readonly #rule: UpdateRule<O, string>;
  #states = new Map<Variable, ParameterState>();

  constructor(rule: UpdateRule<O, string>, parameters: Parameters<O>, options: O) {
    this.#rule = rule;
    this.groups = listGroups(parameters).map(
      ({ parameters: members, ...own }) => new ParameterGroup<O>(rule, [...members], { ...options, ...own }),
    );
    const all = this.#members().map(({ parameter }) => parameter);
    if (new Set(all).size !== all.length) throw new ValueError(rule.name, 'a parameter is given twice.');
  }

  /** Assigns its next value to every parameter that has a gradient. */
  step(): void {
    noGrad(() => {
      for (const group of this.groups) this.#stepGroup(group);
    });
  }

  /** Forgets the gradients. */
  zeroGrad(): void {
    for (const { parameter } of this.#members()) parameter.grad = undefined;
  }

  /** What it takes to continue later exactly as now. */
  stateDict(): OptimizerState {
    const numbers = new Map<Cohort, number>();
    const tensors: Record<string, Tensor> = {};
    const cohorts = this.#members().map(({ parameter }, i) => {
      const state = this.#states.get(parameter);
      if (state === undefined) return notBegun;
      const { parts, cohort } = state;
      const number = numbers.get(cohort) ?? numbers.size;
      numbers.set(cohort, number);
      for (const [part, value] of Object.entries(parts)) tensors[`${i}.${part}`] = value;
      if (cohort.count !== undefined) tensors[`count.${number}`] = cohort.count;
      return number;
    });
    return { tensors, settings: { ...this.#layout(), cohorts } };
  }

  /**
   * Takes over what `stateDict` gave. Throws ValueError where it is of another optimizer or lacks a tensor, ShapeError where a
   * tensor does not fit; the optimizer is as before then.
   */
  loadStateDict({ tensors, settings }: OptimizerState): void {
    requireSameLayout({ ...this.#layout(), cohorts: [] }, settings);
    const cohorts = new Map<number, Cohort>();
    const states = new Map<Variable, ParameterState>();
    for (const [i, { group, parameter }] of this.#members().entries()) {
      const number = settings.cohorts[i] ?? notBegun;
      if (number === notBegun) continue;
      const count = (): Variable => hold(requireTensor(tensors, `count.${number}`, createCount(parameter)), 'count');
      const cohort = cohorts.get(number) ?? { count: this.#rule.counts(group.options) ? count() : undefined };
      cohorts.set(number, cohort);
      const parts = this.#createParts(group, parameter, (initial, part) =>
        requireTensor(tensors, `${i}.${part}`, initial),
      );
      states.set(parameter, { parts, cohort });
    }
    for (const [i, { lr, momentum }] of settings.groups.entries()) {
      const group = this.groups[i] as ParameterGroup<O>;
      group.lr = lr;
      if (momentum !== undefined) group.momentum = momentum;
    }
    this.#states = states;
  }

  #members(): { readonly group: ParameterGroup<O>; readonly parameter: Variable }[] {
    return this.groups.flatMap((group) => group.parameters.map((parameter) => ({ group, parameter })));
  }

  #layout(): Omit<OptimizerSettings, 'cohorts'> {
    const groups = this.groups.map(({ parameters, lr, momentum }) => ({
      parameterCount: parameters.length,
      lr,
      ...(momentum === undefined ? {} : { momentum }),
    }));
    return { optimizer: this.#rule.name, groups };
  }

  #stepGroup(group: ParameterGroup<O>): void {
    const moving = group.parameters.filter(({ grad }) => grad !== undefined);
    this.#begin(
      group,
      moving.filter((parameter) => !this.#states.has(parameter)),
    );
    const states = moving.map((parameter) => this.#states.get(parameter) as ParameterState);
    for (const { count } of new Set(states.map(({ cohort }) => cohort))) count?.assign(add(count, 1));
    for (const [i, parameter] of moving.entries()) this.#move(group, parameter, states[i] as ParameterState);
  }

  #begin(group: ParameterGroup<O>, parameters: readonly Variable[]): void {
    const [first] = parameters;
    if (first === undefined) return;
    const cohort = { count: this.#rule.counts(group.options) ? hold(createCount(first), 'count') : undefined };
    for (const parameter of parameters) {
      this.#states.set(parameter, { parts: this.#createParts(group, parameter, (initial) => initial), cohort });
    }
  }

  #createParts(
    { options }: ParameterGroup<O>,
    parameter: Variable,
    choose: (initial: Tensor, part: string) => Tensor,
  ): Record<string, Variable> {
    const initial = noGrad(() => this.#rule.initialState(cast(parameter, updateDtype(parameter.dtype)), options));
    return Object.fromEntries(
      Object.entries(initial as Readonly<Record<string, Tensor>>).map(([part, value]) => [
        part,
        hold(choose(value, part), `${parameter.name}.${part}`),
      ]),
    );
  }

  #move(group: ParameterGroup<O>, parameter: Variable, { parts, cohort: { count } }: ParameterState): void {
    const dtype = updateDtype(parameter.dtype);
    const next = this.#rule.update({
      parameter: cast(parameter, dtype),
      gradient: cast(parameter.grad as Tensor, dtype),
      state: parts,
      count: count === undefined ? constant(0, dtype, [], parameter.device) : cast(count, dtype),
      options: group.options,
      ...group.settings(dtype),
    });
    parameter.assign(cast(next.parameter, parameter.dtype));
    for (const [part, value] of Object.entries(next.state as Readonly<Record<string, Tensor>>))
      parts[part]?.assign(value);
  }
}
