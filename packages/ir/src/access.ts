/**
 * Integer index arithmetic over the axes of a kernel's iteration space.
 *
 * An `Index` is a sum of coefficient·atom plus an offset. Movement ops (reshape, slice, pad, …) become substitutions on
 * indices, so that any chain of them fuses into the load at its end.
 */

/** What an index is made of: an iteration axis, a value computed in the kernel, or a floored quotient or remainder. */
export type Atom =
  | { readonly kind: 'axis'; readonly axis: number; readonly size: number }
  | { readonly kind: 'value'; readonly value: number }
  | { readonly kind: 'divide'; readonly index: Index; readonly divisor: number }
  | { readonly kind: 'modulo'; readonly index: Index; readonly divisor: number };

export interface Term {
  readonly coefficient: number;
  readonly atom: Atom;
}

export interface Index {
  readonly terms: readonly Term[];
  readonly offset: number;
}

/** Holds where `begin ≤ index < end`. */
export interface Guard {
  readonly index: Index;
  readonly begin: number;
  readonly end: number;
}

export const constantIndex = (offset: number): Index => ({ terms: [], offset });
const ofAtom = (atom: Atom): Index => ({ terms: [{ coefficient: 1, atom }], offset: 0 });

/** The position along an iteration axis; an axis of size 1 is the constant 0. */
export const axisIndex = (axis: number, size: number): Index =>
  size === 1 ? constantIndex(0) : ofAtom({ kind: 'axis', axis, size });

/** The integer computed by instruction number `value` of the kernel's body. */
export const valueIndex = (value: number): Index => ofAtom({ kind: 'value', value });

const atomKey = (atom: Atom): string => {
  switch (atom.kind) {
    case 'axis':
      return `a${atom.axis}`;
    case 'value':
      return `v${atom.value}`;
    case 'divide':
      return `(${indexKey(atom.index)})/${atom.divisor}`;
    case 'modulo':
      return `(${indexKey(atom.index)})%${atom.divisor}`;
  }
};

/** A string that is equal for structurally equal indices. */
export const indexKey = (index: Index): string => {
  let key = `${index.offset}`;
  for (const { coefficient, atom } of index.terms) key += `+${coefficient}*${atomKey(atom)}`;
  return key;
};

export const guardKey = ({ index, begin, end }: Guard): string => `${begin}<=${indexKey(index)}<${end}`;

/** `left + scale·right`, like terms merged, terms in a canonical order. */
export const addIndices = (left: Index, right: Index, scale = 1): Index => {
  const offset = left.offset + scale * right.offset;
  if (scale === 0 || right.terms.length === 0) return { terms: left.terms, offset };
  if (left.terms.length === 0 && scale === 1) return { terms: right.terms, offset };
  const merged = new Map<string, Term>();
  const put = ({ coefficient, atom }: Term, factor: number) => {
    const key = atomKey(atom);
    merged.set(key, { coefficient: coefficient * factor + (merged.get(key)?.coefficient ?? 0), atom });
  };
  for (const term of left.terms) put(term, 1);
  for (const term of right.terms) put(term, scale);
  const keys = [...merged.keys()].sort();
  const terms = keys.map((key) => merged.get(key) as Term).filter((term) => term.coefficient !== 0);
  return { terms, offset };
};

/** `index·factor + offset`. */
export const scaleIndex = (index: Index, factor: number, offset = 0): Index =>
  factor === 0
    ? constantIndex(offset)
    : {
        terms:
          factor === 1 ? index.terms : index.terms.map((t) => ({ coefficient: t.coefficient * factor, atom: t.atom })),
        offset: index.offset * factor + offset,
      };

const atomBounds = (atom: Atom): readonly [number, number] => {
  switch (atom.kind) {
    case 'axis':
      return [0, Math.max(0, atom.size - 1)];
    case 'value':
      return [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY];
    case 'divide': {
      const [low, high] = indexBounds(atom.index);
      return [Math.floor(low / atom.divisor), Math.floor(high / atom.divisor)];
    }
    case 'modulo':
      return [0, atom.divisor - 1];
  }
};

/** Smallest and largest value over the whole iteration space. */
export const indexBounds = (index: Index): readonly [number, number] => {
  let low = index.offset;
  let high = index.offset;
  for (const { coefficient, atom } of index.terms) {
    const [atomLow, atomHigh] = atomBounds(atom);
    low += coefficient * (coefficient > 0 ? atomLow : atomHigh);
    high += coefficient * (coefficient > 0 ? atomHigh : atomLow);
  }
  return [low, high];
};

/** `index = divisor·quotient + rest`, with every term that the divisor divides in the quotient. */
const splitByDivisor = (index: Index, divisor: number): { quotient: Index; rest: Index } => {
  const whole: Term[] = [];
  const rest: Term[] = [];
  for (const term of index.terms) {
    if (term.coefficient % divisor === 0) whole.push({ coefficient: term.coefficient / divisor, atom: term.atom });
    else rest.push(term);
  }
  const shift = Math.floor(index.offset / divisor);
  return { quotient: { terms: whole, offset: shift }, rest: { terms: rest, offset: index.offset - shift * divisor } };
};

const isWithin = (index: Index, begin: number, end: number): boolean => {
  const [low, high] = indexBounds(index);
  return low >= begin && high < end;
};

const greatestCommonDivisor = (a: number, b: number): number => (b === 0 ? a : greatestCommonDivisor(b, a % b));

/** Floored division by a positive constant. */
export const divideIndex = (index: Index, divisor: number): Index => {
  if (divisor === 1) return index;
  const { quotient, rest } = splitByDivisor(index, divisor);
  const [low, high] = indexBounds(rest);
  const first = Math.floor(low / divisor);
  if (first === Math.floor(high / divisor)) return { terms: quotient.terms, offset: quotient.offset + first };
  const common = rest.terms.reduce((g, t) => greatestCommonDivisor(g, Math.abs(t.coefficient)), divisor);
  if (common > 1) {
    const reduced: Index = {
      terms: rest.terms.map((t) => ({ coefficient: t.coefficient / common, atom: t.atom })),
      offset: Math.floor(rest.offset / common),
    };
    return addIndices(quotient, divideIndex(reduced, divisor / common));
  }
  const only = rest.terms.length === 1 && rest.offset === 0 ? (rest.terms[0] as Term) : undefined;
  if (only?.coefficient === 1 && only.atom.kind === 'divide') {
    return addIndices(quotient, divideIndex(only.atom.index, only.atom.divisor * divisor));
  }
  return addIndices(quotient, ofAtom({ kind: 'divide', index: rest, divisor }));
};

/** Floored remainder by a positive constant, in `[0, divisor)`. */
export const moduloIndex = (index: Index, divisor: number): Index => {
  if (divisor === 1) return constantIndex(0);
  const { rest } = splitByDivisor(index, divisor);
  if (isWithin(rest, 0, divisor)) return rest;
  const [low, high] = indexBounds(rest);
  const turns = Math.floor(low / divisor);
  if (turns === Math.floor(high / divisor)) return { terms: rest.terms, offset: rest.offset - turns * divisor };
  return ofAtom({ kind: 'modulo', index: rest, divisor });
};

/** The guard's truth where it is the same over the whole space, else undefined. */
export const guardTruth = ({ index, begin, end }: Guard): boolean | undefined => {
  const [low, high] = indexBounds(index);
  if (low >= begin && high < end) return true;
  return high < begin || low >= end ? false : undefined;
};

/** Whether the index changes along the axis. */
export const dependsOnAxis = (index: Index, axis: number): boolean =>
  index.terms.some(({ atom }) => atomDependsOnAxis(atom, axis));

const atomDependsOnAxis = (atom: Atom, axis: number): boolean => {
  if (atom.kind === 'axis') return atom.axis === axis;
  return atom.kind === 'value' ? false : dependsOnAxis(atom.index, axis);
};

/** Instructions whose values the index uses. */
export const valuesIn = (index: Index): number[] =>
  index.terms.flatMap(({ atom }) => {
    if (atom.kind === 'value') return [atom.value];
    return atom.kind === 'axis' ? [] : valuesIn(atom.index);
  });

/** Elements that one step along the axis moves by, or undefined where the axis sits below a quotient or remainder. */
export const strideAlong = (index: Index, axis: number): number | undefined => {
  let stride = 0;
  for (const { coefficient, atom } of index.terms) {
    if (atom.kind === 'axis') stride += atom.axis === axis ? coefficient : 0;
    else if (atomDependsOnAxis(atom, axis)) return undefined;
  }
  return stride;
};

/** Strides along `axes` where the index is a sum of axes and an offset alone, else undefined. */
export const affineStrides = (index: Index, rank: number): { strides: number[]; offset: number } | undefined => {
  const strides = new Array<number>(rank).fill(0);
  for (const { coefficient, atom } of index.terms) {
    if (atom.kind !== 'axis') return undefined;
    strides[atom.axis] = coefficient;
  }
  return { strides, offset: index.offset };
};

/** Replaces axes, and renumbers values, inside an index. */
export const substituteIndex = (
  index: Index,
  replacement: { readonly axis: (axis: number, size: number) => Index; readonly value?: (value: number) => Index },
): Index => {
  let result = constantIndex(index.offset);
  for (const { coefficient, atom } of index.terms) {
    let part: Index;
    if (atom.kind === 'axis') part = replacement.axis(atom.axis, atom.size);
    else if (atom.kind === 'value') part = replacement.value ? replacement.value(atom.value) : ofAtom(atom);
    else {
      const inner = substituteIndex(atom.index, replacement);
      part = atom.kind === 'divide' ? divideIndex(inner, atom.divisor) : moduloIndex(inner, atom.divisor);
    }
    result = addIndices(result, part, coefficient);
  }
  return result;
};

/** Row-major position of `coordinates` in `shape`. */
export const linearIndex = (coordinates: readonly Index[], strides: readonly number[]): Index =>
  coordinates.reduce((sum, coordinate, axis) => addIndices(sum, coordinate, strides[axis] as number), constantIndex(0));
