import { type Tensor, Variable, type VariableOptions } from '@cotangent/tensor';

/** A variable that a module offers for training. Other variables of a module are its buffers. */
export class Parameter extends Variable {
  constructor(value: Tensor, options: VariableOptions = {}) {
    super(value, options);
  }
}
