import type { HostInputs, HostValues, InputSpec, Problem } from './workloads/problem.js';

/** Uniform in [0, 1), 24 bits a draw; equal seeds give equal streams on every machine (Mulberry32, T. Ettinger). */
const createStream = (seed: number): (() => number) => {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let bits = Math.imul(state ^ (state >>> 15), state | 1);
    bits ^= bits + Math.imul(bits ^ (bits >>> 7), bits | 61);
    return ((bits ^ (bits >>> 14)) >>> 8) / 2 ** 24;
  };
};

const seedOf = (text: string): number => {
  let hash = 0x811c9dc5;
  for (const character of text) hash = Math.imul(hash ^ (character.codePointAt(0) as number), 0x01000193);
  return hash;
};

const countOf = ({ shape }: InputSpec): number => shape.reduce((count, extent) => count * extent, 1);

/** Two standard normal values from two uniform ones (Box and Muller 1958). */
const fillNormal = (values: Float32Array, scale: number, next: () => number): void => {
  for (let i = 0; i < values.length; i += 2) {
    const radius = scale * Math.sqrt(-2 * Math.log(1 - next()));
    const angle = 2 * Math.PI * next();
    values[i] = radius * Math.cos(angle);
    if (i + 1 < values.length) values[i + 1] = radius * Math.sin(angle);
  }
};

/** All of 0/n … (n − 1)/n in random order: no two elements are equal, so that there is one right order. */
const fillDistinct = (values: Float32Array, next: () => number): void => {
  for (let i = 0; i < values.length; i++) {
    const j = Math.floor(next() * (i + 1));
    values[i] = values[j] as number;
    values[j] = i / values.length;
  }
};

/** Values of an input; the same for the same specification and name, whoever asks. */
export const generate = (spec: InputSpec, name: string): HostValues => {
  const next = createStream(seedOf(name));
  const count = countOf(spec);
  const { fill } = spec;
  if (fill.kind === 'labels') return Int32Array.from({ length: count }, () => Math.floor(next() * fill.classes));
  const values = new Float32Array(count);
  if (fill.kind === 'constant') values.fill(fill.value);
  else if (fill.kind === 'normal') fillNormal(values, fill.scale, next);
  else if (fill.kind === 'distinct') fillDistinct(values, next);
  else for (let i = 0; i < count; i++) values[i] = 2 * next() - 1;
  return values;
};

/** Values of all inputs of a problem. */
export const generateInputs = ({ inputs }: Problem): HostInputs =>
  Object.fromEntries(
    Object.entries(inputs).map(([name, spec]) => [name, { shape: spec.shape, values: generate(spec, name) }]),
  );
