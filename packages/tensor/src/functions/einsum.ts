import { ShapeError, sizeOf, ValueError } from '@cotangent/ir';
import { requireAlive } from '../ops/argument.js';
import { matmul } from '../ops/contraction.js';
import { multiply } from '../ops/elementwise.js';
import { broadcastTo, expandDims, reshape, transpose } from '../ops/movement.js';
import { sum } from '../ops/reduction.js';
import type { Tensor } from '../tensor.js';
import { diagonal } from './diagonals.js';

/** A tensor whose axes have names: letters, or a number for each axis under an ellipsis. */
interface Labelled {
  readonly tensor: Tensor;
  readonly labels: readonly string[];
}

type Sizes = ReadonlyMap<string, number>;

const fail = (fact: string, equation: string, tensors: readonly Tensor[]): never => {
  throw new ShapeError('einsum', fact, { sides: { equation, shapes: tensors.map((t) => `[${t.shape.join(', ')}]`) } });
};

const shapeOfLabels = (labels: readonly string[], sizes: Sizes): number[] =>
  labels.map((label) => sizes.get(label) as number);

const sizeOfLabels = (labels: readonly string[], sizes: Sizes): number => sizeOf(shapeOfLabels(labels, sizes));

/** Labels of a term; an ellipsis stands for as many axes as are left, counted from the right. */
const readTerm = (term: string, rank: number): string[] | undefined => {
  const [before = '', after, extra] = term.split('...');
  if (extra !== undefined) return undefined;
  if (after === undefined) return [...before];
  const hidden = rank - before.length - after.length;
  return hidden < 0 ? undefined : [...before, ...Array.from({ length: hidden }, (_, i) => `${hidden - i}`), ...after];
};

const isLetter = (label: string): boolean => /^[A-Za-z]$/.test(label);

const parse = (equation: string, tensors: readonly Tensor[]): { terms: Labelled[]; output: readonly string[] } => {
  const [inputs = '', result, extra] = equation.replaceAll(' ', '').split('->');
  const parts = inputs.split(',');
  if (extra !== undefined || !/^[A-Za-z,.]*$/.test(inputs + (result ?? ''))) {
    throw new ValueError('einsum', 'the equation is not of the form "ij,jk->ik".', { sides: { equation } });
  }
  if (parts.length !== tensors.length) {
    fail(`the equation has ${parts.length} terms for ${tensors.length} tensors.`, equation, tensors);
  }
  const terms = parts.map((part, i) => {
    const tensor = requireAlive('einsum', tensors[i] as Tensor);
    const labels = readTerm(part, tensor.rank);
    if (labels?.length !== tensor.rank) fail(`term "${part}" does not have ${tensor.rank} axes.`, equation, tensors);
    return { tensor, labels: labels as string[] };
  });
  const all = terms.flatMap(({ labels }) => labels);
  const hidden = [...new Set(all.filter((label) => !isLetter(label)))].sort((a, b) => Number(b) - Number(a));
  const once = [...new Set(all)].filter(
    (label) => isLetter(label) && all.filter((other) => other === label).length === 1,
  );
  const output = result === undefined ? [...hidden, ...once.sort()] : readOutput(result, hidden);
  if (new Set(output).size !== output.length || output.some((label) => !all.includes(label))) {
    fail('the output repeats a label or has one that no term has.', equation, tensors);
  }
  return { terms, output };
};

const readOutput = (result: string, hidden: readonly string[]): string[] => {
  const [before = '', after] = result.split('...');
  return after === undefined ? [...before] : [...before, ...hidden, ...after];
};

const labelSizes = (terms: readonly Labelled[], equation: string): Map<string, number> => {
  const sizes = new Map<string, number>();
  for (const { tensor, labels } of terms) {
    labels.forEach((label, axis) => {
      const extent = tensor.shape[axis] as number;
      const known = sizes.get(label) ?? 1;
      if (known !== 1 && extent !== 1 && known !== extent) {
        fail(
          `label "${label}" has sizes ${known} and ${extent}.`,
          equation,
          terms.map((term) => term.tensor),
        );
      }
      if (known === 1) sizes.set(label, extent);
    });
  }
  return sizes;
};

/** Stretches axes of size 1 that other terms have larger. */
const stretch = ({ tensor, labels }: Labelled, sizes: Sizes): Labelled => ({
  tensor: broadcastTo(tensor, shapeOfLabels(labels, sizes)),
  labels,
});

/** Replaces axes that share a label by their diagonal. */
const takeDiagonals = ({ tensor, labels }: Labelled): Labelled => {
  const second = labels.findIndex((label, axis) => labels.indexOf(label) < axis);
  if (second < 0) return { tensor, labels };
  const label = labels[second] as string;
  const first = labels.indexOf(label);
  const rest = labels.filter((_, axis) => axis !== first && axis !== second);
  return takeDiagonals({ tensor: diagonal(tensor, { axes: [first, second] }), labels: [...rest, label] });
};

/** Sums over the labels that nothing else needs. */
const sumUnneeded = ({ tensor, labels }: Labelled, needed: ReadonlySet<string>): Labelled => {
  const axes = labels.flatMap((label, axis) => (needed.has(label) ? [] : [axis]));
  if (axes.length === 0) return { tensor, labels };
  return { tensor: sum(tensor, { axes }), labels: labels.filter((label) => needed.has(label)) };
};

const arrange = ({ tensor, labels }: Labelled, order: readonly string[]): Tensor =>
  transpose(
    tensor,
    order.map((label) => labels.indexOf(label)),
  );

/** The axes of `order`, with size 1 for those that the term lacks. */
const align = (term: Labelled, order: readonly string[]): Tensor => {
  const missing = order.flatMap((label, axis) => (term.labels.includes(label) ? [] : [axis]));
  const present = arrange(
    term,
    order.filter((label) => term.labels.includes(label)),
  );
  return missing.length === 0 ? present : expandDims(present, missing);
};

/** The product of two terms, summed over the labels that nothing else needs: one matmul where there are any. */
const contractPair = (left: Labelled, right: Labelled, needed: ReadonlySet<string>, sizes: Sizes): Labelled => {
  const a = sumUnneeded(left, new Set([...needed, ...right.labels]));
  const b = sumUnneeded(right, new Set([...needed, ...left.labels]));
  const shared = a.labels.filter((label) => b.labels.includes(label));
  const batch = shared.filter((label) => needed.has(label));
  const contracted = shared.filter((label) => !needed.has(label));
  const rows = a.labels.filter((label) => !shared.includes(label));
  const columns = b.labels.filter((label) => !shared.includes(label));
  const labels = [...batch, ...rows, ...columns];
  if (contracted.length === 0) return { tensor: multiply(align(a, labels), align(b, labels)), labels };
  const batchShape = shapeOfLabels(batch, sizes);
  const [m, k, n] = [rows, contracted, columns].map((group) => sizeOfLabels(group, sizes)) as [number, number, number];
  const product = matmul(
    reshape(arrange(a, [...batch, ...rows, ...contracted]), [...batchShape, m, k]),
    reshape(arrange(b, [...batch, ...contracted, ...columns]), [...batchShape, k, n]),
  );
  return { tensor: reshape(product, shapeOfLabels(labels, sizes)), labels };
};

const neededBesides = (
  terms: readonly Labelled[],
  skipped: readonly number[],
  output: readonly string[],
): Set<string> => new Set([...output, ...terms.flatMap(({ labels }, i) => (skipped.includes(i) ? [] : labels))]);

/** The pair whose product is smallest beside what it replaces, the fewest multiplications deciding a draw. */
const choosePair = (terms: readonly Labelled[], output: readonly string[], sizes: Sizes): readonly [number, number] => {
  let best: readonly [number, number] = [0, 1];
  let bestGrowth = Number.POSITIVE_INFINITY;
  let bestWork = Number.POSITIVE_INFINITY;
  for (let i = 0; i < terms.length; i++) {
    for (let j = i + 1; j < terms.length; j++) {
      const [a, b] = [(terms[i] as Labelled).labels, (terms[j] as Labelled).labels];
      const needed = neededBesides(terms, [i, j], output);
      const union = [...new Set([...a, ...b])];
      const kept = union.filter((label) => needed.has(label));
      const growth = sizeOfLabels(kept, sizes) - sizeOfLabels(a, sizes) - sizeOfLabels(b, sizes);
      const work = sizeOfLabels(union, sizes);
      if (growth < bestGrowth || (growth === bestGrowth && work < bestWork)) {
        best = [i, j];
        bestGrowth = growth;
        bestWork = work;
      }
    }
  }
  return best;
};

/**
 * Einstein summation: `einsum('bij,bjk->bik', a, b)`. Repeated labels of one term take the diagonal, labels that the
 * output lacks are summed, `...` stands for axes that broadcast. Without `->` the output is the labels that occur once.
 *
 * Pairs are contracted greedily, smallest result first. Throws ShapeError where ranks or sizes differ.
 */
export const einsum = (equation: string, ...tensors: readonly Tensor[]): Tensor => {
  const { terms, output } = parse(equation, tensors);
  const sizes = labelSizes(terms, equation);
  let rest = terms.map((term) => takeDiagonals(stretch(term, sizes)));
  while (rest.length > 1) {
    const [i, j] = choosePair(rest, output, sizes);
    const product = contractPair(rest[i] as Labelled, rest[j] as Labelled, neededBesides(rest, [i, j], output), sizes);
    rest = [...rest.filter((_, position) => position !== i && position !== j), product];
  }
  return arrange(sumUnneeded(rest[0] as Labelled, new Set(output)), output);
};
