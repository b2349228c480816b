// The network as a picture: every unit's function over the plane, links as wide as their weight or gradient, and the
// numbers of the step on the links of the selected unit.
import { ACCENT, BLUE, GROUND, MUTED, ORANGE, range, WARM } from "./draw.js";
import { number } from "./words.js";

const WIDE = 400, UNIT = 36, PITCH = 56, TOP = 26;

// Numbers of any size in few letters; small ones with so many decimals before their exponent.
export const short = (v, digits = 0) => v === null || !Number.isFinite(v) ? "–"
  : v !== 0 && Math.abs(v) < 0.0005 ? v.toExponential(digits).replace("-", "−").replace("e-", "e−")
    : Math.abs(v) >= 1000 ? v.toExponential(1).replace("-", "−").replace("e+", "e") : number(v, Math.abs(v) < 0.1 ? 3 : 2);

// A unit's name: x₀, a unit of hidden layer 1 as h₁₀ … and the logits as z₀ and z₁.
export const nameOf = (l, j, layers) => l === 0 ? `x${sub(j)}` : l === layers - 1 ? `z${sub(j)}` : `h${sub(l)}${sub(j)}`;
const sub = (k) => "₀₁₂₃₄₅₆₇₈₉"[k];

// What is written on link i → j of layer l in each part of a step, and beneath a unit.
const ON_LINK = [
  (one, l, j, i, n) => one.params[l].w[j][i] * one.a[l][n]?.[i],
  (one, l, j, i) => one.grads[l].w[j][i],
  (one, l, j, i) => one.next[l].w[j][i] - one.params[l].w[j][i],
];
export const ON_UNIT = [
  (one, l, j, n) => one.a[l][n]?.[j],
  (one, l, j, n) => (l ? one.dz[l - 1][n]?.[j] : null),
  (one, l, j) => (l ? one.next[l - 1].b[j] - one.params[l - 1].b[j] : null),
];

// `maps` are the squares that show a unit's function: [x, y, size, layer, unit] in the picture's own measure.
export function network(one, { phase, links, cell, point }) {
  const counts = one.units.map((layer) => layer.length), layers = counts.length;
  const high = TOP + Math.max(...counts) * PITCH, [, unit, layer] = cell;
  const x = (l) => 22 + (l * (WIDE - 44 - UNIT)) / (layers - 1);
  const y = (l, j) => TOP + (high - TOP) / 2 + (j - counts[l] / 2) * PITCH + 2;
  const shown = links === "weight" ? one.params : one.grads;
  const most = Math.max(1e-12, ...shown.flatMap(({ w }) => w.flat().map(Math.abs)).filter(Number.isFinite));
  const lines = [], labels = [], maps = [], units = [];
  for (let l = 0; l < layers; l++) for (let j = 0; j < counts[l]; j++) {
    const own = l === layer && j === unit, dead = one.dead[l - 1]?.[j], under = ON_UNIT[phase](one, l, j, point);
    maps.push([x(l), y(l, j), UNIT, l, j]);
    units.push(`<g data-cell="${j},${l}"><rect x="${p(x(l))}" y="${p(y(l, j))}" width="${UNIT}" height="${UNIT}" rx="3" ` +
      `fill="none" stroke="${own ? ACCENT : dead ? WARM : MUTED}" stroke-width="${own ? 3.5 : dead ? 2 : 1}" ` +
      `${dead ? 'stroke-dasharray="4 3" ' : ""}pointer-events="all"/>` +
      word(x(l) + UNIT / 2, y(l, j) + UNIT + 12, "middle", dead ? "dead" : under === null ? "" : short(under)) + "</g>");
    for (let i = 0; l && i < counts[l - 1]; i++) {
      const from = [x(l - 1) + UNIT, y(l - 1, i) + UNIT / 2], to = [x(l), y(l, j) + UNIT / 2];
      lines.push(link(from, to, shown[l - 1].w[j][i], most, own || layer === 0));
      if (own) labels.push(word(from[0] + 3, from[1] - 5, "start", short(ON_LINK[phase](one, l - 1, j, i, point))));
    }
  }
  const title = (l) => (l === 0 ? "input" : l === layers - 1 ? "logits" : `hidden ${l}`);
  const heads = range(layers).map((l) => word(x(l) + UNIT / 2, 12, "middle", title(l), MUTED));
  return { maps, wide: WIDE, high, body: [...lines, ...heads, ...units, ...labels].join("") };
}

function link([x0, y0], [x1, y1], value, most, strong) {
  const middle = p((x0 + x1) / 2), known = Number.isFinite(value);
  return `<path d="M${p(x0)} ${p(y0)}C${middle} ${p(y0)} ${middle} ${p(y1)} ${p(x1)} ${p(y1)}" fill="none" ` +
    `stroke="${value === 0 || !known ? MUTED : value < 0 ? WARM : ACCENT}" opacity="${strong ? 0.85 : 0.3}" ` +
    `stroke-width="${p(0.5 + (known ? 6 * Math.abs(value) / most : 0))}"/>`;
}

const p = (v) => Number(v.toFixed(1));

// Text on a ground of its own, so that links behind it do not cross it.
const word = (x, y, anchor, content, fill = "currentColor") =>
  `<text x="${p(x)}" y="${p(y)}" font-size="12" text-anchor="${anchor}" fill="${fill}" ` +
  `stroke="${GROUND}" stroke-width="4" stroke-linejoin="round" paint-order="stroke">${content}</text>`;

// --- The plane -------------------------------------------------------------------------------------------------------

export const planeSize = 280;
const SIDE = planeSize;

// Points as marks: class 0 a disc, class 1 a square; filled to learn from, hollow held out.
function mark([x, y], label, hollow, size = 4) {
  const color = label ? BLUE : ORANGE, side = 2 * size - 1;
  const style = hollow ? `fill="#fff" stroke="${color}" stroke-width="1.5"` : `fill="${color}" stroke="#fff"`;
  return label ? `<rect x="${p(x - side / 2)}" y="${p(y - side / 2)}" width="${side}" height="${side}" ${style}/>`
    : `<circle cx="${p(x)}" cy="${p(y)}" r="${size}" ${style}/>`;
}

// From the plane to the picture, and back.
export const onPlane = ([left, right, bottom, top]) => ({
  to: ([x, y]) => [((x - left) / (right - left)) * SIDE, ((top - y) / (top - bottom)) * SIDE],
  back: (px, py) => [left + (px / SIDE) * (right - left), top - (py / SIDE) * (top - bottom)],
});

export function planePoints({ data: { learn, held } }, ends) {
  const { to } = onPlane(ends);
  const all = (part, hollow) => part.x.map((at, n) => mark(to(at), part.labels[n], hollow)).join("");
  return all(held, true) + all(learn, false);
}

// Rings around the points of this step's batch, a thick one around the chosen point; and the cross that keys move.
export function planeRings({ data: { learn }, rows }, { point, cursor }, ends) {
  const { to } = onPlane(ends);
  const ring = (row, radius, width) => {
    const [x, y] = to(learn.x[row]).map(p);
    return `<circle cx="${x}" cy="${y}" r="${radius}" fill="none" stroke="currentColor" stroke-width="${width}"/>`;
  };
  const rings = rows.length === learn.x.length ? [] : rows.map((row) => ring(row, 7, 1));
  if (point in rows) rings.push(ring(rows[point], 9, 2.5));
  if (cursor) {
    const [x, y] = to(cursor);
    rings.push(`<path d="M${p(x - 10)} ${p(y)}h20M${p(x)} ${p(y - 10)}v20" stroke="currentColor" stroke-width="2"/>`);
  }
  return rings.join("");
}

// --- The warped grid -------------------------------------------------------------------------------------------------

// Where the last hidden layer's two units put the plane. There the border is a straight line: both logits are equal.
export function warped({ bent: { lines, learn, held }, data, params }) {
  const finite = ([u, v]) => Number.isFinite(u + v), all = lines.flat().filter(finite);
  const ends = [0, 1].map((k) => all.map((at) => at[k])).map((values) => [Math.min(...values), Math.max(...values)]);
  const middle = ends.map(([low, high]) => (low + high) / 2);
  const wide = 1.08 * Math.max(1e-6, ...ends.map(([low, high]) => high - low));
  const to = ([u, v]) => [SIDE / 2 + ((u - middle[0]) / wide) * SIDE, SIDE / 2 - ((v - middle[1]) / wide) * SIDE];
  const grid = lines.map((line) => `<polyline points="${line.filter(finite).map((at) => to(at).map(p)).join(" ")}" ` +
    `fill="none" stroke="${MUTED}" stroke-width="0.8" opacity="0.75"/>`);
  const marks = (places, { labels }, hollow) =>
    places.map((at, n) => (finite(at) ? mark(to(at), labels[n], hollow, 3.5) : "")).join("");
  return grid.join("") + marks(held, data.held, true) + marks(learn, data.learn, false) +
    border(params.at(-1), middle, wide, to);
}

// The part of the border that lies inside the picture.
function border({ w, b }, middle, wide, to) {
  const [u, v, c] = [w[1][0] - w[0][0], w[1][1] - w[0][1], b[1] - b[0]], long = Math.hypot(u, v);
  if (!(long > 1e-9)) return "";
  const away = (u * middle[0] + v * middle[1] + c) / long ** 2, foot = [middle[0] - away * u, middle[1] - away * v];
  if (Math.hypot(foot[0] - middle[0], foot[1] - middle[1]) > wide) return "";
  const ends = [-1, 1].map((s) => to([foot[0] - (s * wide * v) / long, foot[1] + (s * wide * u) / long]).map(p).join(" "));
  return `<path d="M${ends.join("L")}" stroke="currentColor" stroke-width="2.5" stroke-dasharray="7 4"/>`;
}
