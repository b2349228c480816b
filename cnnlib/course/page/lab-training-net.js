// A small network on many points at once: forward, backward, update, each with all that it computed. Parameters stand in
// one row, [weight, bias, weight, bias, …], as `model.parameters()` has them.
import { crossEntropy, crossEntropyBackward, linear, linearBackward, tensor } from "./core.js";
import { relu, reluBackward, sigmoid, sigmoidBackward, tanh, tanhBackward } from "./core.js";
import { range } from "./draw.js";

const same = (x) => x;
export const ACTIVATIONS = {
  ReLU: [relu, reluBackward], tanh: [tanh, tanhBackward], sigmoid: [sigmoid, sigmoidBackward], none: [same, same],
};

// a[0] is the input, z[l] the weighted sums of layer l and a[l + 1] its outputs; the last ones are the logits.
export function forward(params, activation, x) {
  const [f] = ACTIVATIONS[activation], layers = params.length / 2, z = [], a = [x];
  for (let l = 0; l < layers; l++) {
    z.push(linear(a[l], params[2 * l], params[2 * l + 1]));
    a.push(l < layers - 1 ? f(z[l]) : z[l]);
  }
  return { z, a };
}

// The same way back, from the gradient of the logits: `dz[l]` and `da[l]` for z[l] and a[l], and one for each parameter.
export function backward(params, activation, { z, a }, dlogits) {
  const [, fBackward] = ACTIVATIONS[activation], layers = params.length / 2, dz = [], da = [], grads = [];
  for (let l = layers - 1; l >= 0; l--) {
    dz[l] = l < layers - 1 ? fBackward(da[l + 1], z[l]) : dlogits;
    const { dx, dw, db } = linearBackward(dz[l], a[l], params[2 * l]);
    da[l] = dx;
    grads[2 * l] = dw;
    grads[2 * l + 1] = db;
  }
  return { dz, da, grads };
}

export const lossOf = ({ a }, labels) => crossEntropy(a.at(-1), labels);

export const lossBackward = crossEntropyBackward;

// The rules: each takes a parameter's numbers, its gradient and what it remembers, and returns what is subtracted, before
// the learning rate, and what it remembers now. `n` counts steps from 1.
const sgd = (mu, nesterov) => (g, memory) => {
  if (!mu) return { step: g, memory };
  const v = memory ? memory.v.map((value, k) => mu * value + g[k]) : g.slice();
  return { step: nesterov ? g.map((value, k) => value + mu * v[k]) : v, memory: { v } };
};

export const BETA1 = 0.9;
export const BETA2 = 0.999;
const EPS = 1e-8;
const adam = (g, memory, n) => {
  const m = g.map((value, k) => { const old = memory?.m[k] ?? 0; return old + (1 - BETA1) * (value - old); });
  const s = g.map((value, k) => BETA2 * (memory?.s[k] ?? 0) + (1 - BETA2) * value * value);
  const root = Math.sqrt(1 - BETA2 ** n);
  return { step: m.map((value, k) => value / (1 - BETA1 ** n) / (Math.sqrt(s[k]) / root + EPS)), memory: { m, s } };
};

export const RULES = {
  SGD: sgd(0), "momentum 0.5": sgd(0.5), "momentum 0.9": sgd(0.9), "momentum 0.99": sgd(0.99),
  "Nesterov 0.9": sgd(0.9, true), Adam: adam,
};

// Weight decay joins the gradient, the rule makes a step of it, and the step is subtracted. With `sign` −1 it is added.
export function update(params, grads, memory, { rule, lr, decay, sign = 1 }, n) {
  const next = params.map((p, i) => {
    const g = grads[i].data.map((value, k) => sign * value + decay * p.data[k]);
    const { step, memory: kept } = RULES[rule](g, memory[i], n);
    const moves = step.map((value) => -lr * value);
    return { p: tensor(p.shape, p.data.map((value, k) => value + moves[k])), kept, moves, g };
  });
  const all = (name) => next.map((one) => one[name]);
  return { params: all("p"), memory: all("kept"), moves: all("moves"), used: all("g") };
}

// The length of several lists of numbers, taken as one vector.
export const norm = (lists) =>
  Math.sqrt(lists.reduce((total, list) => total + list.reduce((sum, v) => sum + v * v, 0), 0));

// Nudge single numbers of the parameters up and down and see what the loss does: (L(p + ε) − L(p − ε)) / 2ε. `which` are
// their places, counted through all parameters.
export function nudged(params, activation, x, labels, which, eps = 1e-5) {
  const places = params.flatMap((p, i) => range(p.data.length).map((k) => [i, k]));
  return which.map((place) => {
    const [i, k] = places[place];
    const [up, down] = [eps, -eps].map((nudge) => {
      const moved = tensor(params[i].shape, params[i].data.slice());
      moved.data[k] += nudge;
      return lossOf(forward(params.with(i, moved), activation, x), labels);
    });
    return (up - down) / (2 * eps);
  });
}

// Rows of a list of points as a tensor.
export const rowsOf = (x, rows) => tensor([rows.length, 2], Float64Array.from(rows.flatMap((row) => x[row])));

// Every point of a square grid over the plane, from the top row down, as inputs.
export function lattice([left, right, bottom, top], side) {
  const at = (k, low, high) => low + ((k + 0.5) / side) * (high - low);
  return tensor([side * side, 2], Float64Array.from(range(side * side).flatMap((k) =>
    [at(k % side, left, right), at(Math.floor(k / side), top, bottom)])));
}
