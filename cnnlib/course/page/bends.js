// Chapter 2: three ReLUs with a bend each, weighted and added; with the bends removed they add up to one line.
import { BLUE, GREEN, LINE, MUTED, ORANGE, panel, range, row, text } from "./draw.js";
import { number } from "./words.js";

const GRID = range(17).map((k) => k / 4);  // joints lie on it: between its points all is straight
const COLORS = [BLUE, ORANGE, GREEN];
const DASHES = ["7 4", "2 3", "9 3 2 3"];
const WIDE = 300, HIGH = 230;

export function numbers({ target, bends, w0, w1, w2, j1, j2 }, { targets }) {
  const w = [w0, w1, w2], joints = [0, j1, j2], points = targets[target];
  const bend = bends === "removed" ? (z) => z : (z) => Math.max(z, 0);
  const term = (k, x) => w[k] * bend(x - joints[k]);
  const sum = (x) => w.reduce((total, _, k) => total + term(k, x), points[0][1]);
  const gaps = points.map(([x, t]) => sum(x) - t);
  return { terms: w.map((_, k) => GRID.map((x) => term(k, x))), sum: GRID.map(sum), gaps,
    met: gaps.filter((gap) => Math.abs(gap) < 1e-9).length };
}

export function draw({ target, bends, w0, w1, w2, j1, j2, terms, sum, gaps, met }, { targets }) {
  const points = targets[target], straight = bends === "removed", largest = Math.max(...gaps.map(Math.abs));
  const [one, all] = [axes(-9, 9, 3), axes(-2, 6, 2)];
  const curves = terms.map((term, k) => one.curve(term, COLORS[k], `stroke-width="2.5" stroke-dasharray="${DASHES[k]}"`));
  const joints = straight ? [] : [0, j1, j2].map((x, k) => one.joint(x, 0, COLORS[k]));
  const corners = straight ? [] : [j1, j2].map((x, k) => all.joint(x, sum[4 * x], COLORS[k + 1]));
  const marks = points.map(([x, t], i) => all.point(x, t, Math.abs(gaps[i]) < 1e-9));
  return {
    html: row(
      panel(straight ? "three lines, weighted" : "three ReLUs, weighted", WIDE, HIGH,
        straight ? "Three straight lines" : "Three lines that bend at their joints", one.back + curves.join("") + joints.join("")),
      panel("their sum, plus the output's bias", WIDE, HIGH, `The sum and the points of ${target}`,
        all.back + all.curve(sum, "currentColor", 'stroke-width="2.5"') + corners.join("") + marks.join(""))),
    caption: `${formula([w0, w1, w2], [0, j1, j2], points[0][1], straight)} ` +
      (straight ? `${line(sum)}, one straight line. ` : `Slopes from left to right: ${slopes(sum).map((s) => number(s)).join(", ")}. `) +
      `${met} of ${points.length} points met` + (met < points.length ? `; the largest gap is ${number(largest)}.` : "."),
  };
}

// "y = 1 + 2·ReLU(x) − 3·ReLU(x − 1)": what has the weight 0 is left out.
function formula(w, joints, bias, straight) {
  const parts = w.map((weight, k) => weight && `${weight < 0 ? "−" : "+"} ${number(Math.abs(weight))}·` +
    `${straight ? "" : "ReLU"}(${joints[k] ? `x − ${number(joints[k])}` : "x"})`);
  return `y = ${[number(bias), ...parts.filter(Boolean)].join(" ")}.`;
}

function line(sum) {
  const slope = (sum[16] - sum[0]) / 4, bias = sum[0];
  if (!slope) return `That is y = ${number(bias)}`;
  const steep = Math.abs(slope) === 1 ? (slope < 0 ? "−" : "") : number(slope);
  return `That is y = ${steep}x${bias ? ` ${bias < 0 ? "−" : "+"} ${number(Math.abs(bias))}` : ""}`;
}

// The slope of every piece, once where it goes on.
function slopes(sum) {
  const all = range(16).map((k) => 4 * (sum[k + 1] - sum[k]));
  return all.filter((slope, k) => !k || slope !== all[k - 1]);
}

// A pair of axes, x from 0 to 4 and y from `low` to `high`, and what can be drawn on it.
function axes(low, high, step) {
  const px = (x) => Number((36 + (x / 4) * (WIDE - 48)).toFixed(1));
  const py = (y) => Number((8 + ((high - y) / (high - low)) * (HIGH - 34)).toFixed(1));
  const ticks = range(Math.floor((high - low) / step) + 1).map((k) => low + k * step);
  const up = ticks.map((v) => `<line x1="36" x2="${WIDE - 12}" y1="${py(v)}" y2="${py(v)}" stroke="${v ? LINE : MUTED}"/>` +
    `<text x="20" y="${py(v) + 4}" font-size="12" text-anchor="end" fill="currentColor">${number(v)}</text>`);
  const across = range(5).map((v) => text(px(v), HIGH - 6, 12, number(v)));
  return {
    back: up.join("") + across.join(""),
    curve: (ys, color, style) => `<path d="${inside(ys, low, high).map(([x, y, start]) =>
      `${start ? "M" : "L"}${px(x)} ${py(y)}`).join("")}" fill="none" stroke="${color}" ${style}/>`,
    joint: (x, y, color) => y < low || y > high ? ""
      : `<path d="M${px(x)} ${py(y) - 6}l6 6l-6 6l-6 -6z" fill="${color}"/>`,
    point: (x, y, met) => `<circle cx="${px(x)}" cy="${py(y)}" r="6" stroke="currentColor" stroke-width="2" ` +
      `fill="${met ? "currentColor" : "none"}"/>`,
  };
}

// The corners of a curve as [x, y, starts anew], cut where it leaves the axes.
function inside(ys, low, high) {
  const found = [];
  for (let k = 0; k < 16; k++) {
    const [a, b] = [ys[k], ys[k + 1]];
    if (Math.max(a, b) < low || Math.min(a, b) > high) continue;
    const at = (y) => [GRID[k] + (0.25 * (y - a)) / (b - a), y];
    const first = a < low ? at(low) : a > high ? at(high) : [GRID[k], a];
    const last = b < low ? at(low) : b > high ? at(high) : [GRID[k + 1], b];
    const joined = found.length && found.at(-1)[0] === first[0] && found.at(-1)[1] === first[1];
    if (!joined) found.push([...first, true]);
    found.push([...last, false]);
  }
  return found;
}
