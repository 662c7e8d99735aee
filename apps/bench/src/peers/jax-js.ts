import {
  blockUntilReady,
  defaultDevice,
  init,
  type Array as JaxArray,
  jit,
  lax,
  nn,
  numpy as np,
  tree,
  valueAndGrad,
  vjp,
} from '@jax-js/jax';
import {
  type BlockName,
  blockNames,
  type FormulaName,
  type Formulas,
  type Named,
  type StageName,
  type TransformerParameter,
  type UNetParameter,
} from '../workloads/formulas.js';
import type { HostInputs, HostOutputs, HostTensor, HostValues, Problem } from '../workloads/problem.js';
import {
  type AnyFormula,
  adamSettings,
  comparedSteps,
  formulaOf,
  nameResults,
  type OpenPeer,
  type PreparedProblem,
  requireSingle,
} from './peer.js';

// Every call consumes its arguments, so that a value used once more is passed as `x.ref`.

type Arrays = Record<string, JaxArray>;

/** `(x − mean)/√(variance + 1e-5)` over axes. */
const standardize = (x: JaxArray, axis: number[]): JaxArray => {
  const centred = np.subtract(x.ref, np.mean(x, axis, { keepdims: true }));
  const variance = np.mean(np.square(centred.ref), axis, { keepdims: true });
  return np.divide(centred, np.sqrt(np.add(variance, 1e-5)));
};

const alongChannels = (x: JaxArray): JaxArray => np.reshape(x, [1, x.shape[0] as number, 1, 1]);

const batchNorm: Formulas<JaxArray>['batchNorm'] = ({ x, weight, bias }) =>
  np.add(np.multiply(standardize(x, [0, 2, 3]), alongChannels(weight)), alongChannels(bias));

const layerNorm: Formulas<JaxArray>['layerNorm'] = ({ x, weight, bias }) =>
  np.add(np.multiply(standardize(x, [-1]), weight), bias);

/** Mean of `−log p` at the labels; classes along the last axis. */
const crossEntropy = (logits: JaxArray, labels: JaxArray): JaxArray => {
  const classes = logits.shape.at(-1) as number;
  const picked = np.multiply(nn.logSoftmax(logits, -1), nn.oneHot(labels, classes));
  return np.negative(np.mean(np.sum(picked, -1)));
};

const lovasz: Formulas<JaxArray>['lovasz'] = ({ logits, labels }) => {
  const [batch, classes, height, width] = logits.shape as [number, number, number, number];
  const pixels = batch * height * width;
  const probabilities = np.reshape(np.transpose(nn.softmax(logits, 1), [1, 0, 2, 3]), [classes, pixels]);
  const foreground = lax.stopGradient(np.transpose(nn.oneHot(np.reshape(labels, [pixels]), classes)));
  const errors = np.absolute(np.subtract(foreground.ref, probabilities));
  const order = np.argsort(lax.stopGradient(np.negative(errors.ref)), 1);
  const sorted = np.takeAlongAxis(errors, order.ref, 1);
  const hits = np.takeAlongAxis(foreground, order, 1);
  const total = np.sum(hits.ref, 1, { keepdims: true });
  const intersection = np.subtract(total.ref, np.cumsum(hits.ref, 1));
  const union = np.add(total.ref, np.cumsum(np.subtract(1, hits), 1));
  const jaccard = np.subtract(1, np.divide(intersection, union));
  const steps = np.subtract(
    jaccard.ref,
    np.pad(jaccard.slice([], [0, pixels - 1]), [
      [0, 0],
      [1, 0],
    ]),
  );
  const losses = np.sum(np.multiply(sorted, lax.stopGradient(steps)), 1);
  const isPresent = np.astype(np.greater(np.reshape(total, [classes]), 0), np.float32);
  return np.divide(np.sum(np.multiply(losses, isPresent.ref)), np.sum(isPresent));
};

const convolution: Formulas<JaxArray>['convolution'] = ({ x, weight }, { stride, padding, groups }) =>
  lax.convGeneralDilated(
    x,
    weight,
    [stride, stride],
    [
      [padding, padding],
      [padding, padding],
    ],
    {
      featureGroupCount: groups,
    },
  );

const transposedConvolution: Formulas<JaxArray>['transposedConvolution'] = ({ x, weight }, { stride }) =>
  lax.convTranspose(x, weight, [stride, stride], 'VALID', { transposeKernel: true });

const convolutionPair = (name: StageName, x: JaxArray, inputs: Named<UNetParameter, JaxArray>): JaxArray =>
  ([1, 2] as const).reduce((signal, i) => {
    const convolved = convolution(
      { x: signal, weight: inputs[`${name}.conv${i}.weight`] },
      { stride: 1, padding: 1, groups: 1 },
    );
    const weight = inputs[`${name}.norm${i}.weight`];
    const bias = inputs[`${name}.norm${i}.bias`];
    return nn.relu(batchNorm({ x: convolved, weight, bias }));
  }, x);

/** Largest of each 2×2 window. */
const halve = (x: JaxArray): JaxArray => {
  const [batch, channels, height, width] = x.shape as [number, number, number, number];
  return np.max(np.reshape(x, [batch, channels, height / 2, 2, width / 2, 2]), [3, 5]);
};

const unet: Formulas<JaxArray>['unet'] = (inputs) => {
  const ascend = (name: 'toMiddle' | 'toFine', x: JaxArray, skipped: JaxArray): JaxArray => {
    const up = transposedConvolution({ x, weight: inputs[`${name}.up.weight`] }, { stride: 2 });
    const biased = np.add(up, alongChannels(inputs[`${name}.up.bias`]));
    return convolutionPair(`${name}.merge`, np.concatenate([biased, skipped], 1), inputs);
  };
  const fine = convolutionPair('fine', inputs.images, inputs);
  const middle = convolutionPair('middle', halve(fine.ref), inputs);
  const coarse = convolutionPair('coarse', halve(middle.ref), inputs);
  const top = ascend('toFine', ascend('toMiddle', coarse, middle), fine);
  const head = convolution({ x: top, weight: inputs['head.weight'] }, { stride: 1, padding: 0, groups: 1 });
  const logits = np.add(head, alongChannels(inputs['head.bias']));
  const last = np.transpose(logits.ref, [0, 2, 3, 1]);
  return np.add(crossEntropy(last, inputs.labels.ref), lovasz({ logits, labels: inputs.labels }));
};

type Layer<Name extends string> = Named<`${Name}.weight` | `${Name}.bias`, JaxArray>;

const dense = <Name extends string>(name: Name, x: JaxArray, inputs: Layer<Name>): JaxArray =>
  np.add(np.matmul(x, np.transpose(inputs[`${name}.weight`])), inputs[`${name}.bias`]);

const normalize = <Name extends string>(name: Name, x: JaxArray, inputs: Layer<Name>): JaxArray =>
  layerNorm({ x, weight: inputs[`${name}.weight`], bias: inputs[`${name}.bias`] });

const attend = ({ query, key, value }: Named<'query' | 'key' | 'value', JaxArray>, mask?: JaxArray): JaxArray => {
  const width = query.shape.at(-1) as number;
  const scores = np.multiply(np.matmul(query, np.swapaxes(key, -1, -2)), 1 / Math.sqrt(width));
  return np.matmul(nn.softmax(mask === undefined ? scores : np.where(mask, scores, -1e30), -1), value);
};

const block = (
  name: BlockName,
  x: JaxArray,
  heads: number,
  inputs: Named<TransformerParameter, JaxArray>,
): JaxArray => {
  const [batch, length, width] = x.shape as [number, number, number];
  const rows = np.reshape(x, [batch * length, width]);
  const joint = dense(`${name}.queryKeyValue`, normalize(`${name}.norm1`, rows.ref, inputs), inputs);
  const parts = np.transpose(np.reshape(joint, [batch, length, 3, heads, width / heads]), [2, 0, 3, 1, 4]);
  const [query, key, value] = parts as Iterable<JaxArray> as [JaxArray, JaxArray, JaxArray];
  const mask = np.astype(np.tril(np.ones([length, length])), np.bool);
  const attended = np.transpose(attend({ query, key, value }, mask), [0, 2, 1, 3]);
  const mixed = np.add(rows, dense(`${name}.output`, np.reshape(attended, [batch * length, width]), inputs));
  const expanded = nn.gelu(dense(`${name}.expand`, normalize(`${name}.norm2`, mixed.ref, inputs), inputs), {
    approximate: false,
  });
  return np.reshape(np.add(mixed, dense(`${name}.contract`, expanded, inputs)), [batch, length, width]);
};

const transformer: Formulas<JaxArray>['transformer'] = (inputs, { heads }) => {
  const tokens = inputs['tokens.weight'];
  const start = np.add(np.take(tokens.ref, inputs.ids, 0), inputs['positions.weight']);
  const end = blockNames.reduce((x, name) => block(name, x, heads, inputs), start);
  const rows = np.reshape(normalize('norm', end, inputs), [-1, end.shape.at(-1) as number]);
  return crossEntropy(np.matmul(rows, np.transpose(tokens)), np.reshape(inputs.next, [-1]));
};

const formulas: Formulas<JaxArray> = {
  matmul: ({ a, b }) => np.matmul(a, b),
  matmulGradients: ({ a, b, cotangent }) => ({
    a: np.matmul(cotangent.ref, np.transpose(b)),
    b: np.matmul(np.transpose(a), cotangent),
  }),
  elementwise: ({ x }) => np.sum(np.add(np.multiply(np.exp(np.negative(np.square(x.ref))), 0.5), np.tanh(x))),
  softmax: ({ x }) => nn.softmax(x, -1),
  sum: ({ x }, { axis }) => np.sum(x, axis),
  convolution,
  transposedConvolution,
  sort: ({ x }) => np.sort(x),
  argsort: ({ x }) => np.argsort(x),
  topk: ({ x }, { k }) => {
    const [values, indices] = lax.topK(x, k);
    return { values, indices };
  },
  cumsum: ({ x }) => np.cumsum(x, -1),
  gather: ({ table, rows }) => np.take(table, rows, 0),
  // There is no scatter; the gradient of a gather is one.
  scatterAdd: ({ target, rows, updates }) => {
    const [taken, pull] = vjp((table: JaxArray) => np.take(table, rows, 0), [target.ref]);
    taken.dispose();
    const [added] = pull(updates) as [JaxArray];
    return np.add(target, added);
  },
  attention: (inputs) => attend(inputs),
  layerNorm,
  batchNorm,
  lovasz,
  mlp: (inputs) => {
    const first = nn.relu(dense('first', inputs.images, inputs));
    const second = nn.relu(dense('second', first, inputs));
    return crossEntropy(dense('last', second, inputs), inputs.labels);
  },
  unet,
  transformer,
  chain: ({ x }, { length }) => {
    let link = x;
    for (let i = 0; i < length; i++) link = i % 2 === 0 ? np.multiply(link, 1.001) : np.add(link, 0.001);
    return link;
  },
};

/** While a function is traced its arrays are of another class. */
const isArray = (results: JaxArray | Readonly<Record<string, JaxArray>>): results is JaxArray => 'ndim' in results;

const upload = ({ shape, values }: HostTensor): JaxArray => np.array(values.slice(), { shape: [...shape] });

const download = async (results: Arrays): Promise<HostOutputs> => {
  const outputs: Record<string, HostValues> = {};
  for (const [name, result] of Object.entries(results)) outputs[name] = (await result.data()) as HostValues;
  return outputs;
};

/** Cuts inputs into those that are differentiated or trained and the others. */
const separate = (inputs: Arrays, variables: readonly string[]): [Arrays, Arrays] => {
  const entries = Object.entries(inputs);
  return [
    Object.fromEntries(entries.filter(([name]) => variables.includes(name))),
    Object.fromEntries(entries.filter(([name]) => !variables.includes(name))),
  ];
};

const computeValue =
  (formula: AnyFormula<JaxArray>, { options }: Problem) =>
  (inputs: Arrays): Arrays =>
    nameResults(formula(inputs, options), isArray);

const computeGradients =
  (formula: AnyFormula<JaxArray>, { options, variables }: Problem) =>
  (inputs: Arrays): Arrays => {
    const [differentiated, others] = separate(inputs, variables);
    const { cotangent, ...constants } = others;
    const [value, pull] = vjp(
      (values: Arrays): JaxArray => requireSingle(formula({ ...values, ...constants }, options), isArray),
      [differentiated],
    );
    const [gradients] = pull(cotangent ?? np.onesLike(value.ref)) as unknown as [Arrays];
    const named = Object.entries(gradients).map(([name, gradient]) => [`gradient.${name}`, gradient]);
    return { value, ...Object.fromEntries(named) };
  };

interface TrainingState extends Record<string, unknown> {
  readonly parameters: Arrays;
  readonly means: Arrays;
  readonly squares: Arrays;
  readonly count: JaxArray;
}

const createStep = (formula: AnyFormula<JaxArray>, { options }: Problem) => {
  const { learningRate, beta1, beta2, epsilon } = adamSettings;
  const lossAndGradients = valueAndGrad(
    (parameters: Arrays, data: Arrays): JaxArray =>
      requireSingle(formula({ ...parameters, ...data }, options), isArray),
  );
  const average = (old: JaxArray, next: JaxArray, decay: number): JaxArray =>
    np.add(np.multiply(old, decay), np.multiply(next, 1 - decay));
  return (state: TrainingState, data: Arrays): { loss: JaxArray; state: TrainingState } => {
    const [loss, gradients] = lossAndGradients(tree.ref(state.parameters), data) as [JaxArray, Arrays];
    const count = np.add(state.count, 1);
    const correction1 = np.subtract(1, np.power(beta1, count.ref));
    const correction2 = np.sqrt(np.subtract(1, np.power(beta2, count.ref)));
    const next = { parameters: {} as Arrays, means: {} as Arrays, squares: {} as Arrays, count };
    for (const [name, gradient] of Object.entries(gradients)) {
      const mean = average(state.means[name] as JaxArray, gradient.ref, beta1);
      const squares = average(state.squares[name] as JaxArray, np.square(gradient), beta2);
      const divisor = np.add(np.divide(np.sqrt(squares.ref), correction2.ref), epsilon);
      const size = np.divide(learningRate, correction1.ref);
      const change = np.multiply(size, np.divide(mean.ref, divisor));
      next.parameters[name] = np.subtract(state.parameters[name] as JaxArray, change);
      next.means[name] = mean;
      next.squares[name] = squares;
    }
    correction1.dispose();
    correction2.dispose();
    return { loss, state: next };
  };
};

const prepareTraining = (step: ReturnType<typeof createStep>, problem: Problem, inputs: Arrays): PreparedProblem => {
  const [parameters, data] = separate(inputs, problem.variables);
  const zeros = (): Arrays => tree.map((x: JaxArray) => np.zerosLike(x.ref), parameters) as Arrays;
  let state: TrainingState = { parameters, means: zeros(), squares: zeros(), count: np.array(0) };
  const once = async (): Promise<JaxArray> => {
    const { loss, state: next } = step(state, tree.ref(data));
    state = next;
    await blockUntilReady([loss, state] as never);
    return loss;
  };
  return {
    run: async () => (await once()).dispose(),
    async results() {
      const losses = new Float32Array(comparedSteps);
      for (let i = 0; i < comparedSteps; i++) losses[i] = (await (await once()).data())[0] as number;
      return { losses };
    },
  };
};

/** Formulas that are several times slower compiled than not. */
const fasterEager: readonly FormulaName[] = ['convolution'];

/** Opens jax-js on WebAssembly, compiling where that is faster; it has no threads in Node. */
const open =
  (canCompile: boolean): OpenPeer =>
  async () => {
    await init('wasm');
    defaultDevice('wasm');
    const prepare = (problem: Problem, hostInputs: HostInputs): PreparedProblem => {
      const formula = formulaOf(formulas, problem);
      const isCompiled = canCompile && !fasterEager.includes(problem.formula);
      const maybeJit = (isCompiled ? jit : (f: unknown) => f) as typeof jit;
      const inputs = Object.fromEntries(Object.entries(hostInputs).map(([name, input]) => [name, upload(input)]));
      if (problem.mode === 'training') {
        return prepareTraining(maybeJit(createStep(formula, problem) as never) as never, problem, inputs);
      }
      const compute = maybeJit((problem.mode === 'value' ? computeValue : computeGradients)(formula, problem));
      const once = (): Promise<Arrays> => blockUntilReady(compute(tree.ref(inputs)) as Arrays);
      return {
        run: async () => tree.dispose(await once()),
        results: async () => download(await once()),
      };
    };
    return { prepare };
  };

export const openJax = open(true);
export const openEager = open(false);
