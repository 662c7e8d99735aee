import {
  axisIndex,
  type Combine,
  contiguousStrides,
  type DType,
  type Instruction,
  linearIndex,
  type ScanKernel,
} from '@cotangent/ir';
import { afterAll, describe, expect, it } from 'vitest';
import { CpuBackend } from '../src/backend.js';
import { evaluateKernel, fromNumbers } from './reference.js';
import { runKernel } from './run.js';
import { shareAll } from './thread-cases.js';

const backends = [1, 2, 3].map((threads) => new CpuBackend({ threads }, { sharing: shareAll }));

afterAll(() => {
  for (const backend of backends) backend.dispose();
});

/** Scans of one operand along rows, and the operand plus 1 as an output that waits for none. */
const scanKernel = (dtype: DType, rows: number, length: number, combine: Combine, exclusive: boolean): ScanKernel => {
  const index = linearIndex([axisIndex(0, rows), axisIndex(1, length)], contiguousStrides([rows, length]));
  const scan = (reverse: boolean): Instruction => ({ op: 'scan', dtype, combine, reverse, exclusive, operands: [0] });
  return {
    kind: 'scan',
    outer: [rows],
    length,
    inputs: [dtype],
    body: [
      { op: 'load', dtype, input: 0, index, guards: [] },
      scan(false),
      scan(true),
      { op: 'constant', dtype, value: 1 },
      { op: 'add', dtype, operands: [0, 3] },
    ],
    outputs: [1, 2, 4].map((value) => ({ dtype, length: rows * length, value, space: 'full' })),
  };
};

/** Powers of two that cancel out, so that products and sums are exact. */
const powers = (length: number): number[] =>
  Array.from({ length }, (_, i) => [2, 0.5, 1, -1][(i * 7919) % 4] as number);

describe('scans of long rows', () => {
  for (const combine of ['sum', 'product', 'maximum', 'minimum'] as const) {
    for (const dtype of ['float32', 'float64', 'int32'] as const) {
      it(`carry the ${combine} of ${dtype} from block to block, on any number of threads`, () => {
        for (const [rows, length] of [
          [1, 30_003],
          [3, 16_386],
        ] as const) {
          for (const exclusive of [false, true]) {
            const kernel = scanKernel(dtype, rows, length, combine, exclusive);
            const numbers = powers(rows * length).map((x) => (dtype === 'int32' ? Math.sign(x) : x));
            const inputs = [fromNumbers(dtype, numbers)];
            const expected = evaluateKernel(kernel, inputs);
            for (const backend of backends) {
              runKernel(backend, kernel, inputs).forEach((values, output) => {
                const wrong = values.findIndex((value, i) => value !== expected[output]?.[i]);
                expect({ output, wrong }).toEqual({ output, wrong: -1 });
              });
            }
          }
        }
      });
    }
  }
});
