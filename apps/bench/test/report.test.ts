import { expect, it } from 'vitest';
import type { Result } from '../src/contest/contest.js';
import { formatNumber } from '../src/report/format.js';
import { toJson } from '../src/report/json.js';
import { replaceTables, toMarkdown } from '../src/report/markdown.js';
import { formatProfile } from '../src/report/profile.js';
import { formatFloors, formatTable } from '../src/report/table.js';

const machine = { cpu: 'Some CPU', threads: 2, node: '20.20.2' };
const rates = { gflops: 64, copyGBps: 32, readGBps: 16 };
const floors = { one: { gflops: 32, copyGBps: 16, readGBps: 8 }, all: rates };

const results: readonly Result[] = [
  {
    workload: 'matmul-1024',
    implementation: 'cotangent',
    version: '0.1.0',
    spread: { median: 2 ** 31 / 50e6, p10: 39, p90: 44.5 },
    counts: { launches: 1, submits: 1 },
    agrees: true,
  },
  {
    workload: 'matmul-1024',
    implementation: 'tfjs',
    version: '4.22.0',
    spread: { median: 100, p10: 90, p90: 120 },
    agrees: false,
  },
  {
    workload: 'softmax',
    implementation: 'cotangent',
    version: '0.1.0',
    spread: { median: 4.096, p10: 4, p90: 5 },
    agrees: true,
  },
  {
    workload: 'softmax',
    implementation: 'tfjs',
    version: '4.22.0',
    agrees: false,
    error: "Kernel 'Softmax' not registered",
  },
];

it('writes the documented JSON', () => {
  expect(JSON.parse(toJson(machine, floors, 'cpu', results.slice(0, 1)))).toEqual({
    machine: { cpu: 'Some CPU', threads: 2, node: '20.20.2' },
    floors: { gflops: 64, copyGBps: 32 },
    results: [
      {
        workload: 'matmul-1024',
        device: 'cpu',
        implementation: 'cotangent',
        version: '0.1.0',
        medianMs: 42.94967296,
        p10Ms: 39,
        p90Ms: 44.5,
        gflops: 50,
        launches: 1,
        submits: 1,
        agrees: true,
      },
    ],
  });
});

it('writes failures with their reason, and bandwidth where memory decides', () => {
  const [, , own, failed] = JSON.parse(toJson(machine, floors, 'cpu', results)).results;
  expect(own).toMatchObject({ GBps: 16 });
  expect(own.gflops).toBeUndefined();
  expect(failed).toEqual({
    workload: 'softmax',
    device: 'cpu',
    implementation: 'tfjs',
    version: '4.22.0',
    medianMs: null,
    p10Ms: null,
    p90Ms: null,
    agrees: false,
    error: "Kernel 'Softmax' not registered",
  });
});

it('lays results out as a table', () => {
  expect(`\n${formatTable(results, floors)}`).toMatchInlineSnapshot(`
    "
    ┌─────────────┬────────────────┬──────┬─────────────┬───────────┬──────────────┬──────────┬──────────────────────────────────────────────┐
    │ workload    │ implementation │   ms │ p10 – p90   │ time/ours │         rate │ of floor │                                              │
    ├─────────────┼────────────────┼──────┼─────────────┼───────────┼──────────────┼──────────┼──────────────────────────────────────────────┤
    │ matmul-1024 │ cotangent      │ 42.9 │ 39.0 – 44.5 │           │ 50.0 GFLOP/s │     78 % │                                              │
    │             │ tfjs           │  100 │ 90.0 – 120  │    2.33 × │ 21.5 GFLOP/s │     34 % │ its results differ from the others           │
    ├─────────────┼────────────────┼──────┼─────────────┼───────────┼──────────────┼──────────┼──────────────────────────────────────────────┤
    │ softmax     │ cotangent      │ 4.10 │ 4.00 – 5.00 │           │    16.0 GB/s │     50 % │                                              │
    │             │ tfjs           │    – │             │           │              │          │ Kernel 'Softmax' not registered              │
    └─────────────┴────────────────┴──────┴─────────────┴───────────┴──────────────┴──────────┴──────────────────────────────────────────────┘
    "
  `);
});

it('says what the machine can do', () => {
  expect(formatFloors(floors, 2)).toBe(
    [
      '1 thread: 32.0 GFLOP/s in registers, 16.0 GB/s copied, 8.00 GB/s read',
      '2 threads: 64.0 GFLOP/s in registers, 32.0 GB/s copied, 16.0 GB/s read',
    ].join('\n'),
  );
});

it('writes Markdown with a note for each failure', () => {
  expect(toMarkdown(machine, floors, results)).toMatchInlineSnapshot(`
    "Some CPU, 2 threads, Node 20.20.2.

    | floor | multiply-add in registers | copy | read |
    | --- | --: | --: | --: |
    | 1 thread | 32.0 GFLOP/s | 16.0 GB/s | 8.00 GB/s |
    | 2 threads | 64.0 GFLOP/s | 32.0 GB/s | 16.0 GB/s |

    ### Beside the peers

    | ms (time / ours) | cotangent 0.1.0 | tfjs 4.22.0 |
    | --- | --: | --: |
    | \`matmul-1024\` | 42.9 | 100 (2.33×)<sup>1</sup> |
    | \`softmax\` | 4.10 | –<sup>2</sup> |

    <sup>1</sup> Its results differ from the others.<br>
    <sup>2</sup> Kernel 'Softmax' not registered

    ### Roofline

    | workload | floor, ms | ours, ms | rate | share of the floor |
    | --- | --: | --: | --: | --: |
    | \`matmul-1024\` | 33.6 (arithmetic) | 42.9 | 50.0 GFLOP/s | 78 % |
    | \`softmax\` | 2.05 (memory) | 4.10 | 16.0 GB/s | 50 % |"
  `);
});

it('adds up the launches of each kernel', () => {
  const launches = [
    { kernel: 'map 4', medianMs: 1 },
    { kernel: 'sort 1 of 9', medianMs: 6 },
    { kernel: 'map 4', medianMs: 1 },
  ];
  expect(`\n${formatProfile('lovasz-256', launches)}`).toMatchInlineSnapshot(`
    "
    ┌────────────────┬───────┬──────────┬──────────────────────────────┐
    │ lovasz-256: ms │ share │ launches │ kernel (3 launches, 8.00 ms) │
    ├────────────────┼───────┼──────────┼──────────────────────────────┤
    │           6.00 │  75 % │        1 │ sort 1 of 9                  │
    │           2.00 │  25 % │        2 │ map 4                        │
    └────────────────┴───────┴──────────┴──────────────────────────────┘
    "
  `);
});

it('puts tables between the marks of a page', () => {
  const page = 'before\n<!-- bench: begin -->\nold\n<!-- bench: end -->\nafter\n';
  expect(replaceTables(page, 'new')).toBe('before\n<!-- bench: begin -->\n\nnew\n\n<!-- bench: end -->\nafter\n');
  expect(() => replaceTables('no marks', 'new')).toThrow('The page lacks the marks');
});

it('keeps three digits of a number', () => {
  expect([0.01234, 0.5, 4.567, 12.34, 123.4, 12_345, 0].map(formatNumber)).toEqual([
    '0.0123',
    '0.500',
    '4.57',
    '12.3',
    '123',
    '12345',
    '0',
  ]);
});
