import { type DType, isFloat, type Tensor, ValueError, type Variable } from '@cotangent/tensor';
import { Setting } from './setting.js';
import type { UpdateRule } from './update-rule.js';

/** What every optimizer takes. */
export interface OptimizerOptions {
  /** Learning rate. */
  readonly lr: number;
}

/** Parameters with options of their own; what is not given is the optimizer's. */
export type ParameterGroupOptions<O extends OptimizerOptions> = Partial<O> & {
  readonly parameters: Iterable<Variable>;
};

/** The dtype that a parameter is updated in. */
export const updateDtype = (dtype: DType): DType => (dtype === 'float16' ? 'float32' : dtype);

/** Parameters that are updated alike. */
export class ParameterGroup<O extends OptimizerOptions> {
  readonly parameters: readonly Variable[];
  readonly options: O;
  readonly #lr: Setting;
  readonly #momentum: Setting | undefined;

  constructor({ name, check, momentumOf }: UpdateRule<O, string>, parameters: readonly Variable[], options: O) {
    const [first] = parameters;
    if (first === undefined) throw new ValueError(name, 'a group has no parameters.');
    const odd = parameters.find(({ dtype }) => !isFloat(dtype));
    if (odd !== undefined) {
      throw new ValueError(name, 'parameters are floating point.', {
        sides: { parameter: odd.name, dtype: odd.dtype },
      });
    }
    check(options);
    const dtype = parameters.some((parameter) => parameter.dtype === 'float64') ? 'float64' : 'float32';
    const momentum = momentumOf(options);
    this.parameters = parameters;
    this.options = options;
    this.#lr = new Setting('lr', options.lr, dtype, first.device);
    this.#momentum = momentum === undefined ? undefined : new Setting('momentum', momentum, dtype, first.device);
  }

  /** The learning rate from the next step on. */
  get lr(): number {
    return this.#lr.value;
  }
  set lr(value: number) {
    this.#lr.value = value;
  }

  /** The momentum from the next step on, or what takes its place, such as the first of Adam's `betas`; undefined without. */
  get momentum(): number | undefined {
    return this.#momentum?.value;
  }
  set momentum(value: number | undefined) {
    if (this.#momentum === undefined || value === undefined) {
      throw new ValueError('optimizer', 'the group was made without momentum.', { sides: { momentum: value } });
    }
    this.#momentum.value = value;
  }

  /** Both on the device. */
  settings(dtype: DType): { readonly lr: Tensor; readonly momentum: Tensor | undefined } {
    return { lr: this.#lr.as(dtype), momentum: this.#momentum?.as(dtype) };
  }
}
