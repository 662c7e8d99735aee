import {
  Adam,
  add,
  argsort,
  backward,
  batchNormTraining,
  compile,
  concat,
  conv2d,
  convTranspose2d,
  crossEntropyLoss,
  cumsum,
  Device,
  device,
  embedding,
  evaluate,
  exp,
  gelu,
  indexAdd,
  layerNorm,
  linear,
  lovaszSoftmaxLoss,
  matmul,
  maxPool2d,
  multiply,
  negate,
  onesLike,
  relu,
  reshape,
  scaledDotProductAttention,
  softmax,
  sort,
  split,
  square,
  sum,
  swapAxes,
  Tensor,
  take,
  tanh,
  tensor,
  topk,
  transpose,
  Variable,
  vjp,
} from 'cotangent';
import { spreadOf } from '../statistics.js';
import {
  type BlockName,
  blockNames,
  type Formulas,
  type Named,
  type StageName,
  type TransformerParameter,
  type UNetParameter,
} from '../workloads/formulas.js';
import type { HostInputs, HostOutputs, HostTensor, HostValues, Problem } from '../workloads/problem.js';
import { describeKernel } from './kernel-description.js';
import { ObservedBackend, type TimedKernel } from './observed-backend.js';
import {
  type AnyFormula,
  adamSettings,
  comparedSteps,
  formulaOf,
  type LaunchTime,
  nameResults,
  type OpenPeer,
  type PreparedProblem,
  requireSingle,
} from './peer.js';

type Tensors = Readonly<Record<string, Tensor>>;

const convolutionPair = (name: StageName, x: Tensor, inputs: Named<UNetParameter, Tensor>): Tensor =>
  ([1, 2] as const).reduce((signal, i) => {
    const convolved = conv2d(signal, inputs[`${name}.conv${i}.weight`], { padding: 1 });
    const weight = inputs[`${name}.norm${i}.weight`];
    const bias = inputs[`${name}.norm${i}.bias`];
    return relu(batchNormTraining(convolved, { weight, bias }).output);
  }, x);

const unet: Formulas<Tensor>['unet'] = (inputs) => {
  const ascend = (name: 'toMiddle' | 'toFine', x: Tensor, skipped: Tensor): Tensor => {
    const up = convTranspose2d(x, inputs[`${name}.up.weight`], { bias: inputs[`${name}.up.bias`], stride: 2 });
    return convolutionPair(`${name}.merge`, concat([up, skipped], 1), inputs);
  };
  const fine = convolutionPair('fine', inputs.images, inputs);
  const middle = convolutionPair('middle', maxPool2d(fine, { kernelSize: 2 }), inputs);
  const coarse = convolutionPair('coarse', maxPool2d(middle, { kernelSize: 2 }), inputs);
  const top = ascend('toFine', ascend('toMiddle', coarse, middle), fine);
  const logits = conv2d(top, inputs['head.weight'], { bias: inputs['head.bias'] });
  return add(crossEntropyLoss(logits, inputs.labels), lovaszSoftmaxLoss(logits, inputs.labels));
};

type Layer<Name extends string> = Named<`${Name}.weight` | `${Name}.bias`, Tensor>;

const dense = <Name extends string>(name: Name, x: Tensor, inputs: Layer<Name>): Tensor =>
  linear(x, inputs[`${name}.weight`], inputs[`${name}.bias`]);

const normalize = <Name extends string>(name: Name, x: Tensor, inputs: Layer<Name>): Tensor =>
  layerNorm(x, [x.shape.at(-1) as number], { weight: inputs[`${name}.weight`], bias: inputs[`${name}.bias`] });

/** One transformer block on `[batch, length, width]`. */
const block = (name: BlockName, x: Tensor, heads: number, inputs: Named<TransformerParameter, Tensor>): Tensor => {
  const [batch, length, width] = x.shape as [number, number, number];
  const separate = (part: Tensor): Tensor => swapAxes(reshape(part, [batch, length, heads, width / heads]), 1, 2);
  const [query, key, value] = split(
    dense(`${name}.queryKeyValue`, normalize(`${name}.norm1`, x, inputs), inputs),
    width,
    2,
  ).map(separate) as [Tensor, Tensor, Tensor];
  const attended = scaledDotProductAttention(query, key, value, { isCausal: true });
  const mixed = add(x, dense(`${name}.output`, reshape(swapAxes(attended, 1, 2), x.shape), inputs));
  const expanded = gelu(dense(`${name}.expand`, normalize(`${name}.norm2`, mixed, inputs), inputs));
  return add(mixed, dense(`${name}.contract`, expanded, inputs));
};

const transformer: Formulas<Tensor>['transformer'] = (inputs, { heads }) => {
  const tokens = inputs['tokens.weight'];
  const start = add(embedding(inputs.ids, tokens), inputs['positions.weight']);
  const end = blockNames.reduce((x, name) => block(name, x, heads, inputs), start);
  const width = end.shape.at(-1) as number;
  const logits = linear(reshape(normalize('norm', end, inputs), [-1, width]), tokens);
  return crossEntropyLoss(logits, reshape(inputs.next, [-1]));
};

const formulas: Formulas<Tensor> = {
  matmul: ({ a, b }) => matmul(a, b),
  matmulGradients: ({ a, b, cotangent }) => ({
    a: matmul(cotangent, transpose(b)),
    b: matmul(transpose(a), cotangent),
  }),
  elementwise: ({ x }) => sum(add(multiply(exp(negate(square(x))), 0.5), tanh(x))),
  softmax: ({ x }) => softmax(x),
  sum: ({ x }, { axis }) => sum(x, { axes: axis }),
  convolution: ({ x, weight }, options) => conv2d(x, weight, options),
  transposedConvolution: ({ x, weight }, { stride }) => convTranspose2d(x, weight, { stride }),
  sort: ({ x }) => sort(x).values,
  argsort: ({ x }) => argsort(x),
  topk: ({ x }, { k }) => ({ ...topk(x, k) }),
  cumsum: ({ x }) => cumsum(x),
  gather: ({ table, rows }) => take(table, rows),
  scatterAdd: ({ target, rows, updates }) => indexAdd(target, rows, updates),
  attention: ({ query, key, value }) => scaledDotProductAttention(query, key, value),
  layerNorm: ({ x, weight, bias }) => layerNorm(x, weight.shape, { weight, bias }),
  batchNorm: ({ x, weight, bias }) => batchNormTraining(x, { weight, bias }).output,
  lovasz: ({ logits, labels }) => lovaszSoftmaxLoss(logits, labels),
  mlp: (inputs) => {
    const first = relu(dense('first', inputs.images, inputs));
    const second = relu(dense('second', first, inputs));
    return crossEntropyLoss(dense('last', second, inputs), inputs.labels);
  },
  unet,
  transformer,
  chain: ({ x }, { length }) => {
    let link = x;
    for (let i = 0; i < length; i++) link = i % 2 === 0 ? multiply(link, 1.001) : add(link, 0.001);
    return link;
  },
};

const isTensor = (results: Tensor | Tensors): results is Tensor => results instanceof Tensor;

const upload = ({ shape, values }: HostTensor, target: Device): Tensor => tensor(values, { shape, device: target });

const uploadAll = (inputs: HostInputs, target: Device): Tensors =>
  Object.fromEntries(Object.entries(inputs).map(([name, input]) => [name, upload(input, target)]));

const download = async (results: Tensors): Promise<HostOutputs> =>
  Object.fromEntries(
    await Promise.all(
      Object.entries(results).map(async ([name, result]) => [name, (await result.data()) as HostValues] as const),
    ),
  );

/** The formula, with its gradients where the problem asks for them. */
const resultsOf = (formula: AnyFormula<Tensor>, { mode, options, variables }: Problem, inputs: Tensors): Tensors => {
  if (mode === 'value') return nameResults(formula(inputs, options), isTensor);
  const f = (...values: Tensor[]): Tensor => {
    const replaced = Object.fromEntries(variables.map((name, i) => [name, values[i] as Tensor]));
    return requireSingle(formula({ ...inputs, ...replaced }, options), isTensor);
  };
  const { value, pull } = vjp(f, ...variables.map((name) => inputs[name] as Tensor));
  const gradients = pull(inputs['cotangent'] ?? onesLike(value));
  return { value, ...Object.fromEntries(variables.map((name, i) => [`gradient.${name}`, gradients[i] as Tensor])) };
};

/** One step of training as a function of the data; parameters are its state. */
const createStep = (formula: AnyFormula<Tensor>, { options, variables }: Problem, inputs: Tensors) => {
  const parameters = Object.fromEntries(
    variables.map((name) => [name, new Variable(inputs[name] as Tensor, { name })] as const),
  );
  const { learningRate, beta1, beta2, epsilon } = adamSettings;
  const optimizer = new Adam(Object.values(parameters), { lr: learningRate, betas: [beta1, beta2], epsilon });
  return (data: Tensors): Tensors => {
    const loss = requireSingle(formula({ ...data, ...parameters }, options), isTensor);
    backward(loss);
    optimizer.step();
    optimizer.zeroGrad();
    return { loss };
  };
};

/** The median time of each launch over some runs; runs of one problem launch the same kernels. */
const profileRuns = async (
  backend: ObservedBackend,
  run: () => Promise<void>,
  count: number,
): Promise<readonly LaunchTime[]> => {
  const logs: TimedKernel[][] = [];
  for (let i = 0; i < count; i++) logs.push(await backend.timeLaunches(run));
  return (logs[0] ?? []).map(({ kernel }, place) => ({
    kernel: describeKernel(kernel),
    medianMs: spreadOf(logs.map((log) => (log[place] as TimedKernel).ms)).median,
  }));
};

/** Opens Cotangent: compiled functions, or with `isLazy` graphs that are built anew for each run. */
const open =
  (isLazy: boolean): OpenPeer =>
  async ({ device: name, threads }) => {
    if (name !== 'cpu' && name !== 'webgpu') throw new Error(`There is no device '${name}'.`);
    const observed = new ObservedBackend((await device(name, { threads })).backend);
    const target = new Device(observed);

    const prepare = (problem: Problem, hostInputs: HostInputs): PreparedProblem => {
      const formula = formulaOf(formulas, problem);
      const inputs = uploadAll(hostInputs, target);
      const isTraining = problem.mode === 'training';
      const body = isTraining
        ? createStep(formula, problem, inputs)
        : (given: Tensors): Tensors => resultsOf(formula, problem, given);
      const compute = isLazy ? body : compile(body);
      const once = async (): Promise<Tensors> => {
        const results = compute(inputs);
        await evaluate(...Object.values(results));
        await observed.settled();
        return results;
      };
      const run = async (): Promise<void> => {
        for (const result of Object.values(await once())) result.dispose();
      };
      return {
        run,
        async results() {
          if (!isTraining) return download(await once());
          const losses = new Float32Array(comparedSteps);
          for (let i = 0; i < comparedSteps; i++) losses[i] = await ((await once())['loss'] as Tensor).item();
          return { losses };
        },
        async count() {
          observed.reset();
          await run();
          return observed.counts;
        },
        profile: async (runs) => profileRuns(observed, run, runs),
      };
    };
    return { liveBytes: () => target.memory().liveBytes, prepare };
  };

export const openCompiled = open(false);
export const openLazy = open(true);
