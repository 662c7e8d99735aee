import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createCpuBackend } from '../src/index.js';
import {
  type Generator,
  type KernelCase,
  randomMap,
  randomReduce,
  randomScan,
  randomScatter,
} from './random-kernels.js';
import { evaluateKernel, fromNumbers, toNumbers } from './reference.js';
import { runKernel } from './run.js';

const backend = createCpuBackend();

/** Inexact results chain at most a few float32 functions of 4 ulp on operands below 10 in magnitude; float16 has 11 bits. */
const tolerances = { float32: 1e-5, float64: 1e-9, float16: 2e-3, int32: 0, uint32: 0, bool: 0 } as const;

const check = ({ kernel, inputs, exact }: KernelCase): void => {
  const expected = evaluateKernel(kernel, inputs);
  const actual = runKernel(backend, kernel, inputs);
  kernel.outputs.forEach(({ dtype }, o) => {
    const wanted = toNumbers(dtype, fromNumbers(dtype, expected[o]!));
    const tolerance = exact[o] ? 0 : tolerances[dtype];
    actual[o]!.forEach((value, i) => {
      const target = wanted[i]!;
      const isEqual = Number.isNaN(target) ? Number.isNaN(value) : value === target;
      const isClose = Math.abs(value - target) <= tolerance * (1 + Math.abs(target));
      if (!isEqual && !isClose) {
        expect.fail(`output ${o} at ${i}: ${value} instead of ${target}\n${JSON.stringify(kernel)}`);
      }
    });
  });
};

const runs = Number(process.env['COTANGENT_PROPERTY_RUNS'] ?? 300);

describe('random kernels', () => {
  const agree = (name: string, generate: (g: Generator) => KernelCase) => {
    it(`gives what the oracle gives for ${name} kernels`, () => {
      fc.assert(
        fc.property(fc.gen(), (g) => check(generate(g))),
        { numRuns: runs },
      );
    });
  };
  agree('map', randomMap);
  agree('reduce', randomReduce);
  agree('scan', randomScan);
  agree('scatter', randomScatter);
});
