// The network as a picture: every unit's function over the plane, links as wide as their weight or gradient, and the
// numbers of the step on the links of the selected unit.
import { ACCENT, GROUND, MUTED, range, WARM } from "./draw.js";
import { number } from "./words.js";

const WIDE = 400, UNIT = 36, PITCH = 56, TOP = 26;

// Numbers of any size in few letters.
export const short = (v) => v === null || !Number.isFinite(v) ? "–"
  : v !== 0 && Math.abs(v) < 0.0005 ? v.toExponential(0).replace("-", "−").replace("e-", "e−")
    : Math.abs(v) >= 1000 ? v.toExponential(1).replace("-", "−").replace("e+", "e") : number(v, Math.abs(v) < 0.1 ? 3 : 2);

// A unit's name: x₀, a unit of hidden layer 1 as h₁₀ … and the logits as z₀ and z₁.
export const nameOf = (l, j, layers) => l === 0 ? `x${sub(j)}` : l === layers - 1 ? `z${sub(j)}` : `h${sub(l)}${sub(j)}`;
const sub = (k) => "₀₁₂₃₄₅₆₇₈₉"[k];

// What is written on link i → j of layer l in each part of a step, and beneath a unit.
export const PHASES = ["forward", "backward", "update"];
const ON_LINK = [
  (one, l, j, i, n) => one.params[l].w[j][i] * one.a[l][n]?.[i],
  (one, l, j, i) => one.grads[l].w[j][i],
  (one, l, j, i) => one.next[l].w[j][i] - one.params[l].w[j][i],
];
const ON_UNIT = [
  (one, l, j, n) => one.a[l][n]?.[j],
  (one, l, j, n) => (l ? one.dz[l - 1][n]?.[j] : null),
  (one, l, j) => (l ? one.next[l - 1].b[j] - one.params[l - 1].b[j] : null),
];

// `maps` collects the squares that show a unit's function: [x, y, size, layer, unit] in the picture's own measure.
export function network(one, { phase, links, cell, point }) {
  const counts = one.units.map((layer) => layer.length), layers = counts.length, rows = Math.max(...counts);
  const high = TOP + rows * PITCH, maps = [];
  const x = (l) => 22 + (l * (WIDE - 44 - UNIT)) / (layers - 1);
  const y = (l, j) => TOP + (high - TOP) / 2 + (j - counts[l] / 2) * PITCH + 2;
  const chosen = cell ? [Math.min(cell[2], layers - 1), Math.min(cell[1], counts[Math.min(cell[2], layers - 1)] - 1)] : null;
  const shown = links === "weight" ? one.params : one.grads;
  const most = Math.max(1e-12, ...shown.flatMap(({ w }) => w.flat().map(Math.abs)).filter(Number.isFinite));
  const lines = [], labels = [];
  for (let l = 0; l < layers - 1; l++) for (let j = 0; j < counts[l + 1]; j++) for (let i = 0; i < counts[l]; i++) {
    const value = shown[l].w[j][i], into = chosen?.[0] === l + 1 && chosen[1] === j;
    const [x0, y0, x1, y1] = [x(l) + UNIT, y(l, i) + UNIT / 2, x(l + 1), y(l + 1, j) + UNIT / 2], bend = (x1 - x0) / 2;
    const width = Number.isFinite(value) ? 0.5 + 6 * Math.abs(value) / most : 0.5;
    lines.push(`<path d="M${p(x0)} ${p(y0)}C${p(x0 + bend)} ${p(y0)} ${p(x1 - bend)} ${p(y1)} ${p(x1)} ${p(y1)}" ` +
      `fill="none" stroke="${value === 0 || !Number.isFinite(value) ? MUTED : value < 0 ? WARM : ACCENT}" ` +
      `stroke-width="${p(width)}" opacity="${chosen && !into ? 0.3 : 0.85}"/>`);
    if (into) labels.push(word(x0 + 3, y0 - 5, "start", short(ON_LINK[phase](one, l, j, i, point))));
  }
  const units = counts.flatMap((count, l) => range(count).map((j) => {
    const [left, top] = [x(l), y(l, j)], own = chosen?.[0] === l && chosen[1] === j, dead = one.dead[l - 1]?.[j];
    maps.push([left, top, UNIT, l, j]);
    const below = dead ? "dead" : `${ON_UNIT[phase](one, l, j, point) === null ? "" : short(ON_UNIT[phase](one, l, j, point))}`;
    return `<g data-cell="${j},${l}"><rect x="${p(left)}" y="${p(top)}" width="${UNIT}" height="${UNIT}" rx="3" ` +
      `fill="#000" fill-opacity="0" stroke="${own ? ACCENT : dead ? WARM : MUTED}" stroke-width="${own ? 3.5 : dead ? 2 : 1}" ` +
      `${dead ? 'stroke-dasharray="4 3" ' : ""}pointer-events="all"/>` +
      word(left + UNIT / 2, top + UNIT + 12, "middle", below) + "</g>";
  }));
  const heads = range(layers).map((l) => word(x(l) + UNIT / 2, 12, "middle",
    l === 0 ? "input" : l === layers - 1 ? "logits" : `hidden ${l}`, MUTED));
  return { maps, wide: WIDE, high, body: lines.join("") + heads.join("") + units.join("") + labels.join("") };
}

const p = (v) => Number(v.toFixed(1));

// Text on a ground of its own, so that links behind it do not cross it.
const word = (x, y, anchor, content, fill = "currentColor") => `<text x="${p(x)}" y="${p(y)}" font-size="12" text-anchor="${anchor}" ` +
  `fill="${fill}" stroke="${GROUND}" stroke-width="4" stroke-linejoin="round" paint-order="stroke">${content}</text>`;

// --- The plane -------------------------------------------------------------------------------------------------------

const SIDE = 280;

// Points as marks: class 0 a disc, class 1 a square; filled to learn from, hollow held out.
export function mark(px, py, label, hollow, size = 4) {
  const color = label ? "#0072b2" : "#d55e00";
  const style = hollow ? `fill="none" stroke="${color}" stroke-width="1.5"` : `fill="${color}" stroke="#fff" stroke-width="1"`;
  return label ? `<rect x="${p(px - size + 0.5)}" y="${p(py - size + 0.5)}" width="${2 * size - 1}" height="${2 * size - 1}" ${style}/>`
    : `<circle cx="${p(px)}" cy="${p(py)}" r="${size}" ${style}/>`;
}

export const onPlane = ([left, right, bottom, top]) => ({
  px: (x) => ((x - left) / (right - left)) * SIDE, py: (y) => ((top - y) / (top - bottom)) * SIDE,
  back: (px, py) => [left + (px / SIDE) * (right - left), top - (py / SIDE) * (top - bottom)],
});

// The plane with all points. Rings stand around the points of this step's batch, a thick one around the chosen point.
export function planePoints({ data: { learn, held } }, bounds) {
  const { px, py } = onPlane(bounds);
  const all = (part, hollow) => part.x.map(([x, y], n) => mark(px(x), py(y), part.labels[n], hollow)).join("");
  return all(held, true) + all(learn, false);
}

export function planeRings({ data: { learn }, rows }, { point, cursor }, bounds) {
  const { px, py } = onPlane(bounds);
  const rings = rows.length === learn.x.length ? [] : rows.map((row) => learn.x[row]).map(([x, y]) =>
    `<circle cx="${p(px(x))}" cy="${p(py(y))}" r="7" fill="none" stroke="currentColor" stroke-width="1"/>`);
  const own = learn.x[rows[point]];
  if (own) rings.push(`<circle cx="${p(px(own[0]))}" cy="${p(py(own[1]))}" r="9" fill="none" stroke="currentColor" stroke-width="2.5"/>`);
  if (cursor) {
    const [x, y] = [px(cursor[0]), py(cursor[1])];
    rings.push(`<path d="M${p(x - 10)} ${p(y)}h20M${p(x)} ${p(y - 10)}v20" stroke="currentColor" stroke-width="2" fill="none"/>`);
  }
  return rings.join("");
}

// --- The warped grid -------------------------------------------------------------------------------------------------

// Where the last hidden layer's two units put the plane. There the decision is a straight line, w·h + b = 0.
export function warped(one) {
  const { lines, learn, held } = one.bent, all = lines.flat().filter((at) => at.every(Number.isFinite));
  const [lows, highs] = [0, 1].map((k) => all.map((at) => at[k])).map((v) => [Math.min(...v), Math.max(...v)])
    .reduce(([a, b], [low, high]) => [[...a, low], [...b, high]], [[], []]);
  const middle = [0, 1].map((k) => (lows[k] + highs[k]) / 2), wide = Math.max(1e-6, 1.08 * Math.max(highs[0] - lows[0], highs[1] - lows[1]));
  const px = (v) => SIDE / 2 + ((v - middle[0]) / wide) * SIDE, py = (v) => SIDE / 2 - ((v - middle[1]) / wide) * SIDE;
  const grid = lines.map((line) => `<polyline points="${line.filter((at) => at.every(Number.isFinite))
    .map((at) => `${p(px(at[0]))},${p(py(at[1]))}`).join(" ")}" fill="none" stroke="${MUTED}" stroke-width="0.8" opacity="0.75"/>`);
  const marks = (at, part, hollow) => at.map(([u, v], n) => Number.isFinite(u + v) ? mark(px(u), py(v), part.labels[n], hollow, 3.5) : "").join("");
  return grid.join("") + marks(held, one.data.held, true) + marks(learn, one.data.learn, false) + border(one.params.at(-1), middle, wide, px, py);
}

// The part of the line on which both logits are equal that lies inside the picture.
function border({ w, b }, middle, wide, px, py) {
  const [u, v, c] = [w[1][0] - w[0][0], w[1][1] - w[0][1], b[1] - b[0]], long = Math.hypot(u, v);
  if (!(long > 1e-9)) return "";
  const away = (u * middle[0] + v * middle[1] + c) / long / long, foot = [middle[0] - away * u, middle[1] - away * v];
  if (Math.max(Math.abs(foot[0] - middle[0]), Math.abs(foot[1] - middle[1])) > wide) return "";
  const ends = [-1, 1].map((s) => [foot[0] - s * wide * v / long, foot[1] + s * wide * u / long]);
  return `<path d="M${ends.map((end) => `${p(px(end[0]))} ${p(py(end[1]))}`).join("L")}" stroke="currentColor" stroke-width="2.5" stroke-dasharray="7 4"/>`;
}

export const planeSize = SIDE;
