// Chapter 4: three logits, the probabilities softmax makes of them, a loss and its slope for each logit.
import { BLUE, MUTED, ORANGE, svg, text } from "./draw.js";
import { fixed } from "./words.js";

const NAMES = ["cat", "dog", "owl"];

export function numbers({ z0, z1, z2, target, kind }) {
  const z = [z0, z1, z2], top = Math.max(...z), e = z.map((v) => Math.exp(v - top));
  const total = e.reduce((sum, v) => sum + v), p = e.map((v) => v / total);
  const off = p.map((v, k) => v - (k === target ? 1 : 0));
  if (kind === "cross-entropy") return { p, loss: Math.log(total) + top - z[target], gradient: off };
  // Squared error: its slope for each p, carried through softmax's slopes p_i (δ_ij − p_j).
  const pull = p.reduce((sum, v, k) => sum + 2 * off[k] * v, 0);
  return { p, loss: off.reduce((sum, v) => sum + v * v, 0), gradient: p.map((v, k) => v * (2 * off[k] - pull)) };
}

export function draw({ p, loss, gradient, target, kind }) {
  const n = (v) => fixed(v, 3);
  return {
    html: svg("Bars of the three probabilities, and of the slope of the loss for each logit", 430, 192, "34rem",
      bars(p, target, 0, "probability p", 0, 1.1) + bars(gradient, target, 220, "slope for each logit", -1.1, 1.1)),
    caption: `It is the ${NAMES[target]}. p = ${n(p[target])}, ${kind}: ${n(loss)}. ` +
      `Slopes: ${gradient.map(n).join(", ")}.`,
  };
}

function bars(values, target, left, title, low, high) {
  const y = (v) => Number((150 - ((v - low) / (high - low)) * 120).toFixed(1));
  const parts = values.map((v, k) => {
    const x = left + 16 + 66 * k, height = Math.abs(y(v) - y(0)).toFixed(1);
    return `<rect x="${x}" y="${Math.min(y(v), y(0))}" width="44" height="${height}" fill="${v < 0 ? ORANGE : BLUE}"/>` +
      text(x + 22, Number((v >= 0 ? y(v) - 5 : y(v) + 14).toFixed(1)), 13, fixed(v, 3)) +
      text(x + 22, 184, 14, NAMES[k], k === target ? ' font-weight="700"' : "");
  });
  return text(left + 104, 14, 14, title) + parts.join("") +
    `<line x1="${left + 4}" x2="${left + 204}" y1="${y(0)}" y2="${y(0)}" stroke="${MUTED}"/>`;
}
