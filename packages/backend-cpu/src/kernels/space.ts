import type { Atom, Guard, Index, Instruction, Shape, Term } from '@cotangent/ir';

/** A kernel's axes after neighbours that every index walks as one have been merged, and axes of size 1 dropped. */
export interface Space {
  /** Sizes of the axes of each group (a map's shape; a reduction's outer and inner axes). */
  readonly groups: readonly (readonly number[])[];
  readonly instructions: readonly Instruction[];
  /** Rewrites an index over the old axes. */
  readonly rewrite: (index: Index) => Index;
}

const nestedIndex = (atom: Atom): Index | undefined =>
  atom.kind === 'divide' || atom.kind === 'modulo' ? atom.index : undefined;

/** The index's sums: its own terms and those below its quotients and remainders. */
const termLists = (index: Index): (readonly Term[])[] => [
  index.terms,
  ...index.terms.flatMap(({ atom }) => {
    const nested = nestedIndex(atom);
    return nested ? termLists(nested) : [];
  }),
];

export const indicesOf = (instruction: Instruction): Index[] => {
  switch (instruction.op) {
    case 'index':
      return [instruction.index];
    case 'load':
      return [instruction.index, ...instruction.guards.map((guard) => guard.index)];
    case 'inside':
      return instruction.guards.map((guard) => guard.index);
    default:
      return [];
  }
};

const coefficientOf = (terms: readonly Term[], axis: number): number =>
  terms.reduce(
    (sum, { atom, coefficient }) => (atom.kind === 'axis' && atom.axis === axis ? sum + coefficient : sum),
    0,
  );

const rewriteGuards = (guards: readonly Guard[], rewrite: (index: Index) => Index): Guard[] =>
  guards.map((guard) => ({ ...guard, index: rewrite(guard.index) }));

const rewriteInstruction = (instruction: Instruction, rewrite: (index: Index) => Index): Instruction => {
  switch (instruction.op) {
    case 'index':
      return { ...instruction, index: rewrite(instruction.index) };
    case 'load':
      return { ...instruction, index: rewrite(instruction.index), guards: rewriteGuards(instruction.guards, rewrite) };
    case 'inside':
      return { ...instruction, guards: rewriteGuards(instruction.guards, rewrite) };
    default:
      return instruction;
  }
};

/** Merges axes within each group; `more` are indices that count besides the body's. */
export const simplifySpace = (
  groups: readonly Shape[],
  instructions: readonly Instruction[],
  more: readonly Index[] = [],
): Space => {
  const lists = [...instructions.flatMap(indicesOf), ...more].flatMap(termLists);
  /** Old axis → new axis and its size, for the innermost old axis of each new one; the others vanish. */
  const survivors = new Map<number, { axis: number; size: number }>();
  let axis = 0;
  let next = 0;
  const newGroups = groups.map((shape) => {
    const sizes: number[] = [];
    let last: number | undefined;
    for (const size of shape) {
      const old = next++;
      if (size === 1) continue;
      const outer = last;
      const mergesWithLast =
        outer !== undefined && lists.every((terms) => coefficientOf(terms, outer) === size * coefficientOf(terms, old));
      if (outer !== undefined && mergesWithLast) {
        survivors.delete(outer);
        sizes[sizes.length - 1] = (sizes.at(-1) as number) * size;
      } else {
        sizes.push(size);
        axis++;
      }
      survivors.set(old, { axis: axis - 1, size: sizes.at(-1) as number });
      last = old;
    }
    return sizes;
  });
  const rewrite = (index: Index): Index => ({
    offset: index.offset,
    terms: index.terms.flatMap(({ coefficient, atom }): Term[] => {
      if (atom.kind === 'value') return [{ coefficient, atom }];
      if (atom.kind !== 'axis') return [{ coefficient, atom: { ...atom, index: rewrite(atom.index) } }];
      const survivor = survivors.get(atom.axis);
      return survivor ? [{ coefficient, atom: { kind: 'axis', ...survivor } }] : [];
    }),
  });
  return { groups: newGroups, rewrite, instructions: instructions.map((i) => rewriteInstruction(i, rewrite)) };
};

/** Row-major index over axes `firstAxis`, `firstAxis + 1`, … of the given sizes. */
export const rowMajorIndex = (sizes: readonly number[], firstAxis = 0): Index => {
  const terms: Term[] = [];
  let stride = 1;
  for (let i = sizes.length - 1; i >= 0; i--) {
    const size = sizes[i] as number;
    terms.unshift({ coefficient: stride, atom: { kind: 'axis', axis: firstAxis + i, size } });
    stride *= size;
  }
  return { terms, offset: 0 };
};
