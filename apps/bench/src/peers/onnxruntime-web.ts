import * as ort from 'onnxruntime-web';
import type { HostInputs, HostOutputs, HostValues, Problem } from '../workloads/problem.js';
import { elementTypes, OnnxGraph, type OnnxValue } from './onnx-model.js';
import { type FormulaTable, formulaOf, nameResults, type OpenPeer, type PreparedProblem } from './peer.js';

/** A node with one result. */
const apply = (
  op: string,
  inputs: readonly OnnxValue[],
  attributes: Parameters<OnnxGraph['node']>[2] = {},
): OnnxValue => (inputs[0] as OnnxValue).graph.node(op, inputs, attributes)[0] as OnnxValue;

const swapAxes = (x: OnnxValue): OnnxValue => apply('Transpose', [x], { perm: [1, 0] });

/** The first `k` elements of a vector in order: `TopK` is the one sort there is. */
const inOrder = (x: OnnxValue, k: OnnxValue, largest: 0 | 1) => {
  const [values, indices] = x.graph.node('TopK', [x, k], { largest }, 2);
  return { values: values as OnnxValue, indices: indices as OnnxValue };
};

const noGradients = 'It runs graphs as they are given, and computes no gradients.';

const formulas: FormulaTable<OnnxValue> = {
  matmul: ({ a, b }) => apply('MatMul', [a, b]),
  matmulGradients: ({ a, b, cotangent }) => ({
    a: apply('MatMul', [cotangent, swapAxes(b)]),
    b: apply('MatMul', [swapAxes(a), cotangent]),
  }),
  sum: ({ x }, { axis }) => apply('ReduceSum', [x, x.graph.constant([BigInt(axis)])], { keepdims: 0 }),
  convolution: ({ x, weight }, { stride, padding, groups }) =>
    apply('Conv', [x, weight], {
      strides: [stride, stride],
      pads: [padding, padding, padding, padding],
      group: groups,
    }),
  transposedConvolution: ({ x, weight }, { stride }) =>
    apply('ConvTranspose', [x, weight], { strides: [stride, stride] }),
  sort: ({ x }) => inOrder(x, apply('Shape', [x]), 0).values,
  argsort: ({ x }) => inOrder(x, apply('Shape', [x]), 0).indices,
  topk: ({ x }, { k }) => inOrder(x, x.graph.constant([BigInt(k)]), 1),
  cumsum: ({ x }) => apply('CumSum', [x, x.graph.constant(1n)]),
  gather: ({ table, rows }) => apply('Gather', [table, rows], { axis: 0 }),
  scatterAdd: ({ target, rows, updates }) => {
    const places = apply('Unsqueeze', [apply('Cast', [rows], { to: elementTypes.int64 }), rows.graph.constant([1n])]);
    return apply('ScatterND', [target, places, updates], { reduction: 'add' });
  },
  chain: ({ x }, { length }) => {
    const factor = x.graph.constant(1.001);
    const term = x.graph.constant(0.001);
    let link = x;
    for (let i = 0; i < length; i++) link = i % 2 === 0 ? apply('Mul', [link, factor]) : apply('Add', [link, term]);
    return link;
  },
  elementwise: noGradients,
  softmax: noGradients,
  attention: noGradients,
  layerNorm: noGradients,
  batchNorm: noGradients,
  lovasz: noGradients,
  mlp: noGradients,
  unet: noGradients,
  transformer: noGradients,
};

const isValue = (results: OnnxValue | Readonly<Record<string, OnnxValue>>): results is OnnxValue => 'graph' in results;

/** The problem as a model, and its results by the names of their values. */
const buildModel = (problem: Problem, inputs: HostInputs) => {
  if (problem.mode !== 'value') throw new Error(noGradients);
  const graph = new OnnxGraph();
  const given = Object.entries(inputs).map(([name, { shape, values }]) => {
    return [name, graph.input(name, values instanceof Int32Array ? 'int32' : 'float32', shape)] as const;
  });
  const formula = formulaOf(formulas, problem);
  const results = Object.entries(nameResults(formula(Object.fromEntries(given), problem.options), isValue));
  const holdsIndices = (name: string): boolean => problem.formula === 'argsort' || name === 'indices';
  const model = graph.encode(
    results.map(([name, value]) => ({ value, type: holdsIndices(name) ? 'int64' : 'float32' })),
  );
  return { model, names: results.map(([name, value]) => [name, value.name] as const) };
};

const toHostValues = ({ data }: ort.Tensor): HostValues =>
  data instanceof BigInt64Array ? Int32Array.from(data, Number) : (data.slice() as HostValues);

/** Opens ONNX Runtime on WebAssembly. A run copies the inputs to its memory and the results from it, as it must. */
export const openOnnxRuntime: OpenPeer = async ({ threads }) => {
  ort.env.wasm.numThreads = threads;
  const prepare = async (problem: Problem, inputs: HostInputs): Promise<PreparedProblem> => {
    const { model, names } = buildModel(problem, inputs);
    const session = await ort.InferenceSession.create(model, { executionProviders: ['wasm'] });
    const feeds = Object.fromEntries(
      Object.entries(inputs).map(([name, { shape, values }]) => {
        const type = values instanceof Int32Array ? 'int32' : 'float32';
        return [name, new ort.Tensor(type, values, shape)];
      }),
    );
    return {
      run: async () => {
        await session.run(feeds);
      },
      results: async (): Promise<HostOutputs> => {
        const values = await session.run(feeds);
        return Object.fromEntries(names.map(([name, value]) => [name, toHostValues(values[value] as ort.Tensor)]));
      },
    };
  };
  return { prepare };
};
