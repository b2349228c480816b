// Chapter 6: an optimiser's path through the ravine ½ (w₀² + 25 w₁²), sixty steps from a fixed start, and the plane of
// all settings, coloured by the steps they need.
import { ACCENT, headed, LINE, MUTED, ORANGE, svg, text, WARM } from "./draw.js";
import { fixed, number } from "./words.js";

const START = [-4, 1.2];
const CURVATURE = [1, 25];
const STEPS = 60;
const BOUND = 0.01;

export function numbers({ rule, rate, momentum }) {
  let w = START, v = [0, 0], s = [0, 0];
  const path = [w];
  for (let n = 1; n <= STEPS; n++) {
    const g = w.map((value, i) => CURVATURE[i] * value);
    let step;
    if (rule === "Adam") {
      v = v.map((value, i) => momentum * value + (1 - momentum) * g[i]);
      s = s.map((value, i) => 0.999 * value + 0.001 * g[i] ** 2);
      step = v.map((value, i) => value / (1 - momentum ** n) / (Math.sqrt(s[i] / (1 - 0.999 ** n)) + 1e-8));
    } else {
      v = v.map((value, i) => momentum * value + g[i]);
      step = rule === "Nesterov" ? g.map((value, i) => value + momentum * v[i]) : v;
    }
    w = w.map((value, i) => value - rate * step[i]);
    path.push(w);
  }
  const heights = path.map((w) => 0.5 * (CURVATURE[0] * w[0] ** 2 + CURVATURE[1] * w[1] ** 2));
  // A path may dip under the bound and rise again: what counts is the last step that is not below.
  return { path, heights, below: heights.findLastIndex((height) => height >= BOUND) + 1, limit: limit(rule, momentum) };
}

// The largest stable rate; Adam has none, its steps are bounded.
function limit(rule, momentum) {
  if (rule === "Adam") return null;
  return (2 * (1 + momentum)) / (rule === "Nesterov" ? 1 + 2 * momentum : 1) / CURVATURE[1];
}

export function draw({ rule, rate, momentum, path, heights, below, limit }, { rates, momenta, plane }) {
  const n = (v) => number(v, 4);
  const end = limit !== null && rate > limit ? `It diverges: the limit is ${n(limit)}.`
    : below <= STEPS ? `Below ${BOUND} from step ${below} on.` : `Height ${fixed(heights[STEPS], 3)} after ${STEPS} steps.`;
  return {
    html: '<div style="display:grid;gap:0.8rem;justify-content:center">' +
      headed("The path, seen from above", 400, svg("Path through a ravine", 400, 180, "34rem", valley() + steps(path))) +
      headed(`How many steps until the height stays below ${BOUND}: the plane`, 400,
        svg(`Steps needed by ${rule}, by learning rate and momentum`, 400, 236, "34rem",
          cells(rule, plane[rule], rates, momenta) + dot(rates.indexOf(rate), momenta.indexOf(momentum), momenta.length) +
          axes(rates, momenta) + key())) + "</div>",
    caption: `${rule}, learning rate ${n(rate)}, momentum ${n(momentum)}. ${end}`,
  };
}

const clip = (v) => Math.min(Math.max(v, -99), 99);
const px = (x) => (200 + 40 * clip(x)).toFixed(1);
const py = (y) => (90 - 45 * clip(y)).toFixed(1);

function valley() {
  const rings = [0.5, 2, 5, 10, 18, 30, 45].map((h) => `<ellipse cx="200" cy="90" rx="${(40 * Math.sqrt(2 * h)).toFixed(1)}" ` +
    `ry="${(9 * Math.sqrt(2 * h)).toFixed(1)}" fill="none" stroke="${MUTED}" opacity="0.7"/>`);
  return rings.join("") + '<path d="M195 90h10M200 85v10" stroke="currentColor" stroke-width="1.5"/>';
}

function steps(path) {
  const points = path.map(([x, y]) => [px(x), py(y)]);
  return `<polyline points="${points.join(" ")}" fill="none" stroke="${ORANGE}" stroke-width="1.5"/>` +
    points.map(([x, y]) => `<circle cx="${x}" cy="${y}" r="2.5" fill="${ORANGE}"/>`).join("");
}

// The plane: rates to the right, momenta upwards.
const LEFT = 46, WIDE = 14, HIGH = 15;

function cells(rule, needed, rates, momenta) {
  return needed.map((row, i) => row.map((below, j) => {
    const diverges = rule !== "Adam" && rates[j] > limit(rule, momenta[i]);
    const fill = diverges ? `fill="${WARM}" fill-opacity="0.3"` : below > STEPS ? 'fill="none"' : shade(below);
    return `<rect data-set="rate:${j} momentum:${i}" x="${LEFT + WIDE * j}" y="${HIGH * (momenta.length - 1 - i)}" ` +
      `width="${WIDE}" height="${HIGH}" ${fill} stroke="${LINE}" pointer-events="all"/>`;
  }).join("")).join("");
}

const shade = (below) => `fill="${ACCENT}" fill-opacity="${number(1.05 - below / STEPS)}"`;

function dot(j, i, rows) {
  const x = LEFT + WIDE * (j + 0.5), y = HIGH * (rows - i - 0.5);
  return `<circle cx="${x}" cy="${y}" r="5.5" fill="${ORANGE}" stroke="currentColor" stroke-width="1.5" pointer-events="none"/>`;
}

function axes(rates, momenta) {
  const bottom = HIGH * momenta.length;
  const ticks = rates.map((rate, j) => j % 5 === 0 ? text(LEFT + WIDE * (j + 0.5), bottom + 15, 12, number(rate, 4)) : "");
  const levels = momenta.map((mu, i) => i % 2 === 0 ? text(LEFT - 17, bottom - HIGH * i - 3, 12, number(mu)) : "");
  return ticks.join("") + levels.join("") + text(LEFT + (WIDE * rates.length) / 2, bottom + 32, 12.5, "learning rate η") +
    text(8, bottom / 2, 13, "μ");
}

function key() {
  const box = (x, fill, label) => `<rect x="${x}" y="219" width="13" height="13" ${fill} stroke="${LINE}"/>` +
    `<text x="${x + 18}" y="230" font-size="12" fill="currentColor">${label}</text>`;
  return box(40, shade(10), "10") + box(84, shade(30), "30") + box(128, shade(STEPS), `${STEPS} steps`) +
    box(210, 'fill="none"', "more") + box(272, `fill="${WARM}" fill-opacity="0.3"`, "diverges");
}
