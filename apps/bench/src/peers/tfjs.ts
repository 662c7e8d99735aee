import { register } from 'node:module';
import * as tf from '@tensorflow/tfjs-core';
import {
  type BlockName,
  blockNames,
  type FormulaOptions,
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
import { allowThreads } from './tfjs-threads.js';

// Channels are last here, as the library wants them: see `permutationOf`.

type Tensors = Readonly<Record<string, tf.Tensor>>;

const standardize = (x: tf.Tensor, axes: number[]): tf.Tensor => {
  const { mean, variance } = tf.moments(x, axes, true);
  return tf.mul(tf.sub(x, mean), tf.rsqrt(tf.add(variance, 1e-5)));
};

const batchNorm: Formulas<tf.Tensor>['batchNorm'] = ({ x, weight, bias }) =>
  tf.add(tf.mul(standardize(x, [0, 1, 2]), weight), bias);

const layerNorm: Formulas<tf.Tensor>['layerNorm'] = ({ x, weight, bias }) =>
  tf.add(tf.mul(standardize(x, [x.rank - 1]), weight), bias);

const crossEntropy = (logits: tf.Tensor, labels: tf.Tensor): tf.Tensor => {
  const chosen = tf.oneHot(labels as tf.Tensor1D, logits.shape.at(-1) as number);
  return tf.neg(tf.mean(tf.sum(tf.mul(tf.logSoftmax(logits), chosen), -1)));
};

/**
 * Lovász loss of `[classes, pixels]` probabilities, with a gradient by hand: `topk` has none. Rows are gathered as one, since
 * `gather` with `batchDims` gives wrong elements on this backend.
 */
const lovaszOfProbabilities = (probabilities: tf.Tensor, foreground: tf.Tensor): tf.Tensor => {
  const [classes, pixels] = probabilities.shape as [number, number];
  const compute = tf.customGrad((given, save) => {
    const errors = tf.abs(tf.sub(foreground, given as tf.Tensor));
    const { values, indices } = tf.topk(errors, pixels, true);
    const starts = tf.mul(tf.range(0, classes, 1, 'int32'), tf.scalar(pixels, 'int32'));
    const places = tf.reshape(tf.add(indices, tf.reshape(starts, [classes, 1])), [classes * pixels]) as tf.Tensor1D;
    const hits = tf.reshape(tf.gather(tf.reshape(foreground, [-1]), places), [classes, pixels]);
    const total = tf.sum(hits, 1, true);
    const intersection = tf.sub(total, tf.cumsum(hits, 1));
    const union = tf.add(total, tf.cumsum(tf.sub(1, hits), 1));
    const jaccard = tf.sub(1, tf.div(intersection, union));
    const before = tf.concat([tf.zeros([classes, 1]), tf.slice(jaccard, [0, 0], [classes, pixels - 1])], 1);
    const steps = tf.sub(jaccard, before);
    const isPresent = tf.cast(tf.greater(total, 0), 'float32');
    const weights = tf.div(isPresent, tf.sum(isPresent));
    const loss = tf.sum(tf.mul(tf.sum(tf.mul(values, steps), 1, true), weights));

    const unsorted = tf.scatterND(tf.expandDims(places, 1), tf.reshape(tf.mul(steps, weights), [-1]), [
      classes * pixels,
    ]);
    const sign = tf.sub(1, tf.mul(2, foreground));
    (save as tf.GradSaveFunc)([tf.mul(tf.reshape(unsorted, [classes, pixels]), sign)]);
    return {
      value: loss,
      gradFunc: (dy: tf.Tensor, saved: tf.Tensor[]) => [tf.mul(dy, saved[0] as tf.Tensor)],
    };
  });
  return compute(probabilities);
};

const lovasz: Formulas<tf.Tensor>['lovasz'] = ({ logits, labels }) => {
  const classes = logits.shape.at(-1) as number;
  const probabilities = tf.transpose(tf.reshape(tf.softmax(logits), [-1, classes]));
  const chosen = tf.oneHot(tf.reshape(labels, [-1]) as tf.Tensor1D, classes);
  return lovaszOfProbabilities(probabilities, tf.cast(tf.transpose(chosen), 'float32'));
};

const convolution: Formulas<tf.Tensor>['convolution'] = ({ x, weight }, { stride, padding, groups }) =>
  groups === 1
    ? tf.conv2d(x as tf.Tensor4D, weight as tf.Tensor4D, stride, padding)
    : tf.depthwiseConv2d(x as tf.Tensor4D, weight as tf.Tensor4D, stride, padding);

const transposedConvolution: Formulas<tf.Tensor>['transposedConvolution'] = ({ x, weight }, { stride }) => {
  const [batch, height, width] = x.shape as [number, number, number];
  const shape: [number, number, number, number] = [batch, height * stride, width * stride, weight.shape[2] as number];
  return tf.conv2dTranspose(x as tf.Tensor4D, weight as tf.Tensor4D, shape, stride, 'valid');
};

const convolutionPair = (name: StageName, x: tf.Tensor, inputs: Named<UNetParameter, tf.Tensor>): tf.Tensor =>
  ([1, 2] as const).reduce((signal, i) => {
    const weight = inputs[`${name}.conv${i}.weight`];
    const convolved = convolution({ x: signal, weight }, { stride: 1, padding: 1, groups: 1 });
    const norm = { weight: inputs[`${name}.norm${i}.weight`], bias: inputs[`${name}.norm${i}.bias`] };
    return tf.relu(batchNorm({ x: convolved, ...norm }));
  }, x);

const halve = (x: tf.Tensor): tf.Tensor => tf.maxPool(x as tf.Tensor4D, 2, 2, 'valid');

const unet: Formulas<tf.Tensor>['unet'] = (inputs) => {
  const ascend = (name: 'toMiddle' | 'toFine', x: tf.Tensor, skipped: tf.Tensor): tf.Tensor => {
    const up = transposedConvolution({ x, weight: inputs[`${name}.up.weight`] }, { stride: 2 });
    return convolutionPair(`${name}.merge`, tf.concat([tf.add(up, inputs[`${name}.up.bias`]), skipped], 3), inputs);
  };
  const fine = convolutionPair('fine', inputs.images, inputs);
  const middle = convolutionPair('middle', halve(fine), inputs);
  const coarse = convolutionPair('coarse', halve(middle), inputs);
  const top = ascend('toFine', ascend('toMiddle', coarse, middle), fine);
  const head = convolution({ x: top, weight: inputs['head.weight'] }, { stride: 1, padding: 0, groups: 1 });
  const logits = tf.add(head, inputs['head.bias']);
  const rows = tf.reshape(logits, [-1, logits.shape[3] as number]);
  const labels = tf.reshape(inputs.labels, [-1]);
  return tf.add(crossEntropy(rows, labels), lovasz({ logits, labels: inputs.labels }));
};

type Layer<Name extends string> = Named<`${Name}.weight` | `${Name}.bias`, tf.Tensor>;

const dense = <Name extends string>(name: Name, x: tf.Tensor, inputs: Layer<Name>): tf.Tensor =>
  tf.add(tf.matMul(x, inputs[`${name}.weight`], false, true), inputs[`${name}.bias`]);

const normalize = <Name extends string>(name: Name, x: tf.Tensor, inputs: Layer<Name>): tf.Tensor =>
  layerNorm({ x, weight: inputs[`${name}.weight`], bias: inputs[`${name}.bias`] });

const attend = ({ query, key, value }: Named<'query' | 'key' | 'value', tf.Tensor>, bias?: tf.Tensor): tf.Tensor => {
  const scores = tf.mul(tf.matMul(query, key, false, true), 1 / Math.sqrt(query.shape.at(-1) as number));
  return tf.matMul(tf.softmax(bias === undefined ? scores : tf.add(scores, bias)), value);
};

const gelu = (x: tf.Tensor): tf.Tensor => tf.mul(tf.mul(x, 0.5), tf.add(1, tf.erf(tf.mul(x, Math.SQRT1_2))));

const block = (
  name: BlockName,
  x: tf.Tensor,
  heads: number,
  inputs: Named<TransformerParameter, tf.Tensor>,
): tf.Tensor => {
  const [batch, length, width] = x.shape as [number, number, number];
  const rows = tf.reshape(x, [batch * length, width]);
  const joint = dense(`${name}.queryKeyValue`, normalize(`${name}.norm1`, rows, inputs), inputs);
  const [query, key, value] = tf
    .split(joint, 3, 1)
    .map((part) => tf.transpose(tf.reshape(part, [batch, length, heads, width / heads]), [0, 2, 1, 3])) as [
    tf.Tensor,
    tf.Tensor,
    tf.Tensor,
  ];
  const future = tf.sub(1, tf.linalg.bandPart(tf.ones([length, length]), -1, 0));
  const attended = tf.transpose(attend({ query, key, value }, tf.mul(future, -1e30)), [0, 2, 1, 3]);
  const mixed = tf.add(rows, dense(`${name}.output`, tf.reshape(attended, [batch * length, width]), inputs));
  const expanded = gelu(dense(`${name}.expand`, normalize(`${name}.norm2`, mixed, inputs), inputs));
  return tf.reshape(tf.add(mixed, dense(`${name}.contract`, expanded, inputs)), [batch, length, width]);
};

const transformer: Formulas<tf.Tensor>['transformer'] = (inputs, { heads }) => {
  const tokens = inputs['tokens.weight'];
  const start = tf.add(tf.gather(tokens, inputs.ids as tf.Tensor1D), inputs['positions.weight']);
  const end = blockNames.reduce((x, name) => block(name, x, heads, inputs), start as tf.Tensor);
  const rows = normalize('norm', tf.reshape(end, [-1, end.shape.at(-1) as number]), inputs);
  return crossEntropy(tf.matMul(rows, tokens, false, true), tf.reshape(inputs.next, [-1]));
};

/** `topk` sorts from the largest down, and is the one sort there is. */
const inOrder = (x: tf.Tensor, k: number) => tf.topk(x, k, true);

const formulas: Formulas<tf.Tensor> = {
  matmul: ({ a, b }) => tf.matMul(a, b),
  matmulGradients: ({ a, b, cotangent }) => ({
    a: tf.matMul(cotangent, b, false, true),
    b: tf.matMul(a, cotangent, true, false),
  }),
  elementwise: ({ x }) => tf.sum(tf.add(tf.mul(tf.exp(tf.neg(tf.square(x))), 0.5), tf.tanh(x))),
  softmax: ({ x }) => tf.softmax(x),
  sum: ({ x }, { axis }) => tf.sum(x, axis),
  convolution,
  transposedConvolution,
  sort: ({ x }) => tf.reverse(inOrder(x, x.size).values),
  argsort: ({ x }) => inOrder(tf.neg(x), x.size).indices,
  topk: ({ x }, { k }) => ({ ...inOrder(x, k) }),
  cumsum: ({ x }) => tf.cumsum(x, 1),
  gather: ({ table, rows }) => tf.gather(table, rows as tf.Tensor1D),
  scatterAdd: ({ target, rows, updates }) =>
    tf.add(target, tf.scatterND(tf.expandDims(rows, 1), updates, target.shape as [number, number])),
  attention: (inputs) => attend(inputs),
  layerNorm,
  batchNorm,
  lovasz,
  mlp: (inputs) => {
    const first = tf.relu(dense('first', inputs.images, inputs));
    const second = tf.relu(dense('second', first, inputs));
    return crossEntropy(dense('last', second, inputs), inputs.labels);
  },
  unet,
  transformer,
  chain: ({ x }, { length }) => {
    let link = x;
    for (let i = 0; i < length; i++) link = i % 2 === 0 ? tf.mul(link, 1.001) : tf.add(link, 0.001);
    return link;
  },
};

/** Where axes of a four-dimensional tensor go: channels come last in images, and before the outputs in weights. */
const permutationOf = (name: string, rank: number, { formula, options }: Problem): readonly number[] | undefined => {
  if (rank !== 4) return undefined;
  if (!name.endsWith('weight')) return [0, 2, 3, 1];
  const isGrouped = formula === 'convolution' && (options as unknown as FormulaOptions<'convolution'>).groups > 1;
  return isGrouped ? [2, 3, 0, 1] : [2, 3, 1, 0];
};

const invert = (permutation: readonly number[]): number[] => permutation.map((_, axis) => permutation.indexOf(axis));

const upload = (name: string, { shape, values }: HostTensor, problem: Problem): tf.Tensor =>
  tf.tidy(() => {
    const given = tf.tensor(values, [...shape], values instanceof Int32Array ? 'int32' : 'float32');
    const permutation = permutationOf(name, shape.length, problem);
    return permutation === undefined ? given : tf.transpose(given, [...permutation]);
  });

const download = (results: Tensors, problem: Problem): HostOutputs =>
  Object.fromEntries(
    Object.entries(results).map(([name, result]) => {
      const permutation = permutationOf(name, result.rank, problem);
      const original = permutation === undefined ? result : tf.transpose(result, invert(permutation));
      return [name, original.dataSync() as HostValues];
    }),
  );

const isTensor = (results: tf.Tensor | Tensors): results is tf.Tensor => results instanceof tf.Tensor;

const resultsOf = (formula: AnyFormula<tf.Tensor>, { mode, options, variables }: Problem, inputs: Tensors): Tensors => {
  if (mode === 'value') return nameResults(formula(inputs, options), isTensor);
  const f = (...values: tf.Tensor[]): tf.Tensor => {
    const replaced = Object.fromEntries(variables.map((name, i) => [name, values[i] as tf.Tensor]));
    return requireSingle(formula({ ...inputs, ...replaced }, options), isTensor);
  };
  const { value, grads } = tf.valueAndGrads(f)(
    variables.map((name) => inputs[name] as tf.Tensor),
    inputs['cotangent'],
  );
  return { value, ...Object.fromEntries(variables.map((name, i) => [`gradient.${name}`, grads[i] as tf.Tensor])) };
};

const createStep = (formula: AnyFormula<tf.Tensor>, { options, variables }: Problem, inputs: Tensors) => {
  const parameters = Object.fromEntries(
    variables.map((name) => [name, tf.variable(inputs[name] as tf.Tensor)] as const),
  );
  const { learningRate, beta1, beta2, epsilon } = adamSettings;
  const optimizer = tf.train.adam(learningRate, beta1, beta2, epsilon);
  const loss = (): tf.Scalar => requireSingle(formula({ ...inputs, ...parameters }, options), isTensor) as tf.Scalar;
  return (): Tensors => ({ loss: optimizer.minimize(loss, true, Object.values(parameters)) as tf.Tensor });
};

/** Opens TensorFlow.js on WebAssembly with SIMD, and threads where there is more than one. */
export const openTfjs: OpenPeer = async ({ threads }) => {
  if (threads > 1) allowThreads(threads);
  await tf.setBackend('wasm');
  await tf.ready();
  const prepare = async (problem: Problem, hostInputs: HostInputs): Promise<PreparedProblem> => {
    if (problem.mode !== 'value') {
      register('./tfjs-modules.js', import.meta.url);
      await import('@tensorflow/tfjs-core/dist/register_all_gradients.js');
    }
    const formula = formulaOf(formulas, problem);
    const inputs = Object.fromEntries(
      Object.entries(hostInputs).map(([name, input]) => [name, upload(name, input, problem)] as const),
    );
    const isTraining = problem.mode === 'training';
    const step = isTraining ? createStep(formula, problem, inputs) : undefined;
    const compute = step ?? ((): Tensors => resultsOf(formula, problem, inputs));
    return {
      run: () => {
        tf.tidy(() => {
          compute();
        });
      },
      results: () =>
        tf.tidy(() => {
          if (!isTraining) return download(compute(), problem);
          const losses = Array.from(
            { length: comparedSteps },
            () => (compute()['loss'] as tf.Tensor).dataSync()[0] as number,
          );
          return { losses: Float32Array.from(losses) };
        }),
    };
  };
  return { prepare };
};
