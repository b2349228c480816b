// Chapter 1: a sigmoid neuron as a circuit, a value above and a slope below every wire; a nudge, measured and predicted.
import { ACCENT, LINE, WARM, svg } from "./draw.js";
import { bracketed, fixed } from "./words.js";

const NAMES = { w1: "w₁", x1: "x₁", w2: "w₂", x2: "x₂", b: "b" };
const sigmoid = (z) => 1 / (1 + Math.exp(-z));
const output = ({ w1, x1, w2, x2, b }) => sigmoid(w1 * x1 + w2 * x2 + b);

export function numbers({ nudged, by }, { start }) {
  const { w1, x1, w2, x2, b } = start, p1 = w1 * x1, p2 = w2 * x2, z = p1 + p2 + b, y = sigmoid(z), slope = y * (1 - y);
  const slopes = { w1: slope * x1, x1: slope * w1, w2: slope * x2, x2: slope * w2, b: slope, p: slope, y: 1 };
  const measured = output({ ...start, [nudged]: start[nudged] + by }) - y;
  return { values: [w1, x1, w2, x2, b, p1, p2, z, y], slopes: ["w1", "x1", "w2", "x2", "b", "p", "p", "p", "y"].map((n) => slopes[n]),
    measured, predicted: slopes[nudged] * by };
}

// Every wire: where its level part starts and ends, its height, where it bends to, and what it is called.
const WIRES = [
  { name: "w1", from: 30, to: 102, y: 34, end: [128, 52] }, { name: "x1", from: 30, to: 102, y: 92, end: [128, 74] },
  { name: "w2", from: 30, to: 102, y: 164, end: [128, 182] }, { name: "x2", from: 30, to: 102, y: 222, end: [128, 204] },
  { name: "b", from: 30, to: 205, y: 282, end: [236, 142] }, { name: "p1", from: 150, to: 212, y: 63, end: [230, 117] },
  { name: "p2", from: 150, to: 212, y: 193, end: [230, 141] }, { name: "z", from: 252, to: 316, y: 128 },
  { name: "y", from: 346, to: 412, y: 128 },
];
const GATES = [[137, 63, "×"], [137, 193, "×"], [239, 128, "+"], [331, 128, "σ"]];
const PATH = { w1: "w1 p1 z y", x1: "x1 p1 z y", w2: "w2 p2 z y", x2: "x2 p2 z y", b: "b z y" };

export function draw({ nudged, by, values, slopes, measured, predicted }) {
  const lit = PATH[nudged].split(" ");
  const wires = WIRES.map((wire, k) => drawn(wire, values[k], slopes[k], lit.includes(wire.name)));
  const gates = GATES.map(([x, y, sign]) => `<circle cx="${x}" cy="${y}" r="13" fill="none" stroke="currentColor" stroke-width="1.5"/>` +
    `<text x="${x}" y="${y + 5}" font-size="15" text-anchor="middle" fill="currentColor">${sign}</text>`);
  const sign = by < 0 ? "lowered" : "raised", n = (value) => fixed(value, 4);
  return {
    html: svg("The neuron as a circuit of two products, a sum and a sigmoid", 430, 312, `36rem;border:1px solid ${LINE}`,
      wires.join("") + gates.join("") + (by === 0 ? "" : nudgedTo(n(values[8] + measured)))),
    caption: by === 0 ? `y = ${n(values[8])}. Nothing is nudged. Above each wire its value, below it the slope of y in it.`
      : `${NAMES[nudged]} ${sign} by ${fixed(Math.abs(by), 2)}: y changes by ${n(measured)}. ` +
        `Slope times nudge: ${n(slopes[WIRES.findIndex(({ name }) => name === nudged)])} · ${bracketed(fixed(by, 2))} = ${n(predicted)}.`,
  };
}

const nudgedTo = (y) => `<text x="378" y="176" font-size="14" text-anchor="middle" fill="${WARM}">then ${y}</text>`;

// A wire with its value above and the slope of y below.
function drawn({ name, from, to, y, end }, value, slope, lit) {
  const path = `${from},${y} ${to},${y}${end ? ` ${end[0]},${end[1]}` : ""}`, middle = from + 36;
  const label = (dy, color, content, size = 14, x = middle) =>
    `<text x="${x}" y="${y + dy}" font-size="${size}" text-anchor="middle" fill="${color}">${content}</text>`;
  return `<polyline points="${path}" fill="none" stroke="${lit ? WARM : "currentColor"}" stroke-width="${lit ? 3 : 1.2}"/>` +
    label(-7, "currentColor", fixed(value, Number.isInteger(value) ? 0 : 4)) + label(18, ACCENT, fixed(slope, 4)) +
    (NAMES[name] ? label(5, "currentColor", NAMES[name], 15, 14) : name.length === 1 ? label(-26, "currentColor", name, 15) : "");
}
