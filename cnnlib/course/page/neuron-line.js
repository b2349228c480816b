// Chapter 1: two weights and a bias move the line where the answer of a neuron changes.
import { BLUE, GROUND, LINE, ORANGE, svg, text } from "./draw.js";
import { number } from "./words.js";

const SIZE = 300;
const LOW = -0.5;
const HIGH = 1.5;
const px = (x) => ((x - LOW) / (HIGH - LOW)) * SIZE;
const py = (y) => SIZE - px(y);

export function numbers({ w1, w2, b, gate }, { corners, gates }) {
  const z = corners.map(([x1, x2]) => w1 * x1 + w2 * x2 + b);
  return { z, right: z.filter((value, i) => (value > 0) === (gates[gate][i] === 1)).length };
}

export function draw({ z, right, w1, w2, b, gate }, { corners, gates }) {
  const marks = corners.map((corner, i) => mark(corner, z[i], gates[gate][i] === 1));
  const axes = text(288, 292, 13, "x₁") + text(12, 18, 13, "x₂");
  return {
    html: svg(`${gate}: four corners and the line of the neuron`, SIZE, SIZE, `22rem;border:1px solid ${LINE}`,
      firing(w1, w2, b) + marks.join("") + axes),
    caption: `${gate} with w₁ = ${number(w1)}, w₂ = ${number(w2)}, b = ${number(b)}: ${right} of 4 corners right. ` +
      `z at (0,0), (0,1), (1,0), (1,1): ${z.map((value) => number(value)).join(", ")}.`,
  };
}

// The side that fires is shaded: a half plane is a polygon far larger than the view, clipped by it.
function firing(w1, w2, b) {
  const norm = Math.hypot(w1, w2);
  if (norm === 0) return b > 0 ? `<rect width="${SIZE}" height="${SIZE}" fill="${ORANGE}" opacity="0.13"/>` : "";
  const n = [w1 / norm, w2 / norm], d = -b / norm;
  const at = (u, v) => `${px(n[0] * (d + u) - n[1] * v).toFixed(1)},${py(n[1] * (d + u) + n[0] * v).toFixed(1)}`;
  return `<polygon points="${at(0, -9)} ${at(0, 9)} ${at(9, 9)} ${at(9, -9)}" fill="${ORANGE}" opacity="0.13"/>` +
    `<polyline points="${at(0, -9)} ${at(0, 9)}" fill="none" stroke="currentColor" stroke-width="2"/>`;
}

// One corner with its z; a dashed ring where the neuron is wrong.
function mark([x1, x2], z, label) {
  const x = px(x1), y = py(x2);
  const shape = label ? `<rect x="${x - 8}" y="${y - 8}" width="16" height="16" fill="${ORANGE}"/>`
    : `<circle cx="${x}" cy="${y}" r="8.5" fill="${BLUE}"/>`;
  const ring = `<circle cx="${x}" cy="${y}" r="16" fill="none" stroke="currentColor" stroke-width="1.5" stroke-dasharray="3 3"/>`;
  const word = (dx, dy, content, more = "") => `<text x="${x + dx}" y="${y + dy}" font-size="13" fill="currentColor" ` +
    `stroke="${GROUND}" stroke-width="4" paint-order="stroke"${more}>${content}</text>`;
  return `${shape}${(z > 0) === label ? "" : ring}${word(20, 5, `z = ${number(z)}`)}` +
    word(0, 30, `(${x1}, ${x2})`, ' text-anchor="middle"');
}
