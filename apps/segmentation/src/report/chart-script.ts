import type uPlot from 'uplot';

/** What the charts show. */
export interface ChartData {
  readonly loss: readonly number[];
  readonly smoothLoss: readonly number[];
  readonly validationSteps: readonly number[];
  readonly miou: readonly number[];
  readonly classes: readonly {
    readonly name: string;
    readonly color: string;
    readonly iou: readonly (number | null)[];
  }[];
}

/** Draws the charts of a report. Runs in the reader's browser from its own source text, so it refers to nothing outside. */
export const drawCharts = (Plot: typeof uPlot, data: ChartData): void => {
  const height = 260;
  const plots: { readonly plot: uPlot; readonly box: HTMLElement }[] = [];

  const draw = (id: string, series: uPlot.Series[], columns: uPlot.AlignedData, scale: uPlot.Scale): void => {
    const box = document.getElementById(id);
    if (box === null) return;
    const style = getComputedStyle(document.documentElement);
    const axis: uPlot.Axis = {
      stroke: style.getPropertyValue('--muted'),
      grid: { stroke: style.getPropertyValue('--line'), width: 1 },
      ticks: { stroke: style.getPropertyValue('--line'), width: 1 },
      font: '12px system-ui, sans-serif',
    };
    const plot = new Plot(
      {
        width: box.clientWidth,
        height,
        scales: { x: { time: false }, y: scale },
        axes: [{ ...axis }, { ...axis, size: 44 }],
        series: [{ label: 'step' }, ...series],
        cursor: { points: { size: 6 } },
      },
      columns,
      box,
    );
    plots.push({ plot, box });
  };

  const drawAll = (): void => {
    for (const { plot } of plots.splice(0)) plot.destroy();
    const style = getComputedStyle(document.documentElement);
    const accent = style.getPropertyValue('--accent');
    const show = (value: number | null): string => value?.toFixed(3) ?? '–';
    draw(
      'loss-chart',
      [
        { label: 'loss', stroke: style.getPropertyValue('--faint'), width: 1, value: (_, value) => show(value) },
        { label: 'smoothed', stroke: accent, width: 2, value: (_, value) => show(value) },
      ],
      [data.loss.map((_, index) => index + 1), [...data.loss], [...data.smoothLoss]],
      {},
    );
    draw(
      'miou-chart',
      [
        ...data.classes.map(({ name, color }) => ({
          label: name,
          stroke: color,
          width: 1.25,
          points: { show: false },
          value: (_: uPlot, value: number | null) => show(value),
        })),
        { label: 'mIoU', stroke: accent, width: 3, value: (_, value) => show(value) },
      ],
      [[...data.validationSteps], ...data.classes.map(({ iou }) => [...iou]), [...data.miou]],
      { range: [0, 1] },
    );
  };

  drawAll();
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', drawAll);
  addEventListener('resize', () => {
    for (const { plot, box } of plots) plot.setSize({ width: box.clientWidth, height });
  });
};
