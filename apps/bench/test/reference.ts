import { type BlockName, blockNames, type Formulas, type Named } from '../src/workloads/formulas.js';

/** A row-major array in double precision. */
export interface Grid {
  readonly shape: readonly number[];
  readonly values: Float64Array;
}

const sizeOf = (shape: readonly number[]): number => shape.reduce((count, extent) => count * extent, 1);
const range = (count: number): number[] => Array.from({ length: count }, (_, i) => i);
const at = (values: ArrayLike<number>, i: number): number => values[i] as number;
const total = (values: ArrayLike<number>): number => {
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += at(values, i);
  return sum;
};

const grid = (shape: readonly number[], valueAt: (i: number) => number): Grid => {
  const values = new Float64Array(sizeOf(shape));
  for (let i = 0; i < values.length; i++) values[i] = valueAt(i);
  return { shape, values };
};

const scalar = (value: number): Grid => grid([], () => value);
const map = (x: Grid, f: (value: number, i: number) => number): Grid => grid(x.shape, (i) => f(at(x.values, i), i));
const reshape = ({ values }: Grid, shape: readonly number[]): Grid => ({ shape, values });

/** Element by element; the second is repeated where it is shorter. */
const add = (a: Grid, b: Grid): Grid => map(a, (value, i) => value + at(b.values, i % b.values.length));

const rowsOf = (x: Grid): Float64Array[] => {
  const width = x.shape.at(-1) as number;
  return range(x.values.length / width).map((row) => x.values.subarray(row * width, (row + 1) * width));
};

const fromRows = (shape: readonly number[], rows: readonly ArrayLike<number>[]): Grid => {
  const values = rows.flatMap((row) => Array.from(row));
  return { shape, values: Float64Array.from(values) };
};

const mapRows = (x: Grid, f: (row: Float64Array) => ArrayLike<number>): Grid => fromRows(x.shape, rowsOf(x).map(f));

/** Axes in another order. */
const permute = ({ shape, values }: Grid, order: readonly number[]): Grid => {
  const strides = shape.map((_, axis) => sizeOf(shape.slice(axis + 1)));
  const permuted = order.map((axis) => at(shape, axis));
  return grid(permuted, (i) => {
    let rest = i;
    let source = 0;
    for (let place = permuted.length - 1; place >= 0; place--) {
      const extent = at(permuted, place);
      source += (rest % extent) * at(strides, at(order, place));
      rest = Math.floor(rest / extent);
    }
    return at(values, source);
  });
};

const swapLast = (x: Grid): Grid => {
  const axes = range(x.shape.length);
  return permute(x, [...axes.slice(0, -2), at(axes, axes.length - 1), at(axes, axes.length - 2)]);
};

const matmul = (a: Grid, b: Grid): Grid => {
  const [m, k] = a.shape.slice(-2) as [number, number];
  const n = b.shape.at(-1) as number;
  return grid([...a.shape.slice(0, -1), n], (i) => {
    const row = Math.floor(i / n);
    const column = Math.floor(row / m) * k * n + (i % n);
    let sum = 0;
    for (let inner = 0; inner < k; inner++) sum += at(a.values, row * k + inner) * at(b.values, column + inner * n);
    return sum;
  });
};

const softmaxRow = (row: Float64Array): Float64Array => {
  const largest = Math.max(...row);
  const exponentials = row.map((value) => Math.exp(value - largest));
  const sum = total(exponentials);
  return exponentials.map((value) => value / sum);
};

const standardizeRow = (row: Float64Array): Float64Array => {
  const mean = total(row) / row.length;
  const variance = total(row.map((value) => (value - mean) ** 2)) / row.length;
  return row.map((value) => (value - mean) / Math.sqrt(variance + 1e-5));
};

const layerNorm: Formulas<Grid>['layerNorm'] = ({ x, weight, bias }) =>
  mapRows(x, (row) => standardizeRow(row).map((value, i) => value * at(weight.values, i) + at(bias.values, i)));

const channelsFirst = [1, 0, 2, 3];

const batchNorm: Formulas<Grid>['batchNorm'] = ({ x, weight, bias }) => {
  const byChannel = permute(x, channelsFirst);
  const channels = at(byChannel.shape, 0);
  const rows = rowsOf(reshape(byChannel, [channels, x.values.length / channels]));
  const normalized = rows.map((row, c) =>
    standardizeRow(row).map((value) => value * at(weight.values, c) + at(bias.values, c)),
  );
  return permute(fromRows(byChannel.shape, normalized), channelsFirst);
};

const convolution: Formulas<Grid>['convolution'] = ({ x, weight }, { stride, padding, groups }) => {
  const [batch, channels, height, width] = x.shape as [number, number, number, number];
  const [outputs, inputsPerGroup, size] = weight.shape as [number, number, number, number];
  const extent = (side: number): number => Math.floor((side + 2 * padding - size) / stride) + 1;
  const shape = [batch, outputs, extent(height), extent(width)] as const;
  const y = grid(shape, () => 0);
  for (let i = 0; i < y.values.length; i++) {
    const column = i % shape[3];
    const row = Math.floor(i / shape[3]) % shape[2];
    const output = Math.floor(i / (shape[2] * shape[3])) % outputs;
    const image = Math.floor(i / (outputs * shape[2] * shape[3]));
    const firstChannel = Math.floor(output / (outputs / groups)) * inputsPerGroup;
    let sum = 0;
    for (let c = 0; c < inputsPerGroup; c++) {
      for (let dy = 0; dy < size; dy++) {
        for (let dx = 0; dx < size; dx++) {
          const [h, w] = [row * stride + dy - padding, column * stride + dx - padding];
          if (h < 0 || h >= height || w < 0 || w >= width) continue;
          const pixel = ((image * channels + firstChannel + c) * height + h) * width + w;
          sum += at(x.values, pixel) * at(weight.values, ((output * inputsPerGroup + c) * size + dy) * size + dx);
        }
      }
    }
    y.values[i] = sum;
  }
  return y;
};

const transposedConvolution: Formulas<Grid>['transposedConvolution'] = ({ x, weight }, { stride }) => {
  const [batch, channels, height, width] = x.shape as [number, number, number, number];
  const [, outputs, size] = weight.shape as [number, number, number, number];
  const [tall, wide] = [(height - 1) * stride + size, (width - 1) * stride + size];
  const y = grid([batch, outputs, tall, wide], () => 0);
  for (let i = 0; i < x.values.length; i++) {
    const column = i % width;
    const row = Math.floor(i / width) % height;
    const channel = Math.floor(i / (width * height)) % channels;
    const image = Math.floor(i / (width * height * channels));
    for (let tap = 0; tap < outputs * size * size; tap++) {
      const [dx, dy, output] = [tap % size, Math.floor(tap / size) % size, Math.floor(tap / size ** 2)];
      const target = ((image * outputs + output) * tall + row * stride + dy) * wide + column * stride + dx;
      (y.values[target] as number) += at(x.values, i) * at(weight.values, channel * outputs * size * size + tap);
    }
  }
  return y;
};

/** Largest of each 2×2 window. */
const halve = (x: Grid): Grid => {
  const [batch, channels, height, width] = x.shape as [number, number, number, number];
  return grid([batch, channels, height / 2, width / 2], (i) => {
    const column = i % (width / 2);
    const row = Math.floor(i / (width / 2));
    const corner = 2 * row * width + 2 * column;
    return Math.max(...[0, 1, width, width + 1].map((offset) => at(x.values, corner + offset)));
  });
};

const addChannels = (x: Grid, bias: Grid): Grid => {
  const [, channels, ...spatial] = x.shape as [number, number, ...number[]];
  return map(x, (value, i) => value + at(bias.values, Math.floor(i / sizeOf(spatial)) % channels));
};

const relu = (x: Grid): Grid => map(x, (value) => Math.max(0, value));

/** Abramowitz and Stegun 7.1.5, the series, exact to rounding for arguments as small as here. */
const errorFunction = (x: number): number => {
  let [term, sum] = [x, x];
  for (let n = 1; Math.abs(term) > 1e-17 * Math.abs(sum); n++) {
    term *= -(x ** 2) / n;
    sum += term / (2 * n + 1);
  }
  return (2 / Math.sqrt(Math.PI)) * sum;
};

const gelu = (x: Grid): Grid => map(x, (value) => (value / 2) * (1 + errorFunction(value / Math.SQRT2)));

/** Mean of `−log p` at the labels; classes along the last axis. */
const crossEntropy = (logits: Grid, labels: Grid): Grid => {
  const losses = rowsOf(logits).map((row, i) => -Math.log(at(softmaxRow(row), at(labels.values, i))));
  return scalar(total(losses) / losses.length);
};

/** The loss of one class as the paper's algorithm 1 has it: errors in falling order, weighted by steps of the Jaccard loss. */
const lovaszOfClass = (errors: readonly number[], isForeground: readonly boolean[]): number => {
  const order = range(errors.length).sort((a, b) => at(errors, b) - at(errors, a));
  const foreground = isForeground.filter(Boolean).length;
  let [misses, falseAlarms, before, loss] = [0, 0, 0, 0];
  for (const pixel of order) {
    if (isForeground[pixel]) misses++;
    else falseAlarms++;
    const jaccard = 1 - (foreground - misses) / (foreground + falseAlarms);
    loss += at(errors, pixel) * (jaccard - before);
    before = jaccard;
  }
  return loss;
};

const channelsLast = [0, 2, 3, 1];

const lovasz: Formulas<Grid>['lovasz'] = ({ logits, labels }) => {
  const probabilities = rowsOf(permute(logits, channelsLast)).map(softmaxRow);
  const classes = range(at(logits.shape, 1)).filter((c) => labels.values.includes(c));
  const losses = classes.map((c) => {
    const isForeground = Array.from(labels.values, (label) => label === c);
    const errors = probabilities.map((row, pixel) => Math.abs(Number(isForeground[pixel]) - at(row, c)));
    return lovaszOfClass(errors, isForeground);
  });
  return scalar(total(losses) / losses.length);
};

const unet: Formulas<Grid>['unet'] = (inputs) => {
  const pair = (name: 'fine' | 'middle' | 'coarse' | 'toMiddle.merge' | 'toFine.merge', x: Grid): Grid =>
    ([1, 2] as const).reduce((signal, i) => {
      const weight = inputs[`${name}.conv${i}.weight`];
      const convolved = convolution({ x: signal, weight }, { stride: 1, padding: 1, groups: 1 });
      const norm = { weight: inputs[`${name}.norm${i}.weight`], bias: inputs[`${name}.norm${i}.bias`] };
      return relu(batchNorm({ x: convolved, ...norm }));
    }, x);
  const ascend = (name: 'toMiddle' | 'toFine', x: Grid, skipped: Grid): Grid => {
    const up = transposedConvolution({ x, weight: inputs[`${name}.up.weight`] }, { stride: 2 });
    const parts = [addChannels(up, inputs[`${name}.up.bias`]), skipped].map((part) => permute(part, channelsFirst));
    const [a, b] = parts as [Grid, Grid];
    const joint = fromRows([at(a.shape, 0) + at(b.shape, 0), ...a.shape.slice(1)], [a.values, b.values]);
    return pair(`${name}.merge`, permute(joint, channelsFirst));
  };
  const fine = pair('fine', inputs.images);
  const middle = pair('middle', halve(fine));
  const coarse = pair('coarse', halve(middle));
  const top = ascend('toFine', ascend('toMiddle', coarse, middle), fine);
  const head = convolution({ x: top, weight: inputs['head.weight'] }, { stride: 1, padding: 0, groups: 1 });
  const logits = addChannels(head, inputs['head.bias']);
  return add(crossEntropy(permute(logits, channelsLast), inputs.labels), lovasz({ logits, labels: inputs.labels }));
};

const dense = (x: Grid, weight: Grid, bias: Grid): Grid => add(matmul(x, swapLast(weight)), bias);

/** `isHidden` says which keys a query must not look at. */
const attend = (
  { query, key, value }: Named<'query' | 'key' | 'value', Grid>,
  isHidden: (query: number, key: number) => boolean = () => false,
): Grid => {
  const scores = matmul(query, swapLast(key));
  const [queries, keys] = scores.shape.slice(-2) as [number, number];
  const scaled = map(scores, (score, i) =>
    isHidden(Math.floor(i / keys) % queries, i % keys)
      ? Number.NEGATIVE_INFINITY
      : score / Math.sqrt(query.shape.at(-1) as number),
  );
  return matmul(mapRows(scaled, softmaxRow), value);
};

const transformer: Formulas<Grid>['transformer'] = (inputs, { heads }) => {
  const apply = (name: `${BlockName}.${'queryKeyValue' | 'output' | 'expand' | 'contract'}`, x: Grid): Grid =>
    dense(x, inputs[`${name}.weight`], inputs[`${name}.bias`]);
  const normalize = (name: `${BlockName}.${'norm1' | 'norm2'}` | 'norm', x: Grid): Grid =>
    layerNorm({ x, weight: inputs[`${name}.weight`], bias: inputs[`${name}.bias`] });
  const table = rowsOf(inputs['tokens.weight']);
  const width = inputs['tokens.weight'].shape[1] as number;
  const [batch, length] = inputs.ids.shape as [number, number];
  const separate = (joint: Grid, part: number): Grid => {
    const rows = rowsOf(joint).map((row) => row.slice(part * width, (part + 1) * width));
    const split = fromRows([batch, length, heads, width / heads], rows);
    return reshape(permute(split, [0, 2, 1, 3]), [batch * heads, length, width / heads]);
  };
  const block = (x: Grid, name: BlockName): Grid => {
    const joint = apply(`${name}.queryKeyValue`, normalize(`${name}.norm1`, x));
    const [query, key, value] = range(3).map((part) => separate(joint, part)) as [Grid, Grid, Grid];
    const attended = attend({ query, key, value }, (q, k) => k > q);
    const byHead = reshape(attended, [batch, heads, length, width / heads]);
    const together = reshape(permute(byHead, [0, 2, 1, 3]), [batch * length, width]);
    const mixed = add(x, apply(`${name}.output`, together));
    const expanded = gelu(apply(`${name}.expand`, normalize(`${name}.norm2`, mixed)));
    return add(mixed, apply(`${name}.contract`, expanded));
  };
  const embedded = Array.from(inputs.ids.values, (id) => table[id] as Float64Array);
  const start = add(fromRows([batch * length, width], embedded), inputs['positions.weight']);
  const end = normalize('norm', blockNames.reduce(block, start));
  return crossEntropy(matmul(end, swapLast(inputs['tokens.weight'])), inputs.next);
};

const ascending = ({ values }: Grid): number[] => range(values.length).sort((a, b) => at(values, a) - at(values, b));

/** Every formula by its definition, in loops. */
export const referenceFormulas: Formulas<Grid> = {
  matmul: ({ a, b }) => matmul(a, b),
  matmulGradients: ({ a, b, cotangent }) => ({ a: matmul(cotangent, swapLast(b)), b: matmul(swapLast(a), cotangent) }),
  elementwise: ({ x }) => scalar(total(x.values.map((value) => Math.exp(-(value ** 2)) / 2 + Math.tanh(value)))),
  softmax: ({ x }) => mapRows(x, softmaxRow),
  sum: ({ x }, { axis }) => {
    const rows = rowsOf(axis === 1 ? x : swapLast(x));
    return grid([rows.length], (i) => total(rows[i] as Float64Array));
  },
  convolution,
  transposedConvolution,
  sort: ({ x }) => map(x, (_, i) => at(x.values, at(ascending(x), i))),
  argsort: ({ x }) => map(x, (_, i) => at(ascending(x), i)),
  topk: ({ x }, { k }) => {
    const indices = ascending(x).reverse().slice(0, k);
    return { values: grid([k], (i) => at(x.values, at(indices, i))), indices: grid([k], (i) => at(indices, i)) };
  },
  cumsum: ({ x }) => mapRows(x, (row) => row.map((_, i) => total(row.subarray(0, i + 1)))),
  gather: ({ table, rows }) => {
    const source = rowsOf(table);
    const taken = Array.from(rows.values, (row) => source[row] as Float64Array);
    return fromRows([rows.values.length, at(table.shape, 1)], taken);
  },
  scatterAdd: ({ target, rows, updates }) => {
    const sums = rowsOf(map(target, (value) => value));
    for (const [i, update] of rowsOf(updates).entries()) {
      const sum = sums[at(rows.values, i)] as Float64Array;
      sum.forEach((value, column) => {
        sum[column] = value + at(update, column);
      });
    }
    return fromRows(target.shape, sums);
  },
  attention: (inputs) => attend(inputs),
  layerNorm,
  batchNorm,
  lovasz,
  mlp: (inputs) => {
    const first = relu(dense(inputs.images, inputs['first.weight'], inputs['first.bias']));
    const second = relu(dense(first, inputs['second.weight'], inputs['second.bias']));
    return crossEntropy(dense(second, inputs['last.weight'], inputs['last.bias']), inputs.labels);
  },
  unet,
  transformer,
  chain: ({ x }, { length }) =>
    range(length).reduce((link, i) => map(link, (value) => (i % 2 === 0 ? value * 1.001 : value + 0.001)), x),
};
