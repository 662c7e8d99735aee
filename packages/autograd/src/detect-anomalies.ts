import {
  cast,
  equal,
  GradientError,
  isFloat,
  maximum,
  type Node,
  negate,
  notEqual,
  stack,
  startRecording,
  sum,
  Tensor,
  withoutTracking,
} from '@cotangent/tensor';

interface Sighting {
  readonly node: Node;
  readonly inputs: readonly Node[];
  readonly stack: string;
}

/** Counts of NaN and of infinite elements, float32 `[2]`. */
const countBad = (x: Tensor): Tensor => {
  const unordered = cast(notEqual(x, x), 'float32');
  const infinite = cast(equal(maximum(x, negate(x)), Number.POSITIVE_INFINITY), 'float32');
  return stack([sum(unordered), sum(infinite)]);
};

const isReadable = (node: Node): boolean => isFloat(node.dtype) && (!node.isDisposed || node.storage !== undefined);

/**
 * Runs `body`, and throws GradientError naming the first op whose value, or whose gradient, turned NaN or infinite from inputs
 * that were not, with the place that called it. Evaluates every step: for debugging.
 */
export const detectAnomalies = async <T>(body: () => T | Promise<T>): Promise<T> => {
  const seen: Sighting[] = [];
  const stop = startRecording({
    record: (node) => seen.push({ node, inputs: node.inputs, stack: new Error().stack ?? '' }),
  });
  let result: T;
  try {
    result = await body();
  } finally {
    stop();
  }
  const state = new Map<Node, { hasNaN: boolean; hasInfinity: boolean }>();
  const look = async (node: Node): Promise<{ hasNaN: boolean; hasInfinity: boolean }> => {
    const known = state.get(node);
    if (known !== undefined) return known;
    const [nans, infinities] = isReadable(node)
      ? await withoutTracking(() => countBad(new Tensor(node))).data()
      : [0, 0];
    const found = { hasNaN: nans !== 0, hasInfinity: infinities !== 0 };
    state.set(node, found);
    return found;
  };
  for (const { node, inputs, stack: place } of seen) {
    const value = await look(node);
    const sources = await Promise.all(inputs.map(look));
    const turnedNaN = value.hasNaN && !sources.some((s) => s.hasNaN);
    const turnedInfinite =
      value.hasInfinity && node.op !== 'constant' && !sources.some((s) => s.hasInfinity || s.hasNaN);
    if (turnedNaN || turnedInfinite) {
      throw new GradientError('detectAnomalies', `${node.op} gave ${turnedNaN ? 'NaN' : 'an infinity'}.`, {
        sides: { value: `${node.dtype} [${node.shape.join(', ')}]`, at: callerLine(place) },
        hint: inputs.length === 0 ? 'The value was given so.' : 'All of its inputs were finite.',
      });
    }
  }
  return result;
};

/** The first line of a stack outside the framework's own packages. */
const callerLine = (stack: string): string => {
  const lines = stack.split('\n').slice(1);
  return (lines.find((line) => !/[\\/](tensor|autograd)[\\/](src|dist)[\\/]/.test(line)) ?? lines[0] ?? '').trim();
};
