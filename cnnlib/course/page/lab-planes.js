// What the laboratories on windows draw alike: planes of numbers or pixels with marks on them, and sums as they grow.
import { ACCENT, largest, LINE, MUTED, range, text, tint, WARM } from "./draw.js";
import { png, signed } from "./pictures.js";
import { number } from "./words.js";

const CELL = 44, ROOMY = 54, TIGHT = 38;  // the side of a cell: with a number, with more than that, one of many
const WIDE = 232;  // of a plane that is shown as a picture
const LEGIBLE = 12;  // as many numbers stand side by side on a phone
const BOX = [82, 46];  // the width and height of a product

export const escaped = (content) => content.replace(/[&<>"']/g, (letter) => `&#${letter.charCodeAt(0)};`);
export const many = (count, noun) => `${count} ${noun}${count === 1 ? "" : "s"}`;
export const times = (a, b) => `${a}\u00a0×\u00a0${b}`;
export const beside = (...parts) => `<div class="course-lab-w-planes">${parts.join("")}</div>`;
export const note = (words) => `<p class="course-lab-w-note">${words}</p>`;
// A heading and what it is about, as wide as that is, where there is room.
export const headed = (head, wide, body) => `<div style="flex:0 1 ${wide}px;width:${wide}px;max-width:100%">` +
  `<p class="course-lab-w-head">${head}</p>${body}</div>`;
const short = (value) => Number(value.toFixed(2));

// --- Planes ----------------------------------------------------------------------------------------------------------

// Whether a plane's numbers can be read, or it must be shown as a picture.
export const legible = (values, border = 0) => Math.max(values.length, values[0].length) + 2 * border <= LEGIBLE;

// A plane of numbers that can be pointed at: `name` is its grid for the shell, or empty. `border` cells lie around it,
// with `edge` in each; `most` is the number of the strongest tint; `light` means that 0 to 1 are black to white in a
// picture. By cell: `show`, `second` (a line below), `extra` (markup, given the corner and the side), `above` (a sign,
// given the upper right corner), `struck`, `blank`. `frames` are [i, j, extra attributes]; where `held` is the plane's
// name, they have a corner. `below` is markup.
export function plane(name, head, values, { label = head, border = 0, edge = "0", most = largest(values), light = false,
  frames = [], held = null,
  show = (value) => number(value), second = () => "", extra = null, above = () => "", struck = () => false,
  blank = () => false, below = "" }) {
  const rows = values.length + 2 * border, columns = values[0].length + 2 * border, read = legible(values, border);
  const roomy = extra && columns < 8 ? ROOMY : CELL, side = !read ? WIDE / columns : columns > 9 && !extra ? TIGHT : roomy;
  const at = (k) => short(side * (k + border));
  const [wide, high] = [Math.round(side * columns), Math.round(side * rows)];
  const body = read ? [] : [picture(values, { light, most, left: at(0), side })], strokes = [];
  if (border) {
    body.push(`<rect width="${wide}" height="${high}" fill="none" stroke="${MUTED}" stroke-dasharray="2 3"/>`);
  }
  range(rows).forEach((a) => range(columns).forEach((b) => {
    const [i, j] = [a - border, b - border], value = values[i]?.[j], [x, y] = [at(j), at(i)], middle = x + side / 2;
    if (value === undefined) return read && body.push(text(middle, y + side / 2 + 5, 15, edge, ' opacity="0.65"'));
    if (struck(i, j)) strokes.push(`M${x} ${at(i + 1)}L${at(j + 1)} ${y}`);
    if (!read) return;
    const line = second(i, j), first = y + (extra ? 18 : line ? side / 2 - 2 : side / 2 + 5);
    // The numbers make room for what stands above them.
    const over = above(i, j, x + side, y), [down, further] = !over ? [0, 0] : side === ROOMY ? [5, 4] : [3, 0];
    body.push(`<g data-cell="${i},${j}"><rect x="${x}" y="${y}" width="${side}" height="${side}" ` +
      `${blank(i, j) ? 'fill="none"' : tint(value, most)} stroke="${LINE}" pointer-events="all"/>` +
      text(middle, first + down, 15, show(value, i, j)) +
      (line ? text(middle, first + 16 + further, columns > 9 ? 15 : 12.5, line) : "") + over +
      (extra?.(i, j, x, y, side) ?? "") + "</g>");
  }));
  if (strokes.length) {
    body.push(`<path d="${strokes.join("")}" stroke="${WARM}" stroke-width="${read ? 1.5 : 0.7}" fill="none" ` +
      'pointer-events="none"/>');
  }
  for (const [i, j, tall, long, more = ""] of read ? frames.map(([i, j, more]) => [i, j, 1, 1, more]) : around(frames)) {
    body.push(`<rect x="${short(at(j) + 1)}" y="${short(at(i) + 1)}" width="${short(long * side - 2)}" ` +
      `height="${short(tall * side - 2)}" fill="none" stroke="${ACCENT}" stroke-width="3" pointer-events="none"${more}/>`);
    const corner = short(Math.min(12, tall * side / 2));
    if (held === name) {
      const path = `M${at(j)} ${at(i)}h${corner}l-${corner} ${corner}z`;
      body.push(`<path d="${path}" fill="${ACCENT}" pointer-events="none"/>`);
    }
  }
  const drawing = sketch(label, `-2 -2 ${wide + 4} ${high + 4}`, wide + 4, body.join(""));
  const grid = name && ` data-grid="${name}" tabindex="0" role="application" aria-label="${escaped(label)}"`;
  const size = read ? "" : ` data-picture="${rows},${columns},${border}"`;
  return headed(head, wide + 4, `<div${grid}${size}>${drawing}</div>${below}`);
}

export const sketch = (label, box, wide, body) => `<svg role="img" aria-label="${escaped(label)}" viewBox="${box}" ` +
  `style="width:100%;max-width:${wide}px;height:auto">${body}</svg>`;

// The same where nothing moves: no stops for Tab.
export const still = (markup) => markup.replace(/ data-grid="[^"]*" tabindex="0" role="application" aria-label="[^"]*"/g, "")
  .replace(/ data-(?:cell|set|picture)="[^"]*"/g, "");

function picture(values, { light, most, left, side }) {
  const [rows, columns] = [values.length, values[0].length], flat = values.flat();
  const address = light ? png(flat.map((v) => Math.min(Math.max(v, 0), 1)), columns, rows)
    : signed(flat.map((v) => v / most), columns, rows);
  const place = `x="${left}" y="${left}" width="${short(side * columns)}" height="${short(side * rows)}"`;
  return `<image href="${address}" ${place} preserveAspectRatio="none" style="image-rendering:pixelated"` +
    `${light ? "" : ' class="course-lab-w-signed"'}/>` +
    `<rect ${place} fill="none" stroke="${LINE}"/>`;
}

// One frame around all these places, wide enough to be seen.
function around(places) {
  if (!places.length) return [];
  const [[top, bottom], [left, right]] = [0, 1].map((axis) => {
    const all = places.map((place) => place[axis]), [low, high] = [Math.min(...all), Math.max(...all)];
    return high > low ? [low, high] : [low - 1, high + 1];
  });
  return [[top, left, bottom - top + 1, right - left + 1]];
}

// --- Products and their sums -----------------------------------------------------------------------------------------

// A window's products, each in its place (u, v): `factors(tap)` are two numbers, `value(tap)` their product, or null where
// it is not to be seen. `pale(k)` are not reached yet, `framed` is the one that was added last, `set(k)` what a click sets.
export function multiplied(head, window, { factors, value, pale = () => false, framed = null, set = null }) {
  const [wide, high] = BOX, values = window.map(value), most = largest(values.filter((v) => v !== null));
  const cells = window.map((tap, k) => {
    const [left, top] = [wide * tap.v, high * tap.u], shown = values[k] !== null && !pale(k), [a, b] = factors(tap);
    return `<g${set ? ` data-set="${escaped(JSON.stringify(set(k)))}"` : ""}><rect x="${left}" y="${top}" width="${wide}" ` +
      `height="${high}" ${shown ? tint(values[k], most) : 'fill="none"'} stroke="${LINE}" pointer-events="all"/>` +
      text(left + wide / 2, top + (values[k] === null ? 28 : 18), 13, `${number(a)} × ${number(b)}`,
        pale(k) ? ' opacity="0.65"' : "") +
      (shown ? text(left + wide / 2, top + 37, 14, number(values[k]), ' font-weight="700"') : "") + "</g>";
  });
  if (framed !== null) {
    const { u, v } = window[framed];
    cells.push(`<rect x="${wide * v + 1}" y="${high * u + 1}" width="${wide - 2}" height="${high - 2}" fill="none" ` +
      `stroke="${ACCENT}" stroke-width="3" pointer-events="none"/>`);
  }
  const [rows, columns] = ["u", "v"].map((name) => Math.max(...window.map((tap) => tap[name])) + 1);
  return headed(head, wide * columns + 4, sketch(`${head}: ${window.length} products`,
    `-2 -2 ${wide * columns + 4} ${high * rows + 4}`, wide * columns + 4, cells.join("")));
}

const CHART = { wide: 400, tall: 110, top: 18, foot: 136, widest: 54 }, LETTER = 6.5;

// A sum as it grows: each term is a bar from where the sum stood to where it stands then. The first `reached` are filled,
// the last of these strongest; `lost(k)` are replaced by a later one. `groups` are ["name: sum", count], said below the bars:
// the sum alone where there is no room for more.
export function growing(terms, { label, reached = terms.length, groups = [], lost = () => false,
  set = (k) => ({ at: k + 1 }) }) {
  const { wide, tall, top, foot, widest } = CHART, running = [0];
  for (const term of terms) running.push(running.at(-1) + term);
  const low = Math.min(...running), high = Math.max(...running), step = Math.min((wide - 20) / terms.length, groups.length > 2 ? 2 * widest : widest);
  const y = (value) => short(top + (tall * (high - value)) / (high - low || 1));
  const bars = terms.map((term, k) => {
    const [a, b] = [y(running[k]), y(running[k + 1])], left = short((k + 0.08) * step), thin = short(0.84 * step);
    const color = term < 0 ? WARM : ACCENT;
    const look = lost(k) ? `fill="none" stroke="${MUTED}" stroke-dasharray="2 2"`
      : k >= reached ? `fill="none" stroke="${MUTED}"` : `fill="${color}" fill-opacity="${k === reached - 1 ? 1 : 0.55}"`;
    return `<g data-set="${escaped(JSON.stringify(set(k)))}"><rect x="${short(k * step)}" y="0" width="${short(step)}" ` +
      `height="${foot}" fill="none" pointer-events="all"/><rect x="${left}" y="${Math.min(a, b)}" width="${thin}" ` +
      `height="${short(Math.max(Math.abs(a - b), 1.5))}" ${look}/>` +
      (step > 26 && k < reached ? text(short(left + thin / 2), Math.min(a, b) - 5, 13, number(term)) : "") + "</g>";
  });
  let from = 0;
  const names = groups.map(([name, count]) => {
    const [a, b] = [short(from * step + 2), short((from += count) * step - 2)];
    const said = name.length * LETTER > b - a + 2 * LETTER ? name.split(": ").at(-1) : name;
    return `<line x1="${a}" x2="${b}" y1="${foot}" y2="${foot}" stroke="${MUTED}"/>` + text((a + b) / 2, foot + 17, 13, said);
  });
  const zero = `<line x1="0" x2="${wide}" y1="${y(0)}" y2="${y(0)}" stroke="${MUTED}" stroke-dasharray="1 3"/>`;
  return sketch(label, `-2 0 ${wide + 4} ${foot + 22}`, wide + 4, zero + bars.join("") + names.join(""));
}
