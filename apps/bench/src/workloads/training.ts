import { blockNames } from './formulas.js';
import { bytesOf, type InputSpec, input, type Problem, problem, type Workload } from './problem.js';

type Inputs<Name extends string> = Record<Name, InputSpec>;

/** Weights that keep the variance of what they are applied to (He et al. 2015). */
const weight = (fanIn: number, ...shape: readonly number[]): InputSpec => input.normal(Math.sqrt(2 / fanIn), ...shape);

const linear = <Name extends string>(name: Name, from: number, to: number) =>
  ({ [`${name}.weight`]: weight(from, to, from), [`${name}.bias`]: input.constant(0, to) }) as Inputs<
    `${Name}.weight` | `${Name}.bias`
  >;

const norm = <Name extends string>(name: Name, channels: number) =>
  ({ [`${name}.weight`]: input.constant(1, channels), [`${name}.bias`]: input.constant(0, channels) }) as Inputs<
    `${Name}.weight` | `${Name}.bias`
  >;

const countOf = (inputs: Readonly<Record<string, InputSpec>>): number =>
  Object.values(inputs).reduce((sum, { shape }) => sum + shape.reduce((count, extent) => count * extent, 1), 0);

/** Adam reads and writes each parameter and its two moments. */
const adamBytes = (parameters: Readonly<Record<string, InputSpec>>): number => bytesOf(6 * countOf(parameters));

/** Forward, and the gradients of both factors. */
const threeProducts = 3;

/** Small differences of rounding grow from step to step. */
const tolerance = 1e-3;

interface MlpSize {
  readonly batch: number;
  readonly features: number;
  readonly hidden: number;
  readonly classes: number;
}

const mlp = ({ batch, features, hidden, classes }: MlpSize): Problem => {
  const parameters = {
    ...linear('first', features, hidden),
    ...linear('second', hidden, hidden),
    ...linear('last', hidden, classes),
  };
  const inner = hidden * hidden + hidden * classes;
  return problem(
    'mlp',
    { images: input.uniform(batch, features), labels: input.labels(classes, batch), ...parameters },
    {
      options: undefined,
      mode: 'training',
      variables: Object.keys(parameters) as (keyof typeof parameters)[],
      cost: {
        flops: 2 * batch * (threeProducts * inner + (threeProducts - 1) * features * hidden),
        bytes: adamBytes(parameters) + bytesOf(batch * features),
      },
      tolerance,
    },
  );
};

/** Weight of a convolution and what it costs forward. */
const kernel = (from: number, to: number, extent: number, pixels: number) => ({
  spec: weight(from * extent ** 2, to, from, extent, extent),
  flops: 2 * pixels * from * to * extent ** 2,
});

const convolutionPair = <Name extends string>(name: Name, from: number, to: number, pixels: number) => {
  const first = kernel(from, to, 3, pixels);
  const second = kernel(to, to, 3, pixels);
  const parameters = {
    [`${name}.conv1.weight`]: first.spec,
    ...norm(`${name}.norm1`, to),
    [`${name}.conv2.weight`]: second.spec,
    ...norm(`${name}.norm2`, to),
  } as Inputs<`${Name}.conv${1 | 2}.weight` | `${Name}.norm${1 | 2}.weight` | `${Name}.norm${1 | 2}.bias`>;
  return { parameters, flops: first.flops + second.flops };
};

const ascent = <Name extends string>(name: Name, from: number, to: number, pixels: number) => {
  const parameters = {
    [`${name}.up.weight`]: weight(from, from, to, 2, 2),
    [`${name}.up.bias`]: input.constant(0, to),
  } as Inputs<`${Name}.up.weight` | `${Name}.up.bias`>;
  return { parameters, flops: 2 * pixels * from * to };
};

interface UNetSize {
  readonly batch: number;
  readonly extent: number;
  readonly widths: readonly [number, number, number];
  readonly classes: number;
}

const unet = ({ batch, extent, widths: [fine, middle, coarse], classes }: UNetSize): Problem => {
  const pixels = batch * extent ** 2;
  const parts = [
    convolutionPair('fine', 1, fine, pixels),
    convolutionPair('middle', fine, middle, pixels / 4),
    convolutionPair('coarse', middle, coarse, pixels / 16),
    ascent('toMiddle', coarse, middle, pixels / 4),
    convolutionPair('toMiddle.merge', 2 * middle, middle, pixels / 4),
    ascent('toFine', middle, fine, pixels),
    convolutionPair('toFine.merge', 2 * fine, fine, pixels),
  ] as const;
  const head = kernel(fine, classes, 1, pixels);
  const [first, second, third, up1, merge1, up2, merge2] = parts;
  const parameters = {
    ...first.parameters,
    ...second.parameters,
    ...third.parameters,
    ...up1.parameters,
    ...merge1.parameters,
    ...up2.parameters,
    ...merge2.parameters,
    'head.weight': head.spec,
    'head.bias': input.constant(0, classes),
  };
  const forward = parts.reduce((sum, { flops }) => sum + flops, head.flops);
  return problem(
    'unet',
    {
      images: input.uniform(batch, 1, extent, extent),
      labels: input.labels(classes, batch, extent, extent),
      ...parameters,
    },
    {
      options: undefined,
      mode: 'training',
      variables: Object.keys(parameters) as (keyof typeof parameters)[],
      cost: { flops: threeProducts * forward, bytes: adamBytes(parameters) + bytesOf(2 * pixels) },
      tolerance: 1e-2,
    },
  );
};

interface TransformerSize {
  readonly batch: number;
  readonly length: number;
  readonly width: number;
  readonly heads: number;
  readonly vocabulary: number;
}

const transformer = ({ batch, length, width, heads, vocabulary }: TransformerSize): Problem => {
  const blocks = blockNames.map((name) => ({
    ...norm(`${name}.norm1`, width),
    ...linear(`${name}.queryKeyValue`, width, 3 * width),
    ...linear(`${name}.output`, width, width),
    ...norm(`${name}.norm2`, width),
    ...linear(`${name}.expand`, width, 4 * width),
    ...linear(`${name}.contract`, 4 * width, width),
  }));
  const parameters = {
    'tokens.weight': input.normal(0.02, vocabulary, width),
    'positions.weight': input.normal(0.02, length, width),
    ...(Object.assign({}, ...blocks) as UnionToIntersection<(typeof blocks)[number]>),
    ...norm('norm', width),
  };
  const tokens = batch * length;
  const perToken = blockNames.length * 12 * width ** 2 + vocabulary * width;
  const scores = blockNames.length * 2 * tokens * length * width;
  return problem(
    'transformer',
    { ids: input.labels(vocabulary, batch, length), next: input.labels(vocabulary, batch, length), ...parameters },
    {
      options: { heads },
      mode: 'training',
      variables: Object.keys(parameters) as (keyof typeof parameters)[],
      cost: { flops: 2 * threeProducts * (tokens * perToken + scores), bytes: adamBytes(parameters) },
      tolerance,
    },
  );
};

type UnionToIntersection<U> = (U extends unknown ? (_: U) => void : never) extends (_: infer I) => void ? I : never;

export const trainingWorkloads: readonly Workload[] = [
  {
    name: 'mlp-step',
    full: mlp({ batch: 128, features: 784, hidden: 512, classes: 10 }),
    small: mlp({ batch: 4, features: 6, hidden: 5, classes: 3 }),
  },
  {
    name: 'unet-step',
    full: unet({ batch: 8, extent: 64, widths: [16, 32, 64], classes: 11 }),
    small: unet({ batch: 2, extent: 8, widths: [1, 2, 3], classes: 3 }),
  },
  {
    name: 'transformer-step',
    full: transformer({ batch: 16, length: 64, width: 128, heads: 4, vocabulary: 512 }),
    small: transformer({ batch: 2, length: 3, width: 4, heads: 2, vocabulary: 5 }),
  },
];
