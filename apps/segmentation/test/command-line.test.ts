import { CommanderError } from 'commander';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { readCommandLine } from '../src/command-line.js';

let printed = '';

beforeEach(() => {
  printed = '';
  const write = (text: string | Uint8Array): boolean => {
    printed += text;
    return true;
  };
  vi.spyOn(process.stdout, 'write').mockImplementation(write);
  vi.spyOn(process.stderr, 'write').mockImplementation(write);
});

const refusal = (...words: string[]): string => {
  expect(() => readCommandLine(words)).toThrow(CommanderError);
  return printed.trim();
};

describe('readCommandLine', () => {
  it('asks for nothing but a device by default', () => {
    expect(readCommandLine([])).toEqual({ device: 'auto', settings: {} });
  });

  it('reads every flag', () => {
    const words =
      '--steps 40 --loss lovasz --device cpu --seed 7 --batch 4 --lr 0.002 --decay-steps 90 --name a --out b --json c --resume d';
    expect(readCommandLine(words.split(' '))).toEqual({
      steps: 40,
      device: 'cpu',
      settings: { loss: 'lovasz', seed: 7, batch: 4, lr: 0.002, decaySteps: 90 },
      name: 'a',
      out: 'b',
      json: 'c',
      resume: 'd',
    });
  });

  it('takes --resume without a run for the latest one', () => {
    expect(readCommandLine(['--resume']).resume).toBe(true);
  });

  it.each([
    [['--steps', '0'], "error: option '--steps <count>' argument '0' is invalid. A whole number from 1 is needed."],
    [['--steps', '1e3'], "error: option '--steps <count>' argument '1e3' is invalid. A whole number from 1 is needed."],
    [['--lr', '-1'], "error: option '--lr <rate>' argument '-1' is invalid. A number above 0 is needed."],
    [['--lr', ''], "error: option '--lr <rate>' argument '' is invalid. A number above 0 is needed."],
    [
      ['--loss', 'dice'],
      "error: option '--loss <name>' argument 'dice' is invalid. Allowed choices are ce, lovasz, ce+lovasz.",
    ],
    [
      ['--device', 'tpu'],
      "error: option '--device <name>' argument 'tpu' is invalid. Allowed choices are auto, cpu, webgpu.",
    ],
    [
      ['--name', '../x'],
      "error: option '--name <name>' argument '../x' is invalid. Letters, digits and . _ + - make a name.",
    ],
    [['--stesp', '4'], "error: unknown option '--stesp'\n(Did you mean --steps?)"],
    [['more'], 'error: too many arguments. Expected 0 arguments but got 1.'],
  ])('refuses %j', (words, message) => {
    expect(refusal(...words)).toBe(message);
  });

  it('explains its flags', () => {
    const help = refusal('--help');
    for (const flag of ['--steps', '--loss', '--device', '--seed', '--out', '--resume', '--json']) {
      expect(help).toContain(flag);
    }
  });
});
