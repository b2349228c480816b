// One unit of a network, taken apart: what it reads, which weights it has, and what the scores owe to it.
import { tensor } from "./core.js";
import { table } from "./draw.js";
import { gradientCheck } from "./lab.js";
import { forward } from "./lab-network-model.js";

// A layer's numbers as rows and columns, maps side by side: what the arrows walk over.
export const planes = ({ shape }) => (shape.length === 3 ? shape : [1, 1, shape[0]]);
export const mosaic = (y) => [planes(y)[1], planes(y)[0] * planes(y)[2]];

// Map, row, column and flat place of row i, column j of the mosaic.
export function placeOf(y, i, j) {
  const [, H, W] = planes(y), map = Math.floor(j / W), column = j % W;
  return { map, row: i, column, at: (map * H + i) * W + column };
}

// The scores when one number of a layer's output is another one; `maps[m]` is what layer m gets.
function scoresWith(layers, maps, m, at, value) {
  const changed = tensor(maps[m].shape, Float64Array.from(maps[m].data));
  changed.data[at] = value;
  return (m === layers.length ? changed : forward(layers, changed, m).at(-1).y).data;
}

// The unit at row i, column j of maps[m]: its place and value, what its layer made it of, what each score would lose
// without it, and, given the slopes of the target's score, a check of its own slope.
export function unit(layers, steps, maps, m, i, j, slopes, target) {
  const place = placeOf(maps[m], i, j), value = maps[m].data[place.at], scores = maps.at(-1).data;
  const without = scoresWith(layers, maps, m, place.at, 0);
  const f = (v) => scoresWith(layers, maps, m, place.at, v)[target];
  return {
    m, ...place, value, ...(m ? made(steps[m - 1], place) : {}),
    effect: Array.from(scores, (score, k) => score - without[k]),
    check: slopes && gradientCheck(f, value, slopes[m].data[place.at]),
  };
}

// How a layer makes one number of what it gets.
function made({ layer, x, y, where }, place) {
  if (layer.kind === "conv") return { kind: "conv", ...convolved(layer, x, place) };
  if (layer.kind === "linear") return { kind: "linear", ...added(layer, x, place.column) };
  if (layer.kernel) return { kind: layer.kind, ...pooled(layer, x, where, place) };
  return { kind: layer.kind, before: x.data[place.at] };
}

const pair = (value) => (Array.isArray(value) ? value : [value, value]);

// The window of a unit in the layer below: its first row and column, its rows and columns, and the step between them.
export function windowOf(layer, { row, column }) {
  const [rows, columns] = layer.kind === "conv" ? layer.shape.slice(2) : pair(layer.kernel);
  const [[s, t], [p, q], [d, e]] = [layer.stride ?? layer.kernel, layer.padding ?? 0, layer.dilation ?? 1].map(pair);
  return { top: row * s - p, left: column * t - q, rows, columns, down: d, right: e };
}

// One channel of x under a window; null where there is padding.
function patch(x, c, { top, left, rows, columns, down, right }) {
  const [, H, W] = x.shape;
  return table(rows, columns, (u, v) => {
    const [i, j] = [top + u * down, left + v * right];
    return i >= 0 && i < H && j >= 0 && j < W ? x.data[(c * H + i) * W + j] : null;
  });
}

// One patch, one slice of the kernel and their products for every channel; the sums and the bias make the unit.
function convolved(layer, x, place) {
  const window = windowOf(layer, place), [, C, K, L] = layer.shape;
  const channels = Array.from({ length: C }, (_, c) => {
    const seen = patch(x, c, window);
    const kernel = table(K, L, (u, v) => layer.w.data[((place.map * C + c) * K + u) * L + v]);
    const products = table(K, L, (u, v) => (seen[u][v] ?? 0) * kernel[u][v]);
    return { patch: seen, kernel, products, sum: products.flat().reduce((a, b) => a + b, 0) };
  });
  return { window, channels, bias: layer.b ? layer.b.data[place.map] : 0 };
}

function pooled(layer, x, where, place) {
  const window = windowOf(layer, place);
  return { window, patch: patch(x, place.map, window), from: where ? where[place.at] : null };
}

// A linear unit's sum in parts: one part for each of the maps that were laid flat, or for each input.
function added(layer, x, o) {
  const inputs = layer.shape[1], parts = layer.maps ?? inputs, step = inputs / parts;
  const product = (n) => layer.w.data[o * inputs + n] * x.data[n];
  const sums = Array.from({ length: parts }, (_, k) =>
    Array.from({ length: step }, (_, n) => product(k * step + n)).reduce((a, b) => a + b, 0));
  return { sums, bias: layer.b ? layer.b.data[o] : 0 };
}
