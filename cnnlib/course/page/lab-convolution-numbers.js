// The convolution laboratory's numbers: one filter on one image, and what belongs to one output, one pixel or one weight.
import { conv2d, fromLists, toLists } from "./core.js";
import { range, table } from "./draw.js";
import { bytes } from "./pictures.js";
import { counts, inGrid, outputs, taps, uses } from "./windows.js";

const decoded = {};  // photographs, decoded once

export const sum = (values) => values.reduce((a, b) => a + b, 0);

// Beyond the border of a plane there are zeros.
const value = (plane, p, q) => plane[p]?.[q] ?? 0;

// Planes of the chosen picture, as many as are asked for, with the reader's own numbers in them.
export function image({ picture, channels, edits }, { pictures }) {
  const { planes, pixels, shape } = pictures[picture];
  const all = planes ?? (decoded[pixels] ??= toLists({ shape, data: Float64Array.from(bytes(pixels), (v) => v / 255) }));
  const x = all.slice(0, channels).map((plane) => plane.map((line) => [...line]));
  for (const [c, p, q, number] of edits[picture] ?? []) if (c < x.length) x[c][p][q] = number;
  return x;
}

export function compute(state, config) {
  const x = image(state, config), w = state.weights.slice(0, x.length), tab = Math.min(state.tab, x.length - 1);
  const [H, W] = [x[0].length, x[0][0].length], [K, L] = [w[0].length, w[0][0].length];
  const fits = outputs(H, K, state) > 0 && outputs(W, L, state) > 0;
  const y = fits ? toLists(conv2d(fromLists(x), fromLists([w]), fromLists([state.bias]), state))[0] : [];
  const reads = fits ? counts([H, W], [K, L], state) : table(H, W, () => 0);
  const size = { input: [H, W], weight: [K, L], output: [y.length, y[0]?.length ?? 0] };
  const cell = inGrid(state.cell, size), seen = { x, w, bias: state.bias, y, reads, tab, size, cell };
  return { ...seen, ...(cell && fits ? parts(seen, state) : {}) };
}

// An output has a window: `products`, channel by channel and in the order of its `window`, and how their sum grows, up to
// the bias. A pixel and a weight of the channel `tab` have `uses`: in which outputs, between which pixel and which weight.
function parts({ x, w, tab, size, cell: [grid, i, j] }, state) {
  if (grid === "output") {
    const window = taps([i, j], size.weight, state);
    const products = x.map((plane, c) => window.map(({ u, v, p, q }) => w[c][u][v] * value(plane, p, q)));
    let total = 0;
    const running = [...products.flat(), state.bias].map((term) => (total += term));
    return { window, products, sums: products.map(sum), running };
  }
  const all = grid === "input"
    ? uses([i, j], size.input, size.weight, state).map((use) => ({ ...use, p: i, q: j }))
    : range(size.output[0]).flatMap((a) => range(size.output[1]).map((b) =>
      ({ i: a, j: b, ...taps([a, b], size.weight, state)[i * size.weight[1] + j] })));
  return { uses: all.map((use) => ({ ...use, product: w[tab][use.u][use.v] * value(x[tab], use.p, use.q) })) };
}

// An output whose window stands with its first weight on pixel (top, left), maybe with other weights or another dilation.
export function outputAt({ x, w, bias }, top, left, dilation, weight = (c, u, v) => w[c][u][v]) {
  return bias + sum(x.flatMap((plane, c) => range(w[c].length).flatMap((u) => range(w[c][0].length).map((v) =>
    weight(c, u, v) * value(plane, top + u * dilation, left + v * dilation)))));
}

// How many numbers are added for an output: the products of all channels, and the bias.
export const countTerms = ({ x, size }) => x.length * size.weight[0] * size.weight[1] + 1;
