import type { Shape } from '@cotangent/ir';
import type { VertexSink } from './graph.js';

const rotations = [
  [13, 15, 26, 6],
  [17, 29, 16, 24],
] as const;
/** Parity constant of the key schedule. */
const parity = 0x1bd11bda;

/**
 * Threefry-2x32 with 20 rounds (Salmon et al. 2011, "Parallel random numbers: as easy as 1, 2, 3") as elementwise vertices.
 * The counter of element `p` is (0, p), the result the exclusive or of both words.
 */
export const buildThreefry = (graph: VertexSink, key: number, shape: Shape): number => {
  const word = (value: number): number => graph.constant(value >>> 0, 'uint32', shape);
  const binary = (op: 'add' | 'xor' | 'or' | 'shiftLeft' | 'shiftRight', a: number, b: number): number =>
    graph.add({ op, attributes: {}, inputs: [a, b], dtype: 'uint32', shape });
  const rotate = (x: number, bits: number): number =>
    binary('or', binary('shiftLeft', x, word(bits)), binary('shiftRight', x, word(32 - bits)));
  const keyWord = (position: number): number => {
    const cut = { start: [position], step: [1] };
    const part = graph.add({ op: 'slice', attributes: cut, inputs: [key], dtype: 'uint32', shape: [1] });
    const scalar = graph.add({ op: 'reshape', attributes: {}, inputs: [part], dtype: 'uint32', shape: [] });
    return graph.add({ op: 'broadcast', attributes: {}, inputs: [scalar], dtype: 'uint32', shape });
  };

  const first = keyWord(0);
  const second = keyWord(1);
  const schedule = [first, second, binary('xor', binary('xor', first, second), word(parity))] as const;
  let high = first;
  let low = binary('add', graph.positions(shape), second);
  for (let group = 0; group < 5; group++) {
    for (const bits of rotations[group % 2] as readonly number[]) {
      high = binary('add', high, low);
      low = binary('xor', rotate(low, bits), high);
    }
    high = binary('add', high, schedule[(group + 1) % 3] as number);
    low = binary('add', binary('add', low, schedule[(group + 2) % 3] as number), word(group + 1));
  }
  return binary('xor', high, low);
};
