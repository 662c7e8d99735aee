/** The report's own style sheet: light or dark as the reader has it. */
export const styles = `
:root {
  color-scheme: light dark;
  --page: #f6f7f9; --card: #ffffff; --text: #1b1f27; --muted: #667085; --line: #e3e6eb; --faint: #c3c9d4; --accent: #3d5af1;
}
@media (prefers-color-scheme: dark) {
  :root {
    --page: #101218; --card: #191c24; --text: #e8eaf0; --muted: #98a1b3; --line: #2a2f3b; --faint: #444c5e; --accent: #8fa2ff;
  }
}
* { box-sizing: border-box; }
body { margin: 0; background: var(--page); color: var(--text); font: 15px/1.5 system-ui, sans-serif; }
main { max-width: 1080px; margin: 0 auto; padding: 40px 24px 64px; }
h1 { font-size: 28px; line-height: 1.2; margin: 0 0 4px; letter-spacing: -0.01em; }
h2 { font-size: 16px; margin: 0 0 12px; }
p { margin: 0; color: var(--muted); }
section { background: var(--card); border: 1px solid var(--line); border-radius: 12px; padding: 20px; margin-top: 20px; min-width: 0; }
.figures { display: grid; grid-template-columns: repeat(auto-fit, minmax(150px, 1fr)); gap: 20px; margin-top: 24px; }
.figures section { margin: 0; padding: 16px 20px; }
.figures strong { display: block; font-size: 26px; line-height: 1.25; font-variant-numeric: tabular-nums; }
.figures span { color: var(--muted); font-size: 13px; }
.columns { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(420px, 100%), 1fr)); gap: 20px; margin-top: 20px; }
.columns > section, .stack > section:first-child { margin: 0; }
.u-legend { font-size: 12px; color: var(--muted); }
#miou-chart .u-series:not(:first-child, :last-child) { display: none; }
table { width: 100%; border-collapse: collapse; font-variant-numeric: tabular-nums; }
.iou td, .iou th { padding: 7px 0; border-top: 1px solid var(--line); text-align: left; font-weight: 400; }
.iou thead th, .settings tr:first-child > * { border-top: 0; }
.iou thead th { color: var(--muted); font-size: 13px; }
.iou tfoot > tr > * { font-weight: 600; }
.iou .number { text-align: right; width: 64px; padding-left: 12px; }
.iou .name { width: 130px; white-space: nowrap; }
.bar { display: block; height: 10px; border-radius: 5px; background: var(--line); overflow: hidden; }
.bar i { display: block; height: 100%; border-radius: 5px; }
.swatch { display: inline-block; width: 12px; height: 12px; border-radius: 3px; margin-right: 8px; vertical-align: -1px; border: 1px solid rgb(128 128 128 / 0.4); }
.legend { display: flex; flex-wrap: wrap; gap: 4px 16px; padding: 0; margin: 0 0 14px; list-style: none; font-size: 13px; color: var(--muted); }
.examples { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(480px, 100%), 1fr)); gap: 16px 20px; }
.example { display: grid; grid-template-columns: repeat(4, 1fr); gap: 6px; }
figure { margin: 0; }
figure img { display: block; width: 100%; height: auto; image-rendering: pixelated; border-radius: 6px; }
figcaption { font-size: 12px; color: var(--muted); margin-top: 2px; }
.settings th { color: var(--muted); font-weight: 400; text-align: left; width: 45%; }
.settings td, .settings th { padding: 4px 0; border-top: 1px solid var(--line); vertical-align: top; }
`;
