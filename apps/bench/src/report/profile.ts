import { getBorderCharacters, table } from 'table';
import type { LaunchTime } from '../peers/peer.js';
import { formatNumber, formatShare } from './format.js';

const shownKernels = 20;

/** Kernels by the time they take in all, the slowest first. */
export const formatProfile = (workload: string, launches: readonly LaunchTime[]): string => {
  const byKernel = new Map<string, LaunchTime[]>();
  for (const launch of launches) byKernel.set(launch.kernel, [...(byKernel.get(launch.kernel) ?? []), launch]);
  const sum = (times: readonly LaunchTime[]): number => times.reduce((total, { medianMs }) => total + medianMs, 0);
  const total = sum(launches);
  const rows = Array.from(byKernel, ([kernel, times]) => ({ kernel, count: times.length, ms: sum(times) }))
    .toSorted((a, b) => b.ms - a.ms)
    .slice(0, shownKernels)
    .map(({ kernel, count, ms }) => [formatNumber(ms), formatShare(ms / total), `${count}`, kernel]);
  const head = [
    `${workload}: ms`,
    'share',
    'launches',
    `kernel (${launches.length} launches, ${formatNumber(total)} ms)`,
  ];
  return table([head, ...rows], {
    border: getBorderCharacters('norc'),
    columns: { 0: { alignment: 'right' }, 1: { alignment: 'right' }, 2: { alignment: 'right' } },
    drawHorizontalLine: (line, lineCount) => line < 2 || line === lineCount,
  });
};
