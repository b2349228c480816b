// Chapter 1: a neuron on zeros and ones; its bias and a weight move the line, on one half of the digits or the other.
import { BLUE, GROUND, LINE, ORANGE, svg, text } from "./draw.js";
import { fixed, number } from "./words.js";

const WIDTH = 360, HEIGHT = 250;
const px = (x) => 50 + 280 * x;
const py = (y) => 212 - 330 * y;

export function numbers({ b, w2, half }, { w1, halves }) {
  const { points, ones } = halves[half];
  const wrong = points.map(([x1, x2], i) => (w1 * x1 + w2 * x2 + b > 0) !== (ones[i] === 1));
  const missed = (kind) => wrong.filter((bad, i) => bad && ones[i] === kind).length;
  return { wrong: wrong.map(Number), right: points.length - missed(0) - missed(1), zeros: missed(0), ones: missed(1) };
}

export function draw({ b, w2, half, wrong, right, zeros, ones }, { w1, halves }) {
  const { points, ones: kinds } = halves[half], share = fixed((100 * right) / points.length, 1);
  const marks = points.map(([x1, x2], i) => mark(px(x1), py(x2), kinds[i] === 1, wrong[i]));
  // On the line itself, at v along it; at u > 0 on the side where the answer is 1.
  const norm = Math.hypot(w1, w2), n = [w1 / norm, w2 / norm], d = -b / norm;
  const at = (u, v) => `${px(n[0] * (d + u) - n[1] * v).toFixed(1)},${py(n[1] * (d + u) + n[0] * v).toFixed(1)}`;
  const line = `<polyline points="${at(0, -9)} ${at(0, 9)}" fill="none" stroke="currentColor" stroke-width="2"/>`;
  const side = `<polygon points="${at(0, -9)} ${at(0, 9)} ${at(9, 9)} ${at(9, -9)}" fill="${ORANGE}" opacity="0.1"/>`;
  const across = [0, 0.5, 1].map((x) => text(px(x), 230, 12, x)), up = [0, 0.2, 0.4, 0.6].map((y) => text(31, py(y) + 4, 12, y));
  return {
    html: svg("Digits as points, and the line of the neuron", WIDTH, HEIGHT, `34rem;border:1px solid ${LINE}`,
      side + line + marks.join("") + across.join("") + up.join("") + text(WIDTH / 2 + 10, HEIGHT - 6, 13, "x₁: ink in the middle") +
      text(-HEIGHT / 2 + 10, 14, 13, "x₂: ink beside it", ' transform="rotate(-90)"')),
    caption: `w = (${number(w1)}, ${number(w2)}), b = ${number(b)}, ${half}: ${right} of ${points.length} right (${share}%). ` +
      `Missed: ${ones} of the ones (orange squares), ${zeros} of the zeros (blue dots).`,
  };
}

// A digit, solid, with an edge in the colour of the ground where several meet; one that the neuron gets wrong is ringed.
function mark(x, y, one, wrong) {
  const edge = `stroke="${GROUND}" stroke-width="0.6"`;
  const shape = one ? `<rect x="${(x - 3).toFixed(1)}" y="${(y - 3).toFixed(1)}" width="6" height="6" fill="${ORANGE}" ${edge}/>`
    : `<circle cx="${x.toFixed(1)}" cy="${y.toFixed(1)}" r="3.2" fill="${BLUE}" ${edge}/>`;
  return shape + (wrong ? `<circle cx="${x.toFixed(1)}" cy="${y.toFixed(1)}" r="7" fill="none" stroke="currentColor" stroke-width="1.4"/>` : "");
}
