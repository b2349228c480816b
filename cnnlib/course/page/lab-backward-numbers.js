// The backward laboratory's numbers: one plane forward and back, each term of its gradients, the loss under a nudge.
import { conv2d, conv2dBackward, fromLists, toLists } from "./core.js";
import { avgPool2d, avgPool2dBackward, maxPool2d, maxPool2dBackward } from "./core.js";
import { range, table } from "./draw.js";
import { gradientCheck } from "./lab.js";
import { inGrid, outputs, taps } from "./windows.js";

const REACH = 2;  // how far the loss is drawn to either side of a number

const sum = (values) => values.reduce((a, b) => a + b, 0);
const added = (values, i, j, by) => values.map((line, a) => line.map((v, b) => (a === i && b === j ? v + by : v)));
const plane = (values) => fromLists([values]);

function edited(values, edits = []) {
  const copy = values.map((line) => [...line]);
  for (const [i, j, value] of edits) if (copy[i]?.[j] !== undefined) copy[i][j] = value;
  return copy;
}

// A layer on one plane, forward and backward; and for what stands at `tap` under window (i, j), by how much a nudge of it
// moves the output.
const LAYERS = {
  "convolution": {
    forward: (x, w, options) => toLists(conv2d(plane(x), plane([w]), null, options))[0],
    backward(dy, x, w, options) {
      const { dx, dw } = conv2dBackward(plane(dy), plane(x), plane([w]), options);
      return { dx: toLists(dx)[0], dw: toLists(dw)[0][0] };
    },
    local: (x, w) => (i, j, { u, v }) => w[u][v],
  },
  "max pooling": {
    forward: (x, w, options) => toLists(maxPool2d(plane(x), sides(w), options).y)[0],
    backward: (dy, x, w, options) =>
      ({ dx: toLists(maxPool2dBackward(plane(dy), plane(x), maxPool2d(plane(x), sides(w), options).where))[0], dw: [] }),
    // The switch: 1 where the largest number stood, the first of equals; 0 elsewhere.
    local(x, w, options) {
      const { y: { shape: [, , columns] }, where } = maxPool2d(plane(x), sides(w), options);
      return (i, j, { p, q }) => Number(where[i * columns + j] === p * x[0].length + q);
    },
  },
  "average pooling": {
    forward: (x, w, options) => toLists(avgPool2d(plane(x), sides(w), options))[0],
    backward: (dy, x, w, options) => ({ dx: toLists(avgPool2dBackward(plane(dy), plane(x), sides(w), options))[0], dw: [] }),
    local: (x, w) => () => 1 / (w.length * w[0].length),
  },
};
const sides = (w) => [w.length, w[0].length];
export const layers = Object.keys(LAYERS);

export function compute(state, config) {
  const w = state.weights[state.size], x = edited(config.pictures[state.picture], state.edits[state.picture]);
  const convolution = state.layer === "convolution";
  // Pooling is padded by half its window at most, as in PyTorch.
  const padding = convolution ? state.padding : Math.min(state.padding, Math.floor(Math.min(...sides(w)) / 2));
  const options = { stride: state.stride, padding, dilation: convolution ? state.dilation : 1 };
  const fit = [outputs(x.length, w.length, options), outputs(x[0].length, w[0].length, options)];
  const fits = Math.min(...fit) > 0;
  const size = { input: sides(x), weight: convolution ? sides(w) : [0, 0], output: fits ? fit : [0, 0] };
  const there = { x, w, options, size, cell: inGrid(state.cell, size), layer: state.layer, convolution };
  return fits ? { ...there, ...backward(there, state, config) } : { ...there, y: [], dy: [], dx: [], dw: [], windows: [] };
}

function backward({ x, w, options, size, cell, layer, convolution }, state, config) {
  const [rows, columns] = size.output, { [layer]: { forward, backward, local } } = LAYERS;
  const derivative = local(x, w, options), given = (i, j) => config.dy[i % config.dy.length][j % config.dy[0].length];
  const dy = edited(table(rows, columns, given), state.upstream);
  const lossOf = (x, w) => sum(forward(x, w, options).map((line, i) => sum(line.map((v, j) => v * dy[i][j]))));
  // Each window with its terms. A loop over windows `writes` to each pixel under it; max pooling, to one.
  const windows = table(rows, columns, (i, j) => ({ i, j, terms: taps([i, j], sides(w), options).map((tap) => {
    const value = x[tap.p]?.[tap.q], share = value === undefined ? 0 : derivative(i, j, tap);
    return { ...tap, share, writes: value !== undefined && (layer !== "max pooling" || share === 1),
      toPixel: dy[i][j] * share, toWeight: dy[i][j] * (value ?? 0) };
  }) })).flat();
  const done = cell?.[0] === "output" ? cell[1] * columns + cell[2] + 1 : windows.length;
  const right = backward(dy.map((line, i) => line.map((v, j) => (i * columns + j < done ? v : 0))), x, w, options);
  const found = state.rule === "=" ? overwritten(windows.slice(0, done), x, w, convolution) : right;
  const wrong = ["dx", "dw"].map((name) =>
    found[name].flat().filter((v, k) => Math.abs(v - right[name].flat()[k]) > 1e-9).length);
  const numbers = { ...found, lossOf };
  return { y: forward(x, w, options), dy, ...found, windows, done, wrong, loss: lossOf(x, w),
    ...(cell && cell[0] !== "output" ? chosen(cell, x, w, windows, numbers, state) : {}),
    ...(state.checked ? checks(x, w, convolution, state.checked, numbers) : {}) };
}

// What is left where each window's terms replace those of the windows before it.
function overwritten(windows, x, w, convolution) {
  const dx = table(...sides(x), () => 0), dw = convolution ? table(...sides(w), () => 0) : [];
  for (const { u, v, p, q, writes, toPixel, toWeight } of windows.flatMap(({ terms }) => terms)) {
    if (writes) dx[p][q] = toPixel;
    if (convolution) dw[u][v] = toWeight;
  }
  return { dx, dw };
}

// The loss as a function of one pixel or one weight.
const lossAt = (grid, i, j, x, w, lossOf) => (grid === "input"
  ? (value) => lossOf(added(x, i, j, value - x[i][j]), w) : (value) => lossOf(x, added(w, i, j, value - w[i][j])));

// The terms that meet in a pixel or a weight, window by window; how many are `reached`, and the sum of these; and how the
// loss answers when that number is nudged.
function chosen([grid, i, j], x, w, windows, { dx, dw, lossOf }, { at, rule }) {
  const pixel = grid === "input", value = (pixel ? x : w)[i][j], f = lossAt(grid, i, j, x, w, lossOf);
  const here = ({ p, q, u, v }) => (pixel ? p === i && q === j : u === i && v === j);
  const terms = windows.flatMap((window) => window.terms.filter(here).map((term) => ({ ...term, i: window.i, j: window.j,
    value: pixel ? term.toPixel : term.toWeight, writes: !pixel || term.writes })));
  const check = gradientCheck(f, value, (pixel ? dx : dw)[i][j]), { nudge } = check;
  const reached = Math.min(at, terms.length), latest = terms.slice(0, reached).findLastIndex(({ writes }) => writes);
  const counted = terms.filter(({ writes }, k) => writes && k < reached && (rule === "+=" || k === latest));
  return { terms, reached, latest, sum: sum(counted.map((term) => term.value)), check,
    curve: range(16 * REACH + 1).map((k) => k / 8 - REACH).map((by) => [by, f(value + by)]),
    slopes: [-nudge, nudge].map((by) => (f(value + by) - f(value)) / by) };
}

// The first `count` numbers, pixels and then weights, nudged one by one: does each slope agree with its gradient?
function checks(x, w, convolution, count, { dx, dw, lossOf }) {
  const all = [["input", x, dx], ...(convolution ? [["weight", w, dw]] : [])].flatMap(([grid, values, gradients]) =>
    values.flatMap((line, i) => line.map((value, j) => ({ grid, i, j, value, gradient: gradients[i][j] }))));
  const nudged = all.slice(0, count).map(({ grid, i, j, value, gradient }) =>
    ({ grid, i, j, ...gradientCheck(lossAt(grid, i, j, x, w, lossOf), value, gradient) }));
  return { nudged, toNudge: all.length };
}
