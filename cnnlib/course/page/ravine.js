// Chapter 6: an optimiser's path through the ravine ½ (w₁² + 25 w₂²), forty steps from a fixed start.
import { MUTED, ORANGE, svg } from "./draw.js";
import { fixed, number } from "./words.js";

const START = [-4, 1.2];
const CURVATURE = [1, 25];
const STEPS = 40;

export function numbers({ rule, rate, momentum }) {
  let w = START, v = [0, 0], s = [0, 0];
  const path = [w];
  for (let t = 1; t <= STEPS; t++) {
    const g = w.map((value, i) => CURVATURE[i] * value);
    let step;
    if (rule === "Adam") {
      v = v.map((value, i) => momentum * value + (1 - momentum) * g[i]);
      s = s.map((value, i) => 0.999 * value + 0.001 * g[i] ** 2);
      step = v.map((value, i) => value / (1 - momentum ** t) / (Math.sqrt(s[i] / (1 - 0.999 ** t)) + 1e-8));
    } else {
      v = v.map((value, i) => momentum * value + g[i]);
      step = rule === "Nesterov" ? g.map((value, i) => value + momentum * v[i]) : v;
    }
    w = w.map((value, i) => value - rate * step[i]);
    path.push(w);
  }
  return { path, heights: path.map((w) => 0.5 * (CURVATURE[0] * w[0] ** 2 + CURVATURE[1] * w[1] ** 2)) };
}

export function draw({ rule, rate, momentum, path, heights }) {
  const n = (v) => number(v, 4);
  return {
    html: svg("Path through a ravine seen from above", 400, 180, "34rem", valley() + steps(path)),
    caption: `${rule}, learning rate ${n(rate)}, momentum ${n(momentum)}. ${end(heights)}`,
  };
}

// A path may dip under the line and rise again: what counts is the last step that is not below.
function end(heights) {
  const below = heights.findLastIndex((height) => height >= 0.01) + 1;
  if (heights[STEPS] > 1e6) return "It diverges.";
  return below <= STEPS ? `Below 0.01 from step ${below} on.` : `Height ${fixed(heights[STEPS], 3)} after ${STEPS} steps.`;
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
