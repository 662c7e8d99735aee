import { cast, type Device, type DType, type Tensor, tensor, ValueError, Variable } from '@cotangent/tensor';

/**
 * A number that may change between steps, such as the learning rate. On the device it is a variable, so that programs stay
 * valid when it changes.
 */
export class Setting {
  readonly #name: string;
  readonly #variable: Variable;
  #value: number;

  constructor(name: string, value: number, dtype: DType, device: Device) {
    this.#name = name;
    this.#value = requireFinite(name, value);
    this.#variable = new Variable(tensor(value, { dtype, device }), { name, trainable: false });
  }

  /** The number as the host knows it, in full precision. */
  get value(): number {
    return this.#value;
  }
  set value(value: number) {
    this.#value = requireFinite(this.#name, value);
    const { dtype, device } = this.#variable;
    const scalar = tensor(value, { dtype, device });
    this.#variable.assign(scalar);
    scalar.dispose();
  }

  /** The number on the device. */
  as(dtype: DType): Tensor {
    return cast(this.#variable, dtype);
  }
}

const requireFinite = (name: string, value: number): number => {
  if (!Number.isFinite(value)) {
    throw new ValueError('optimizer', `${name} is no finite number.`, { sides: { [name]: value } });
  }
  return value;
};
