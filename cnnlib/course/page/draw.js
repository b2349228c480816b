// What the drawings share: colours that follow the page, panels side by side, text, grids of numbers.
import { number } from "./words.js";

// Lines and tints take the reader's theme; the second value is for where there is no page. Shapes keep their colour.
export const ACCENT = "var(--course-accent, #0072b2)";
export const WARM = "var(--course-bad, #b04a00)";
export const LINE = "var(--course-line, #d5dbe1)";
export const MUTED = "var(--course-muted, #6b7075)";
export const GROUND = "var(--course-soft, #fffefc)";
export const BLUE = "#0072b2";
export const ORANGE = "#d55e00";
export const GREEN = "#009e73";

export const range = (count) => Array.from({ length: count }, (_, k) => k);
export const table = (rows, columns, f) => range(rows).map((i) => range(columns).map((j) => f(i, j)));
export const largest = (values) => Math.max(1e-12, ...values.flat().map(Math.abs));

export const text = (x, y, size, content, extra = "") =>
  `<text x="${x}" y="${y}" font-size="${size}" text-anchor="middle" fill="currentColor"${extra}>${content}</text>`;

export const tint = (value, most) => value === 0 ? 'fill="none"'
  : `fill="${value < 0 ? WARM : ACCENT}" fill-opacity="${number(0.4 * Math.abs(value) / most)}"`;

export const frame = (x, y, width, height) => `<rect x="${x + 1}" y="${y + 1}" width="${width - 2}" ` +
  `height="${height - 2}" fill="none" stroke="${ACCENT}" stroke-width="2.5" pointer-events="none"/>`;

export const svg = (label, width, height, size, body) => `<svg role="img" aria-label="${label}" ` +
  `viewBox="0 0 ${width} ${height}" style="width:100%;max-width:${size};height:auto;overflow:hidden">${body}</svg>`;

export const row = (...panels) => '<div style="display:flex;flex-wrap:wrap;gap:0.6rem 1.6rem;justify-content:center;' +
  `align-items:flex-start">${panels.join("")}</div>`;

export const title = (head) => `<p style="font-size:0.85rem;margin:0 0 0.2rem">${head}</p>`;
export const headed = (head, width, body) => `<div style="flex:0 1 ${width}px">${title(head)}${body}</div>`;

export const panel = (head, width, height, label, body) => headed(head, width, `<svg role="img" aria-label="${label}" ` +
  `viewBox="-2 -2 ${width + 4} ${height + 4}" style="width:100%;max-width:${width + 4}px;height:auto">${body}</svg>`);

// Numbers in cells, tinted by size and sign. `pale(k)` says which are not reached yet, `dashed` how those are drawn;
// `set(k)` names the control that a click on cell k sets, and its new place; `framed` are rows and columns of cells.
export function grid(head, label, values, { wide = 40, framed = [], pale = () => false, dashed = "", set = null }) {
  const high = 32, columns = values[0].length, most = largest(values);
  const cells = values.flat().map((value, k) => {
    const left = wide * (k % columns), top = high * Math.floor(k / columns);
    const cell = `<rect x="${left}" y="${top}" width="${wide}" height="${high}" ` +
      `${pale(k) ? `fill="none"${dashed}` : tint(value, most)} stroke="${LINE}" pointer-events="all"/>` +
      text(left + wide / 2, top + 21, 14, number(value), pale(k) ? ' opacity="0.65"' : "");
    return set ? `<g data-set="${set(k)}">${cell}</g>` : cell;
  });
  const frames = framed.map(([i, j]) => frame(wide * j, high * i, wide, high));
  return panel(head, wide * columns, high * values.length, label, [...cells, ...frames].join(""));
}
