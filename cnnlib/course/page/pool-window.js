// Chapter 11: one pooling window at a time, its numbers, and the map of outputs.
import { MUTED, ORANGE, row, table, title } from "./draw.js";
import { outputs } from "./windows.js";
import { number } from "./words.js";

export function numbers({ kind, kernel, stride, padding, position }, { image }) {
  padding = Math.min(padding, Math.floor(kernel / 2));
  const size = image.length + 2 * padding, side = outputs(image.length, kernel, { stride, padding });
  // Max pooling pads with −∞, which JSON has no number for: null stands for it.
  const x = table(size, size, (i, j) => image[i - padding]?.[j - padding] ?? (kind === "max" ? null : 0));
  const y = table(side, side, (i, j) => {
    const values = window(x, i * stride, j * stride, kernel);
    return kind === "max" ? Math.max(...values.filter((v) => v !== null)) : values.reduce((sum, v) => sum + v) / values.length;
  });
  return { x, y, padding, position: Math.min(position, side * side - 1) };
}

const window = (x, top, left, kernel) => x.slice(top, top + kernel).flatMap((line) => line.slice(left, left + kernel));
const shown = (v) => (v === null ? "−∞" : number(v));

export function draw({ x, y, padding, position, kind, kernel, stride }) {
  const side = y.length, i = Math.floor(position / side), j = position % side, top = i * stride, left = j * stride;
  const under = window(x, top, left, kernel).map(shown).join(", ");
  return {
    html: row(
      cells(padding ? "input, padded by 1" : "input", x,
        (r, c) => top <= r && r < top + kernel && left <= c && c < left + kernel),
      cells("output", y, (r, c) => r === i && c === j)),
    caption: `${kind}, ${kernel}×${kernel}, stride ${stride}, padding ${padding}: ${side}×${side} outputs. ` +
      `Output (${i}, ${j}) = ${shown(y[i][j])}, ${kind === "max" ? "the largest of" : "the mean of"} ${under}.`,
    limits: { position: side * side - 1 },
  };
}

function cells(head, values, marked) {
  const mark = `;outline:3px solid ${ORANGE};outline-offset:-3px;font-weight:700`;
  const cell = (v, r, c) => `<td style="border:1px solid ${MUTED};min-width:2.1rem;text-align:center;padding:.15rem .3rem` +
    `${marked(r, c) ? mark : ""}">${shown(v)}</td>`;
  const rows = values.map((line, r) => `<tr>${line.map((v, c) => cell(v, r, c)).join("")}</tr>`);
  return `<div>${title(head)}<table role="presentation" style="border-collapse:collapse;margin:0;width:auto">` +
    `${rows.join("")}</table></div>`;
}
