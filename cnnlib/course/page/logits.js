// Chapter 4: three logits, the probabilities softmax makes of them, the loss and its gradient.
import { BLUE, GREEN, MUTED, ORANGE, svg, text } from "./draw.js";
import { fixed } from "./words.js";

const NAMES = ["cat", "dog", "owl"];
const COLORS = [BLUE, ORANGE, GREEN];

export function numbers({ z0, z1, z2, target }) {
  const z = [z0, z1, z2], top = Math.max(...z), e = z.map((v) => Math.exp(v - top));
  const total = e.reduce((sum, v) => sum + v), p = e.map((v) => v / total);
  return { p, loss: Math.log(total) + top - z[target], gradient: p.map((v, k) => v - (k === target ? 1 : 0)) };
}

export function draw({ p, loss, gradient, target }) {
  const n = (v) => fixed(v, 3);
  return {
    html: svg("Bars of the three probabilities and of the gradient", 430, 192, "34rem",
      bars(p, target, 0, "probability p", 0, 1.1) + bars(gradient, target, 220, "gradient p − y", -1.1, 1.1)),
    caption: `It is the ${NAMES[target]}. p = ${n(p[target])}, loss = −log p = ${n(loss)}. ` +
      `Gradient: ${gradient.map(n).join(", ")}.`,
  };
}

function bars(values, target, left, title, low, high) {
  const y = (v) => Number((150 - ((v - low) / (high - low)) * 120).toFixed(1));
  const parts = values.map((v, k) => {
    const x = left + 16 + 66 * k, height = Math.abs(y(v) - y(0)).toFixed(1);
    return `<rect x="${x}" y="${Math.min(y(v), y(0))}" width="44" height="${height}" fill="${COLORS[k]}"/>` +
      text(x + 22, Number((v >= 0 ? y(v) - 5 : y(v) + 14).toFixed(1)), 13, fixed(v, 3)) +
      text(x + 22, 184, 14, NAMES[k], k === target ? ' font-weight="700"' : "");
  });
  return text(left + 104, 14, 14, title) + parts.join("") +
    `<line x1="${left + 4}" x2="${left + 204}" y1="${y(0)}" y2="${y(0)}" stroke="${MUTED}"/>`;
}
