import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { pixelClasses } from '../classes.js';
import type { History, Validation } from '../training/history.js';
import type { Example } from '../training/validation.js';
import { type ChartData, drawCharts } from './chart-script.js';
import { mistakes, paintExample } from './pictures.js';
import { styles } from './styles.js';

/** What a report tells. */
export interface ReportContent {
  readonly name: string;
  readonly history: History;
  readonly examples: readonly Example[];
  /** Rows of the tables at the end: what, and how much of it. */
  readonly settings: Readonly<Record<string, string | number>>;
  readonly environment: Readonly<Record<string, string | number>>;
}

const escapes: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };
const escapeText = (text: string): string => text.replace(/[&<>"]/g, (character) => escapes[character] as string);

/** JSON that can stand in a script element. */
const scriptJson = (value: unknown): string => JSON.stringify(value).replaceAll('<', '\\u003c');

const css = (color: readonly number[]): string => `rgb(${color.join(' ')})`;

const show = (value: number | null | undefined): string => (value == null ? '–' : value.toFixed(3));

/** Minutes and seconds. */
const showTime = (seconds: number): string => {
  const whole = Math.round(seconds);
  return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, '0')}`;
};

const median = (values: readonly number[]): number | undefined =>
  [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)];

/** Running average in which a step counts `share`, without the pull of a start at 0. */
const smooth = (values: readonly number[], share: number): number[] => {
  let total = 0;
  let weight = 0;
  return values.map((value) => {
    total = total * (1 - share) + value * share;
    weight = weight * (1 - share) + share;
    return total / weight;
  });
};

const chartData = ({ loss, validations }: History): ChartData => ({
  loss,
  smoothLoss: smooth(loss, 0.05),
  validationSteps: validations.map(({ step }) => step),
  miou: validations.map(({ miou }) => miou),
  classes: pixelClasses.map(({ name, color }, index) => ({
    name,
    color: css(color),
    iou: validations.map(({ iouPerClass }) => iouPerClass[index] ?? null),
  })),
});

const figure = (value: string, caption: string): string =>
  `<section><strong>${value}</strong><span>${caption}</span></section>`;

const renderFigures = ({ loss, stepSeconds, validations, seconds }: History): string => {
  const pace = median(stepSeconds);
  return [
    figure(show(validations.at(-1)?.miou), 'mean IoU on validation'),
    figure(show(loss.at(-1)), 'loss of the last step'),
    figure(String(loss.length), 'steps'),
    figure(showTime(seconds), 'minutes in all'),
    figure(pace === undefined ? '–' : `${Math.round(pace * 1000)} ms`, 'for a step (median)'),
  ].join('\n');
};

const swatch = (color: readonly number[]): string => `<i class="swatch" style="background:${css(color)}"></i>`;

const renderIou = (validation: Validation | undefined): string => {
  const rows = pixelClasses.map(({ name, color }, index) => {
    const iou = validation?.iouPerClass[index];
    const bar = `<span class="bar"><i style="width:${(100 * (iou ?? 0)).toFixed(1)}%;background:${css(color)}"></i></span>`;
    return `<tr><th class="name">${swatch(color)}${name}</th><td>${bar}</td><td class="number">${show(iou)}</td></tr>`;
  });
  return `<table class="iou">
<thead><tr><th class="name">class</th><th></th><th class="number">IoU</th></tr></thead>
<tbody>${rows.join('\n')}</tbody>
<tfoot><tr><th class="name">mean</th><td></td><td class="number">${show(validation?.miou)}</td></tr></tfoot>
</table>`;
};

const renderLegend = (entries: readonly { name: string; color: readonly number[] }[]): string =>
  `<ul class="legend">${entries.map(({ name, color }) => `<li>${swatch(color)}${name}</li>`).join('')}</ul>`;

const renderExample = (example: Example, index: number): string => {
  const pictures = paintExample(example);
  const figures = Object.entries(pictures).map(
    ([name, url]) =>
      `<figure><img src="${url}" alt="${name} of scene ${index}" width="64" height="64"><figcaption>${name}</figcaption></figure>`,
  );
  return `<div class="example">${figures.join('')}</div>`;
};

const renderRows = (rows: Readonly<Record<string, string | number>>): string =>
  `<table class="settings">${Object.entries(rows)
    .map(([name, value]) => `<tr><th>${escapeText(name)}</th><td>${escapeText(String(value))}</td></tr>`)
    .join('\n')}</table>`;

const packageFiles = createRequire(import.meta.url);
const readPackageFile = (specifier: string): string => readFileSync(packageFiles.resolve(specifier), 'utf8');

/** A page that needs nothing beside itself. */
export const renderReport = ({ name, history, examples, settings, environment }: ReportContent): string => {
  const plotScript = readPackageFile('uplot/dist/uPlot.iife.min.js');
  const plotStyles = readPackageFile('uplot/dist/uPlot.min.css');
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapeText(name)} – Cotangent segmentation</title>
<style>${plotStyles}${styles}</style>
</head>
<body>
<main>
<header>
<h1>Handwritten digits, segmented</h1>
<p>Run ${escapeText(name)}: a U-Net finds the pixels of every digit among clutter.</p>
</header>
<div class="figures">
${renderFigures(history)}
</div>
<div class="columns">
<section><h2>Training loss</h2><div id="loss-chart"></div></section>
<section><h2>IoU on validation scenes</h2><div id="miou-chart"></div></section>
</div>
<section>
<h2>Validation scenes</h2>
${renderLegend(pixelClasses)}
${renderLegend(Object.values(mistakes))}
<div class="examples">
${examples.map(renderExample).join('\n')}
</div>
</section>
<div class="columns">
<section><h2>IoU by class</h2>${renderIou(history.validations.at(-1))}</section>
<div class="stack">
<section><h2>Settings</h2>${renderRows(settings)}</section>
<section><h2>Made with</h2>${renderRows(environment)}</section>
</div>
</div>
</main>
<script>${plotScript}</script>
<script>(${drawCharts})(uPlot, ${scriptJson(chartData(history))});</script>
</body>
</html>
`;
};
