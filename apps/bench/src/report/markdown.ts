import type { Result } from '../contest/contest.js';
import { ours } from '../contest/roster.js';
import type { Floors } from '../floors/floors.js';
import type { Machine } from '../machine.js';
import { boundOfWorkload, figuresOf } from './figures.js';
import { formatNumber, formatRate, formatShare } from './format.js';

type Row = readonly string[];

const formatRows = (head: Row, alignments: Row, rows: readonly Row[]): string =>
  [head, alignments, ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n');

const unique = (values: readonly string[]): string[] => [...new Set(values)];

const describe = (machine: Machine, { one, all }: Floors): string => {
  const row = (on: string, rates: Floors['one']): Row => [
    on,
    `${formatNumber(rates.gflops)} GFLOP/s`,
    `${formatNumber(rates.copyGBps)} GB/s`,
    `${formatNumber(rates.readGBps)} GB/s`,
  ];
  const table = formatRows(
    ['floor', 'multiply-add in registers', 'copy', 'read'],
    ['---', '--:', '--:', '--:'],
    [row('1 thread', one), row(`${machine.threads} threads`, all)],
  );
  return `${machine.cpu}, ${machine.threads} threads, Node ${machine.node}.\n\n${table}`;
};

/** Notes below a table, numbered as they come up. */
class Footnotes {
  readonly #texts: string[] = [];

  /** The mark for a text. */
  mark(text: string): string {
    if (!this.#texts.includes(text)) this.#texts.push(text);
    return `<sup>${this.#texts.indexOf(text) + 1}</sup>`;
  }

  toString(): string {
    return this.#texts.map((text, i) => `<sup>${i + 1}</sup> ${text}`).join('<br>\n');
  }
}

const cellOf = (result: Result | undefined, all: readonly Result[], floors: Floors, notes: Footnotes): string => {
  if (result === undefined) return '';
  if (result.spread === undefined) return `–${notes.mark(result.error ?? '')}`;
  const { ratio } = figuresOf(result, all, floors.all);
  const times = ratio === undefined ? '' : ` (${formatNumber(ratio)}×)`;
  const doubt = result.agrees ? '' : notes.mark('Its results differ from the others.');
  return `${formatNumber(result.spread.median)}${times}${doubt}`;
};

const compare = (results: readonly Result[], floors: Floors): string => {
  const names = unique(results.map(({ workload }) => workload));
  const implementations = unique(results.map(({ implementation }) => implementation));
  const versions = implementations.map(
    (name) => results.find(({ implementation, version }) => implementation === name && version !== '')?.version ?? '',
  );
  const notes = new Footnotes();
  const rows = names.map((name) => [
    `\`${name}\``,
    ...implementations.map((implementation) =>
      cellOf(
        results.find((result) => result.workload === name && result.implementation === implementation),
        results,
        floors,
        notes,
      ),
    ),
  ]);
  const head = ['ms (time / ours)', ...implementations.map((name, i) => `${name} ${versions[i]}`.trim())];
  return `${formatRows(head, ['---', ...implementations.map(() => '--:')], rows)}\n\n${notes}`;
};

const roofline = (results: readonly Result[], floors: Floors): string => {
  const rows = results
    .filter(({ implementation, spread }) => implementation === ours && spread !== undefined)
    .map((result): Row => {
      const { workload, spread } = result;
      const figures = figuresOf(result, results, floors.all);
      const bound = boundOfWorkload(workload, floors.all);
      return [
        `\`${workload}\``,
        bound === undefined ? '' : `${formatNumber(bound.ms)} (${bound.by})`,
        formatNumber(spread?.median ?? 0),
        formatRate(figures),
        figures.share === undefined ? '' : formatShare(figures.share),
      ];
    });
  return formatRows(
    ['workload', 'floor, ms', 'ours, ms', 'rate', 'share of the floor'],
    ['---', '--:', '--:', '--:', '--:'],
    rows,
  );
};

/** Machine, comparison and roofline as Markdown. */
export const toMarkdown = (machine: Machine, floors: Floors, results: readonly Result[]): string =>
  [
    describe(machine, floors),
    '### Beside the peers',
    compare(results, floors),
    '### Roofline',
    roofline(results, floors),
  ].join('\n\n');

const marks = { begin: '<!-- bench: begin -->', end: '<!-- bench: end -->' } as const;

/** A page with new tables between its marks; throws where it has none. */
export const replaceTables = (page: string, tables: string): string => {
  const begin = page.indexOf(marks.begin);
  const end = page.indexOf(marks.end);
  if (begin < 0 || end < begin) throw new Error(`The page lacks the marks ${marks.begin} and ${marks.end}.`);
  return `${page.slice(0, begin + marks.begin.length)}\n\n${tables}\n\n${page.slice(end)}`;
};
