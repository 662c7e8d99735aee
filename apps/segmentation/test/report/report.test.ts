import { decode } from 'fast-png';
import { describe, expect, it } from 'vitest';
import { type ReportContent, renderReport } from '../../src/report/report.js';

const area = 64 * 64;

/** All background, but for a first row that is digit 3, taken for background, digit 5 and digit 3 in turn. */
const example = {
  pixels: Float32Array.from({ length: area }, (_, place) => (place < 64 ? 1 : 0)),
  truth: Int32Array.from({ length: area }, (_, place) => (place < 64 ? 4 : 0)),
  prediction: Int32Array.from({ length: area }, (_, place) => (place < 64 ? [0, 6, 4][place % 3] : 0) as number),
};

const content: ReportContent = {
  name: 'a <b> & "c"',
  history: {
    loss: [2.5, 1.25],
    lr: [0.01, 0.01],
    stepSeconds: [0.5, 0.25],
    validations: [{ step: 2, miou: 0.8125, iouPerClass: [0.99, 0.625, null, 0.7, 0.7, 0.7, 0.7, 0.7, 0.7, 0.7, 0.7] }],
    seconds: 83.4,
  },
  examples: [example],
  settings: { loss: 'ce+lovasz', seed: 7 },
  environment: { 'Node.js': '20.20.0' },
};

const html = renderReport(content);

/** Pictures by their alternative text, decoded. */
const pictureOf = (label: string) => {
  const url = new RegExp(`src="data:image/png;base64,([^"]+)" alt="${label} of scene 0"`).exec(html)?.[1] as string;
  return decode(Buffer.from(url, 'base64'));
};

const colorAt = (label: string, place: number): number[] => [...pictureOf(label).data.slice(3 * place, 3 * place + 3)];

describe('renderReport', () => {
  it('needs nothing beside itself', () => {
    expect(html).not.toMatch(/<link|<script src|@import|url\(/);
    expect([...html.matchAll(/\b(?:src|href)="([^"]{0,5})/g)].every(([, start]) => start === 'data:')).toBe(true);
  });

  it('shows figures, settings and versions', () => {
    for (const text of ['0.813', '1.250', '1:23', '500 ms', 'ce+lovasz', '20.20.0']) expect(html).toContain(text);
  });

  it('lists the IoU of every class, with a dash for one that does not occur', () => {
    const rows = [...html.matchAll(/<th class="name">.*?<\/i>(.*?)<\/th>.*<td class="number">(.*?)<\/td>/g)];
    expect(rows.map(([, name, iou]) => `${name} ${iou}`)).toEqual([
      'background 0.990',
      '0 0.625',
      '1 –',
      ...[2, 3, 4, 5, 6, 7, 8, 9].map((digit) => `${digit} 0.700`),
    ]);
  });

  it('escapes names', () => {
    expect(html).toContain('a &lt;b&gt; &amp; &quot;c&quot;');
    expect(html).not.toContain('<b>');
  });

  it('hands the curves to the charts', () => {
    expect(html).toContain('"loss":[2.5,1.25]');
    expect(html).toContain('"miou":[0.8125]');
  });

  it('paints the input, the truth and the prediction', () => {
    expect(pictureOf('input')).toMatchObject({ width: 64, height: 64 });
    expect(colorAt('input', 0)).toEqual([255, 255, 255]);
    expect(colorAt('input', 64)).toEqual([0, 0, 0]);
    expect(colorAt('truth', 0)).toEqual(colorAt('prediction', 2));
    expect(colorAt('truth', 64)).toEqual(colorAt('prediction', 0));
  });

  it('paints each kind of mistake in its own colour', () => {
    expect([0, 1, 2, 64].map((place) => colorAt('mistakes', place))).toEqual([
      [66, 165, 245],
      [255, 61, 87],
      [102, 102, 102],
      [0, 0, 0],
    ]);
  });
});
