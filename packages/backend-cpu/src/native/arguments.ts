import { layouts } from './generated.js';

type Layouts = typeof layouts;
type Layout = keyof Layouts;
type Field<K extends Layout> = Layouts[K][number];

/** An argument block's fields by name. */
export type Fields<K extends Layout> = { readonly [F in Field<K>]: number };

/** Addresses of one launch. */
export interface PlanPointers {
  /** Of the input buffers, in the kernel's order. */
  readonly inputs: readonly number[];
  /** Of the accumulators; or, for a sort, of the keys. */
  readonly accumulator: number;
  /** Of the output buffers, in the kernel's order; only sorts read it. */
  readonly outputs: readonly number[];
  /** Of `scratchByteLength` bytes that all threads share. */
  readonly scratch: number;
  /** Of the emitted epilogue's own arguments; 0 without one. */
  readonly epilogue: number;
}

/** The address that a field is relative to; the epilogue's is the field itself. */
export type Base =
  | { readonly of: 'accumulator' | 'scratch' | 'epilogue' }
  | { readonly of: 'inputs' | 'outputs'; readonly index: number };

export const accumulatorBase: Base = { of: 'accumulator' };
export const scratchBase: Base = { of: 'scratch' };
export const epilogueBase: Base = { of: 'epilogue' };
export const inputBase = (index: number): Base => ({ of: 'inputs', index });
export const outputBase = (index: number): Base => ({ of: 'outputs', index });

/** The arguments of a phase: words made once, some of which a launch adds an address to. */
export interface Arguments {
  readonly words: Int32Array;
  readonly addresses: readonly { readonly word: number; readonly base: Base }[];
}

/** Puts fields in the layout's order, then whatever follows them. */
export const makeArguments = <K extends Layout>(
  layout: K,
  fields: Fields<K>,
  bases: { readonly [F in Field<K>]?: Base | undefined },
  rest: readonly number[] = [],
): Arguments => {
  const names: readonly Field<K>[] = layouts[layout];
  return {
    words: Int32Array.from([...names.map((name) => fields[name]), ...rest]),
    addresses: names.flatMap((name, word) => {
      const base = bases[name];
      return base === undefined ? [] : [{ word, base }];
    }),
  };
};

/** Writes a phase's arguments at a word of the launch's block. */
export const writeArguments = (
  { words, addresses }: Arguments,
  pointers: PlanPointers,
  block: Int32Array,
  start: number,
): void => {
  block.set(words, start);
  for (const { word, base } of addresses) {
    const address = base.of === 'inputs' || base.of === 'outputs' ? pointers[base.of][base.index] : pointers[base.of];
    block[start + word] = (block[start + word] as number) + (address as number);
  }
};
