// Chapter 5: Mazur's network as a graph, values above the nodes and gradients below, and what a nudge of a weight does.
import { ACCENT, GROUND, LINE, MUTED, WARM, range, svg, text } from "./draw.js";
import { fixed, number } from "./words.js";

const NAMES = ["x₁", "x₂", "z₁", "z₂", "h₁", "h₂", "z₃", "z₄", "o₁", "o₂", "E"];
const COLUMNS = [26, 118, 182, 284, 346];
const UPPER = 86, LOWER = 206, END = [408, 146], RADIUS = 13;
const place = (k) => k === 10 ? END : [COLUMNS[Math.floor(k / 2)], k % 2 ? LOWER : UPPER];

const sigmoid = (z) => 1 / (1 + Math.exp(-z));
const sums = (x, w, b) => [0, 1].map((j) => w[2 * j] * x[0] + w[2 * j + 1] * x[1] + b);

// The eleven values, in the order of NAMES; w holds both layers' weights, row by row.
function forward(w, { x, t, b }) {
  const z = sums(x, w.slice(0, 4), b[0]), h = z.map(sigmoid);
  const s = sums(h, w.slice(4), b[1]), o = s.map(sigmoid);
  return [...x, ...z, ...h, ...s, ...o, o.reduce((sum, v, j) => sum + 0.5 * (v - t[j]) ** 2, 0)];
}

// Their gradients, and those of the weights, from the loss back.
function backward(values, w, { t }) {
  const [x, , h, , o] = range(5).map((c) => values.slice(2 * c, 2 * c + 2));
  const back = (dz, w) => [0, 1].map((i) => w[i] * dz[0] + w[2 + i] * dz[1]);
  const through = (dy, y) => dy.map((d, j) => d * y[j] * (1 - y[j]));
  const outer = (dz, x) => dz.flatMap((d) => x.map((v) => d * v));
  const dout = o.map((v, j) => v - t[j]), ds = through(dout, o), dh = back(ds, w.slice(4)), dz = through(dh, h);
  return { gradients: [...back(dz, w), ...dz, ...dh, ...ds, ...dout, 1], dw: [...outer(dz, x), ...outer(ds, h)] };
}

// Values with the nudge, gradients without it: what the gradient promises, and what the nudge does.
export function numbers({ weight, nudge }, config) {
  const moved = config.w.map((v, k) => v + (k === weight ? nudge : 0));
  const before = forward(config.w, config), values = forward(moved, config);
  const { gradients, dw } = backward(before, config.w, config);
  return { before, values, gradients, dw, measured: values[10] - before[10], promised: dw[weight] * nudge };
}

const short = (v) => v === 0 ? "0" : `${Number(v.toPrecision(3)).toFixed(Math.max(2 - Math.floor(Math.log10(Math.abs(v))), 0))}`
  .replace("-", "−");
const colour = (v) => v < 0 ? WARM : ACCENT;
const label = (x, y, content, halo, extra = "") =>
  text(x, y, 13, content, ` stroke="${GROUND}" stroke-width="${halo}" paint-order="stroke"${extra}`);

export function draw({ weight, nudge, before, values, gradients, dw, measured, promised }, config) {
  const lit = path(weight, gradients, dw, config.w);
  const edges = connections(config.w).map(([from, to]) => edge(from, to, lit.find(([a, b]) => a === from && b === to)));
  const weights = config.w.map((v, k) => weightLabel(k, k === weight ? v + nudge : v, k === weight ? dw[k] : null));
  const nodes = NAMES.map((name, k) => node(name, place(k), values[k], gradients[k]));
  const heads = [[26, "inputs"], ...config.b.map((b, j) => [150 + 165 * j, `b = ${fixed(b, 2)}`]), [END[0], "loss"]];
  return {
    html: svg("Mazur's network from the inputs on the left to the loss on the right; the paths of one weight are thick",
      434, 306, "36rem", edges.join("") + weights.join("") + nodes.join("") +
      heads.map(([x, word]) => text(x, 22, 13, word)).join("") + bars(measured, promised)),
    caption: "Above a node its value, with the nudge; below it its gradient, without. " +
      `${chain(weight, before, gradients, dw, config)} Nudge w${sub(weight + 1)} by ${number(nudge, 3)}: ` +
      `E moves by ${short(measured)}; gradient × nudge is ${short(promised)}.`,
  };
}

const sub = (k) => "₀₁₂₃₄₅₆₇₈"[k];
const ends = (k) => [Math.floor(k / 4) * 4 + k % 2, Math.floor(k / 4) * 4 + 2 + Math.floor(k / 2) % 2];
const connections = (w) => [...w.map((_, k) => ends(k)), [2, 4], [3, 5], [6, 8], [7, 9], [8, 10], [9, 10]];

// The connections from a weight to the loss, each with the gradient that comes back along it.
function path(weight, gradients, dw, w) {
  const [from, to] = ends(weight), found = [[from, to, dw[weight]], [to, to + 2, gradients[to + 2]]];
  const outputs = weight < 4 ? [0, 1] : [to - 6];
  if (weight < 4) found.push(...outputs.map((j) => [to + 2, 6 + j, w[4 + 2 * j + to - 2] * gradients[6 + j]]));
  if (weight < 4) found.push(...outputs.map((j) => [6 + j, 8 + j, gradients[8 + j]]));
  return [...found, ...outputs.map((j) => [8 + j, 10, gradients[8 + j]])];
}

// How the gradient of the weight comes about, in numbers.
function chain(weight, before, gradients, dw, { w }) {
  const [from, to] = ends(weight), n = (v) => fixed(v, 4), slope = before[to + 2] * (1 - before[to + 2]);
  const terms = [0, 1].map((j) => w[4 + 2 * j + to - 2] * gradients[6 + j]);
  const start = weight < 4
    ? `At ${NAMES[to + 2]}: ${n(terms[0])} ${terms[1] < 0 ? "−" : "+"} ${n(Math.abs(terms[1]))} = ${n(gradients[to + 2])}. ` : "";
  return `${start}Back to w${sub(weight + 1)}: ${n(gradients[to + 2])} · ${n(slope)} (slope) · ` +
    `${weight < 4 ? number(before[from]) : n(before[from])} (${NAMES[from]}) = ${short(dw[weight])}.`;
}

function edge(from, to, found) {
  const [a, b] = [place(from), place(to)], long = Math.hypot(b[0] - a[0], b[1] - a[1]);
  const at = (p, q) => [0, 1].map((i) => (p[i] + (q[i] - p[i]) * RADIUS / long).toFixed(1));
  const [[x1, y1], [x2, y2]] = [at(a, b), at(b, a)];
  const line = found ? `stroke="${colour(found[2])}" stroke-width="4"` : `stroke="${MUTED}" stroke-width="1"`;
  return `<line x1="${x1}" y1="${y1}" x2="${x2}" y2="${y2}" ${line}/>`;
}

// A level connection carries its weight above the line and the gradient below; those that cross, before they do.
function weightLabel(k, value, gradient) {
  const [a, b] = ends(k).map(place), level = a[1] === b[1], at = level ? 0.5 : 0.36;
  const x = a[0] + at * (b[0] - a[0]), y = a[1] + at * (b[1] - a[1]) + (level ? -6 : 4);
  const bold = gradient === null ? "" : ' font-weight="700"', down = level ? 22 : a[1] > b[1] ? -16 : 16;
  return label(x, y, fixed(value, 2), level ? 3 : 8, bold) +
    (gradient === null ? "" : label(x, y + down, short(gradient), level ? 3 : 4, ` style="fill:${colour(gradient)}"`));
}

function node(name, [x, y], value, gradient) {
  return `<circle cx="${x}" cy="${y}" r="${RADIUS}" fill="${GROUND}" stroke="currentColor"/>` + text(x, y + 4.5, 13, name) +
    label(x, y - 18, fixed(value, x === COLUMNS[0] ? 2 : 4), 4) +
    label(x, y + 29, fixed(gradient, 4), 4, ` style="fill:${colour(gradient)}"`);
}

function bars(measured, promised) {
  const most = Math.max(Math.abs(measured), Math.abs(promised), 1e-300), zero = 222;
  const rows = [["measured ΔE", measured], ["gradient × nudge", promised]].map(([word, value], i) => {
    const y = 262 + 24 * i, width = 84 * Math.abs(value) / most;
    return `<text x="4" y="${y + 12}" font-size="13" fill="currentColor">${word}</text>` +
      `<rect x="${(value < 0 ? zero - width : zero).toFixed(1)}" y="${y}" width="${width.toFixed(1)}" height="15" fill="${colour(value)}"/>` +
      `<text x="430" y="${y + 12}" font-size="13" text-anchor="end" fill="currentColor">${short(value)}</text>`;
  });
  return `<line x1="${zero}" x2="${zero}" y1="256" y2="306" stroke="${LINE}"/>${rows.join("")}`;
}
