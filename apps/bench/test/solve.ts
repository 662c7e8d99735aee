import { adamSettings, comparedSteps } from '../src/peers/peer.js';
import type { HostInputs, Problem } from '../src/workloads/problem.js';
import { type Grid, referenceFormulas } from './reference.js';

type Grids = Readonly<Record<string, Grid>>;

const isGrid = (results: Grid | Grids): results is Grid => results['values'] instanceof Float64Array;

const evaluate = ({ formula, options }: Problem, inputs: Grids): Grids => {
  const compute = referenceFormulas[formula] as unknown as (inputs: Grids, options: unknown) => Grid | Grids;
  const results = compute(inputs, options);
  return isGrid(results) ? { value: results } : results;
};

/** `Σ value·cotangent`, or the value where it is a scalar. */
const contract = (problem: Problem, inputs: Grids): number => {
  const { values } = evaluate(problem, inputs)['value'] as Grid;
  const cotangent = inputs['cotangent']?.values ?? [1];
  return values.reduce((sum, value, i) => sum + value * (cotangent[i] as number), 0);
};

/** Balances rounding, 1e-16/step, against the next term of the expansion. */
const step = 1e-5;

/** Central differences for every element of a variable. */
const differentiate = (problem: Problem, inputs: Grids, name: string): Float64Array => {
  const { shape, values } = inputs[name] as Grid;
  return values.map((value, i) => {
    const [above, below] = [step, -step].map((change) => {
      const moved = values.slice();
      moved[i] = value + change;
      return contract(problem, { ...inputs, [name]: { shape, values: moved } });
    }) as [number, number];
    return (above - below) / (2 * step);
  });
};

/** Losses of the first steps of Adam (Kingma and Ba 2015, algorithm 1). */
const train = (problem: Problem, inputs: Grids): Float64Array => {
  const { learningRate, beta1, beta2, epsilon } = adamSettings;
  const losses = new Float64Array(comparedSteps);
  const moments = new Map(
    problem.variables.map((name) => {
      const { length } = (inputs[name] as Grid).values;
      return [name, { means: new Float64Array(length), squares: new Float64Array(length) }] as const;
    }),
  );
  for (let count = 1; count <= comparedSteps; count++) {
    losses[count - 1] = contract(problem, inputs);
    if (count === comparedSteps) break;
    const moved = problem.variables.map((name) => {
      const { shape, values } = inputs[name] as Grid;
      const gradient = differentiate(problem, inputs, name);
      const { means, squares } = moments.get(name) as { means: Float64Array; squares: Float64Array };
      const next = values.map((value, i) => {
        const slope = gradient[i] as number;
        const mean = beta1 * (means[i] as number) + (1 - beta1) * slope;
        const square = beta2 * (squares[i] as number) + (1 - beta2) * slope ** 2;
        means[i] = mean;
        squares[i] = square;
        const divisor = Math.sqrt(square / (1 - beta2 ** count)) + epsilon;
        return value - (learningRate * mean) / (1 - beta1 ** count) / divisor;
      });
      return [name, { shape, values: next }] as const;
    });
    inputs = { ...inputs, ...Object.fromEntries(moved) };
  }
  return losses;
};

/** What a problem gives, in double precision and without any of our code: by name, as implementations report it. */
export const solve = (problem: Problem, hostInputs: HostInputs): Readonly<Record<string, Float64Array>> => {
  const inputs = Object.fromEntries(
    Object.entries(hostInputs).map(([name, { shape, values }]) => [name, { shape, values: Float64Array.from(values) }]),
  );
  if (problem.mode === 'training') return { losses: train(problem, inputs) };
  const values = Object.entries(evaluate(problem, inputs)).map(([name, { values }]) => [name, values] as const);
  const gradients = problem.mode === 'value' ? [] : problem.variables;
  return Object.fromEntries([
    ...values,
    ...gradients.map((name) => [`gradient.${name}`, differentiate(problem, inputs, name)] as const),
  ]);
};
