import { add, multiply, subtract, type Tensor, ValueError } from '@cotangent/tensor';

/** What a rule sees of one parameter. Floating point of one dtype throughout: float16 arrives as float32. */
export interface UpdateInput<O, S extends string> {
  readonly parameter: Tensor;
  readonly gradient: Tensor;
  readonly state: Readonly<Record<S, Tensor>>;
  /** Which step of the parameter this is: a scalar, 1 at first. Asked for only where the rule counts. */
  readonly count: Tensor;
  readonly lr: Tensor;
  /** What `momentumOf` names, which a schedule may change: a scalar. */
  readonly momentum: Tensor | undefined;
  readonly options: O;
}

/** A parameter and its state after a step. */
export interface UpdateOutput<S extends string> {
  readonly parameter: Tensor;
  readonly state: Readonly<Partial<Record<S, Tensor>>>;
}

/** An optimizer's mathematics: from a parameter, its gradient and its state to the next. `S` names the parts of the state. */
export interface UpdateRule<O, S extends string> {
  readonly name: string;
  /** Throws ValueError for options out of range. */
  check(options: O): void;
  /** The option that `group.momentum` reads and changes, where there is one. */
  momentumOf(options: O): number | undefined;
  /** Whether the rule asks for `count`. */
  counts(options: O): boolean;
  /** The parts that the options call for. */
  initialState(parameter: Tensor, options: O): Readonly<Partial<Record<S, Tensor>>>;
  update(input: UpdateInput<O, S>): UpdateOutput<S>;
}

/** Throws ValueError for a number below 0. */
export const requireNotNegative = (name: string, options: Readonly<Record<string, number>>): void => {
  for (const [option, value] of Object.entries(options)) {
    if (!(value >= 0)) throw new ValueError(name, `${option} is not negative.`, { sides: { [option]: value } });
  }
};

/** Throws ValueError for a decay outside `[0, 1)`. */
export const requireDecays = (name: string, options: Readonly<Record<string, number>>): void => {
  for (const [option, value] of Object.entries(options)) {
    if (!(value >= 0 && value < 1)) {
      throw new ValueError(name, `${option} lies in [0, 1).`, { sides: { [option]: value } });
    }
  }
};

/** `gradient` with that of an L2 penalty on the parameter. */
export const addPenalty = (gradient: Tensor, parameter: Tensor, weightDecay: number): Tensor =>
  weightDecay === 0 ? gradient : add(gradient, multiply(parameter, weightDecay));

/** The parameter shrunk by a decay apart from the gradient: `p·(1 − lr·weightDecay)`. */
export const decay = (parameter: Tensor, lr: Tensor, weightDecay: number): Tensor =>
  weightDecay === 0 ? parameter : multiply(parameter, subtract(1, multiply(lr, weightDecay)));
