// What the convolution laboratory says of the chosen output, pixel or weight.
import { many } from "./lab-planes.js";
import { number } from "./words.js";

export const place = (i, j) => `row ${i}, column ${j}`;
const list = (values) => [...new Set(values)].map((value) => number(value)).join(", ");
const line = (name, values) => `${name}${new Set(values).size === 1 ? "" : "s"} ${list(values)}`;
// "3 − 2 + 1"
const added = (values) => values.map((v, k) => (k ? `${v < 0 ? "−" : "+"} ${number(Math.abs(v))}` : number(v))).join(" ");

export function caption(seen, asked) {
  const { y, size, cell } = seen;
  if (!y.length) {
    return "No window fits: the kernel spans more than the padded picture. Add padding, or choose a smaller dilation " +
      "or kernel.";
  }
  if (!cell) {
    return `${size.output[0]} × ${size.output[1]} outputs. Choose an output to see its window, a pixel to see the ` +
      "outputs that read it, or a weight to see where it is used.";
  }
  return { output: ofOutput, input: ofPixel, weight: ofWeight }[cell[0]](seen, asked);
}

function ofOutput({ x, y, cell: [, i, j], window, sums, bias }, asked) {
  const zeros = window.filter(({ p, q }) => x[0][p]?.[q] === undefined).length, several = x.length > 1;
  const reads = `The output at ${place(i, j)} reads ${line("row", window.map(({ p }) => p))} and ` +
    `${line("column", window.map(({ q }) => q))}${several ? ` of ${x.length} channels` : ""}` +
    `${zeros ? `; ${many(zeros, "place")} of the window ${zeros === 1 ? "lies" : "lie"} in the padding` : ""}.`;
  if (asked) return `${reads} What is it?`;
  const sum = several ? `Channel by channel its products add up to ${added(sums)}`
    : `Its products add up to ${number(sums[0])}`;
  return `${reads} ${sum}; with the bias ${number(bias)} that is ${number(y[i][j])}.`;
}

function ofPixel({ x, tab, cell: [, i, j], uses }) {
  const channel = x.length > 1 ? ` of channel ${tab}` : "";
  const what = `The pixel at ${place(i, j)}${channel} is ${number(x[tab][i][j])}. It lies under`;
  if (!uses.length) return `${what} no window: whatever it is, the output stays the same.`;
  return `${what} ${many(uses.length, "window")}: ` +
    (uses.length === 1 ? "one output reads it." : `${uses.length} outputs read it, each through another weight.`);
}

function ofWeight({ x, w, tab, cell: [, i, j], uses }) {
  const channel = x.length > 1 ? ` of channel ${tab}` : "";
  return `The weight at ${place(i, j)}${channel} is ${number(w[tab][i][j])}. It is used ` + (uses.length === 1
    ? "by the only output." : `by all ${uses.length} outputs, each time with another pixel: weights are shared.`);
}
