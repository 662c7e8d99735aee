import { getBorderCharacters, table } from 'table';
import type { Result } from '../contest/contest.js';
import type { Floors } from '../floors/floors.js';
import { figuresOf } from './figures.js';
import { formatNumber, formatRate, formatShare } from './format.js';

const head = ['workload', 'implementation', 'ms', 'p10 – p90', 'time/ours', 'rate', 'of floor', ''];
const noteWidth = 44;

const noteOf = ({ error, agrees }: Result): string => {
  if (error !== undefined) return error;
  return agrees ? '' : 'its results differ from the others';
};

const rowOf = (result: Result, all: readonly Result[], floors: Floors): string[] => {
  const { spread } = result;
  const figures = figuresOf(result, all, floors.all);
  return [
    result.implementation,
    spread === undefined ? '–' : formatNumber(spread.median),
    spread === undefined ? '' : `${formatNumber(spread.p10)} – ${formatNumber(spread.p90)}`,
    figures.ratio === undefined ? '' : `${formatNumber(figures.ratio)} ×`,
    formatRate(figures),
    figures.share === undefined ? '' : formatShare(figures.share),
    noteOf(result),
  ];
};

/** The floors in two lines. */
export const formatFloors = ({ one, all }: Floors, threads: number): string => {
  const line = ({ gflops, copyGBps, readGBps }: Floors['one'], on: string): string =>
    `${on}: ${formatNumber(gflops)} GFLOP/s in registers, ${formatNumber(copyGBps)} GB/s copied, ${formatNumber(readGBps)} GB/s read`;
  return `${line(one, '1 thread')}\n${line(all, `${threads} ${threads === 1 ? 'thread' : 'threads'}`)}`;
};

/** Results as a table for a terminal, with a line between workloads. */
export const formatTable = (results: readonly Result[], floors: Floors): string => {
  const starts = new Set<number>();
  const rows = results.map((result, i) => {
    const isFirst = results[i - 1]?.workload !== result.workload;
    if (isFirst) starts.add(i + 1);
    return [isFirst ? result.workload : '', ...rowOf(result, results, floors)];
  });
  return table([head, ...rows], {
    border: getBorderCharacters('norc'),
    columns: {
      2: { alignment: 'right' },
      4: { alignment: 'right' },
      5: { alignment: 'right' },
      6: { alignment: 'right' },
      7: { width: noteWidth, wrapWord: true },
    },
    drawHorizontalLine: (line, lineCount) => line === 0 || line === lineCount || starts.has(line),
  });
};
