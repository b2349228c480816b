// Chapter 2: an activation, its derivative, and the tangent at a point you move.
import { BLUE, MUTED, ORANGE, range, svg } from "./draw.js";
import { number } from "./words.js";

const sigmoid = (z) => 1 / (1 + Math.exp(-z));
const KINDS = {
  "step": [(z) => (z > 0 ? 1 : 0), () => 0],
  "sigmoid": [sigmoid, (z) => sigmoid(z) * (1 - sigmoid(z))],
  "tanh": [Math.tanh, (z) => 1 - Math.tanh(z) ** 2],
  "ReLU": [(z) => Math.max(z, 0), (z) => (z > 0 ? 1 : 0)],
  "Leaky ReLU": [(z) => (z > 0 ? z : 0.01 * z), (z) => (z > 0 ? 1 : 0.01)],
  "PReLU": [(z, a) => (z > 0 ? z : a * z), (z, a) => (z > 0 ? 1 : a)],
};
const GRID = range(161).map((k) => -4 + k / 20);  // where the curves are computed

export function numbers({ name, z, a }) {
  const [f, slope] = KINDS[name];
  return { value: f(z, a), slope: slope(z, a), values: GRID.map((v) => f(v, a)), slopes: GRID.map((v) => slope(v, a)) };
}

const px = (v) => (20 + ((v + 4) / 8) * 360).toFixed(1);
const py = (v) => (250 - ((v + 1.6) / 5.7) * 240).toFixed(1);
const JUMP = 0.06;  // more than the steepest of the curves rises from one place to the next
const curve = (ys) => ys.map((y, k) => (Math.abs(y - ys[k - 1]) > JUMP ? `V${py(y)}` : "") +
  `${k ? "L" : "M"}${px(GRID[k])} ${py(y)}`).join("");

export function draw({ name, z, a, value, slope, values, slopes }) {
  const n = (v) => number(v, 4), middle = Math.abs(z) < 1e-9, jump = middle && name === "step";
  const kink = middle && Math.abs(KINDS[name][1](1e-9, a) - slope) > 1e-6;
  const tangent = `<line x1="${px(z - 1)}" y1="${py(value - slope)}" x2="${px(z + 1)}" y2="${py(value + slope)}" ` +
    'stroke="currentColor" stroke-width="1.5"/>';
  return {
    html: svg(`${name}: its curve, its slope dashed, and the tangent at z`, 400, 272, "30rem",
      axes() + `<path d="${curve(values)}" fill="none" stroke="${BLUE}" stroke-width="2.5"/>` +
      `<path d="${curve(slopes)}" fill="none" stroke="${ORANGE}" stroke-width="2" stroke-dasharray="6 4"/>` +
      `${jump ? "" : tangent}<circle cx="${px(z)}" cy="${py(value)}" r="5" fill="currentColor"/>` + legend()),
    caption: `${name}${name === "PReLU" ? ` (a = ${n(a)})` : ""} at z = ${n(z)}: value ${n(value)}, ${jump
      ? "and no slope, as the value jumps to 1"
      : `slope ${n(slope)}${kink ? " by agreement, as the curve has a kink" : ""}`}.`,
    off: name === "PReLU" ? [] : ["a"],
  };
}

function axes() {
  const across = [-4, -2, 0, 2, 4].map((v) => `<text x="${px(v)}" y="266" text-anchor="middle">${number(v)}</text>`);
  const up = [-1, 0, 1, 2, 3, 4].map((v) => `<text x="16" y="${Number(py(v)) + 4}" text-anchor="end">${number(v)}</text>` +
    `<line x1="20" x2="380" y1="${py(v)}" y2="${py(v)}" stroke="${MUTED}" opacity="${v ? 0.18 : 0.7}"/>`);
  return `<g fill="currentColor" font-size="12">${across.join("")}${up.join("")}</g>`;
}

// The legend stands between two lines of the grid, where no curve comes.
function legend() {
  return [["value", `stroke="${BLUE}" stroke-width="2.5"`], ["tangent", 'stroke="currentColor" stroke-width="1.5"'],
    ["slope", `stroke="${ORANGE}" stroke-width="2" stroke-dasharray="6 4"`]].map(([word, line], i) =>
    `<path d="M${34 + 92 * i} 35h26" ${line}/><text x="${66 + 92 * i}" y="39" font-size="13" fill="currentColor">${word}</text>`)
    .join("");
}
