// What the laboratories on windows draw alike: planes of numbers or pixels with marks on them, and sums as they grow.
import { ACCENT, headed, LINE, MUTED, range, text, tint, WARM } from "./draw.js";
import { png, signed } from "./pictures.js";
import { number } from "./words.js";

const CELL = 44, WIDE = 252;  // the side of a cell with a number; the width of a plane that is shown as a picture
const LEGIBLE = 12;  // as many numbers stand side by side on a phone
const STRONG = 3, THIN = 1.5;

export const escaped = (content) => content.replace(/[&<>"']/g, (letter) => `&#${letter.charCodeAt(0)};`);
const short = (value) => Number(value.toFixed(2));

// Whether a plane's numbers can be read, or it must be shown as a picture.
export const legible = (values, border = 0) => Math.max(values.length, values[0].length) + 2 * border <= LEGIBLE;

// A plane of numbers that can be pointed at: `name` is its grid for the shell. `border` zeros lie around it, `most` is the
// number with the strongest tint, `light` means that 0 to 1 are black to white where it is a picture. By cell: `show`, `note`
// (a second line), `struck`, `blank` (no tint), `extra` (markup). `frames` are [i, j, extra attributes].
export function plane(name, head, values, { label, border = 0, most, light = false, frames = [], show = (v) => number(v),
  note = () => "", struck = () => false, blank = () => false, extra = () => "", below = "" }) {
  const rows = values.length + 2 * border, columns = values[0].length + 2 * border, read = legible(values, border);
  const side = read ? CELL : WIDE / columns, at = (k) => short(side * (k + border)), body = [];
  if (!read) body.push(picture(values, { light, most, left: at(0), side }));
  if (border) body.push(`<rect width="${short(side * columns)}" height="${short(side * rows)}" fill="none" stroke="${MUTED}" ` +
    'stroke-dasharray="2 3"/>');
  const strokes = [];
  range(rows).forEach((a) => range(columns).forEach((b) => {
    const [i, j] = [a - border, b - border], value = values[i]?.[j], [x, y] = [at(j), at(i)];
    if (value === undefined) return read && body.push(text(x + CELL / 2, y + 27, 15, "0", ' opacity="0.65"'));
    if (struck(i, j)) strokes.push(`M${x} ${at(i + 1)}L${at(j + 1)} ${y}`);
    if (!read) return;
    const second = note(i, j);
    body.push(`<g data-cell="${i},${j}"><rect x="${x}" y="${y}" width="${CELL}" height="${CELL}" ` +
      `${blank(i, j) ? 'fill="none"' : tint(value, most)} stroke="${LINE}" pointer-events="all"/>${extra(i, j, x, y)}` +
      `${text(x + CELL / 2, y + (second ? 20 : 27), 15, show(value, i, j))}${second && text(x + CELL / 2, y + 37, 12, second)}</g>`);
  }));
  if (strokes.length) body.push(`<path d="${strokes.join("")}" stroke="${WARM}" stroke-width="${read ? THIN : 0.7}" fill="none" ` +
    'pointer-events="none"/>');
  for (const [i, j, tall, long, more = ""] of read ? frames.map(([i, j, more]) => [i, j, 1, 1, more]) : box(frames)) {
    body.push(`<rect x="${short(at(j) + 1)}" y="${short(at(i) + 1)}" width="${short(long * side - 2)}" height="${short(tall * side - 2)}" ` +
      `fill="none" stroke="${ACCENT}" stroke-width="${STRONG}" pointer-events="none"${more}/>`);
  }
  const [wide, high] = [Math.round(side * columns), Math.round(side * rows)];
  const drawing = `<svg role="img" aria-label="${escaped(label)}" viewBox="-2 -2 ${wide + 4} ${high + 4}" ` +
    `style="width:100%;max-width:${wide + 4}px;height:auto">${body.join("")}</svg>`;
  return headed(head, wide + 4, `<div data-grid="${name}" tabindex="0" role="application" aria-label="${escaped(label)}"` +
    `${read ? "" : ` data-picture="${rows},${columns},${border}"`}>${drawing}</div>${below}`);
}

// One frame around all places, wide enough to be seen.
function box(places) {
  if (!places.length) return [];
  const ends = [0, 1].map((axis) => places.map((place) => place[axis])).map((ks) => [Math.min(...ks), Math.max(...ks)]);
  const [[top, bottom], [left, right]] = ends.map(([low, high]) => (high > low ? [low, high] : [low - 1, high + 1]));
  return [[top, left, bottom - top + 1, right - left + 1]];
}

// A few values side by side, of which one is chosen.
export const choice = (key, values, name, texts = values) => `<div class="course-lab-choice" role="radiogroup" aria-label="${name}">` +
  `<span aria-hidden="true">${name}</span><div>${values.map((value, k) => `<label><input type="radio" name="${key}" ` +
  `data-state="${key}" value='${JSON.stringify(value)}'>${texts[k]}</label>`).join("")}</div></div>`;

function picture(values, { light, most, left, side }) {
  const [rows, columns] = [values.length, values[0].length], flat = values.flat();
  const address = light ? png(flat.map((v) => Math.min(Math.max(v, 0), 1)), columns, rows)
    : signed(flat.map((v) => v / most), columns, rows);
  const place = `x="${left}" y="${left}" width="${short(side * columns)}" height="${short(side * rows)}"`;
  return `<image href="${address}" ${place} preserveAspectRatio="none" style="image-rendering:pixelated"/>` +
    `<rect ${place} fill="none" stroke="${LINE}"/>`;
}

// A sum as it grows: each term is a bar from where the sum stood to where it stands then. The first `reached` are filled,
// the last of these strongest; `lost(k)` says which count no more. `groups` are [name, count], below the bars.
export function growing(terms, { label, reached = terms.length, groups = [], lost = () => false, set = (k) => ({ at: k + 1 }) }) {
  const running = [0];
  for (const term of terms) running.push(running.at(-1) + term);
  const [low, high] = [Math.min(...running), Math.max(...running)], wide = 400, tall = 110, top = 18, foot = top + tall + 8;
  const step = Math.min((wide - 20) / terms.length, 54), y = (value) => short(top + tall * (high - value) / (high - low || 1));
  const bars = terms.map((term, k) => {
    const [a, b] = [y(running[k]), y(running[k + 1])], left = short(k * step + 0.08 * step), thin = short(0.84 * step);
    const color = term < 0 ? WARM : ACCENT, open = k >= reached || lost(k);
    const look = open ? `fill="none" stroke="${MUTED}"${lost(k) ? ' stroke-dasharray="2 2"' : ""}`
      : `fill="${color}" fill-opacity="${k === reached - 1 ? 1 : 0.55}"`;
    return `<g data-set="${escaped(JSON.stringify(set(k)))}"><rect x="${short(k * step)}" y="0" width="${short(step)}" height="${foot}" ` +
      `fill="none" pointer-events="all"/><rect x="${left}" y="${Math.min(a, b)}" width="${thin}" ` +
      `height="${short(Math.max(Math.abs(a - b), 1.5))}" ${look}/>` +
      `${step > 26 ? text(short(left + thin / 2), Math.min(a, b) - 5, 13, open && k >= reached ? "" : number(term)) : ""}</g>`;
  });
  let from = 0;
  const names = groups.map(([name, count]) => {
    const [a, b] = [short(from * step + 2), short((from += count) * step - 2)];
    return `<line x1="${a}" x2="${b}" y1="${foot}" y2="${foot}" stroke="${MUTED}"/>` + text((a + b) / 2, foot + 17, 13, name);
  });
  const zero = `<line x1="0" x2="${wide}" y1="${y(0)}" y2="${y(0)}" stroke="${MUTED}" stroke-dasharray="1 3"/>`;
  return `<svg role="img" aria-label="${escaped(label)}" viewBox="-2 0 ${wide + 4} ${foot + 22}" ` +
    `style="width:100%;max-width:${wide + 4}px;height:auto">${zero}${bars.join("")}${names.join("")}</svg>`;
}
