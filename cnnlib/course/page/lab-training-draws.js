// The training laboratory's chance: a generator so small that cnnlib/course/plane.py has it too, and what it draws there
// is what it draws here. From it come points, first weights and the order of the batches.
import { tensor } from "./core.js";
import { range } from "./draw.js";

// Streams that must not repeat one another begin with a number of their own.
export const POINTS = 1;
export const START = 2;
export const ORDER = 3;
export const LABELS = 4;
export const QUIZ = 5;
export const HELD = 6;
export const NUDGE = 7;

// mulberry32: whole numbers below 2³², divided by 2³². `keys` are small whole numbers that name the stream.
export function draws(...keys) {
  let state = keys.reduce((mixed, key) => (Math.imul(mixed ^ key, 0x9e3779b1) + 0x7f4a7c15) >>> 0, 1);
  const uniform = () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
  // Twelve uniform numbers minus 6: mean 0, variance 1, and no logarithm that two machines could round differently.
  const normal = () => range(12).reduce((sum) => sum + uniform(), -6);
  return { uniform, normal };
}

// The numbers from 0 to n − 1, shuffled (Fisher and Yates).
export function permutation(random, n) {
  const order = range(n);
  for (let i = n - 1; i > 0; i--) {
    const j = Math.floor(random.uniform() * (i + 1));
    [order[i], order[j]] = [order[j], order[i]];
  }
  return order;
}

// Where class k has its t-th share of points, before the noise; `random` is for those that are scattered.
const SHAPES = {
  moons: (k, t) => k ? [0.5 - Math.cos(Math.PI * t), 0.25 - Math.sin(Math.PI * t)]
    : [Math.cos(Math.PI * t) - 0.5, Math.sin(Math.PI * t) - 0.25],
  circles: (k, t) => [(k ? 0.5 : 1.1) * Math.cos(2 * Math.PI * t), (k ? 0.5 : 1.1) * Math.sin(2 * Math.PI * t)],
  spirals: (k, t) => {
    const angle = 1.5 * 2 * Math.PI * Math.sqrt(t) + k * Math.PI, radius = 1.25 * Math.sqrt(t);
    return [radius * Math.cos(angle), radius * Math.sin(angle)];
  },
  blobs: (k) => k ? [0.6, 0.6] : [-0.6, -0.6],
  xor: (k, t, random) => {
    const [x, y] = [0.15 + random.uniform(), 0.15 + random.uniform()], side = t < 0.5 ? 1 : -1;
    return [side * x, (k ? 1 : -1) * side * y];
  },
};
export const KINDS = Object.keys(SHAPES);
const NOISE = { moons: 1, circles: 1, spirals: 0.4, blobs: 3, xor: 0.5 };

// `count` points of both classes in turn, [x, y] and labels. Rounded to thousandths, so that both languages have the same.
export function points(kind, sample, noise, count) {
  const random = draws(POINTS, KINDS.indexOf(kind), sample), x = [], labels = [];
  for (let n = 0; n < count; n++) {
    const k = n % 2, at = SHAPES[kind](k, random.uniform(), random);
    x.push(at.map((v) => Math.round(1000 * (v + NOISE[kind] * noise * random.normal())) / 1000));
    labels.push(k);
  }
  return { x, labels };
}

// First weights as PyTorch's Linear has them: weight, then bias, between ±1/√inputs.
export function startWeights(sizes, seed) {
  const random = draws(START, seed);
  return range(sizes.length - 1).flatMap((l) => {
    const [inputs, outputs] = [sizes[l], sizes[l + 1]], most = 1 / Math.sqrt(inputs);
    return [[outputs, inputs], [outputs]].map((shape) => {
      const p = tensor(shape);
      for (let k = 0; k < p.data.length; k++) p.data[k] = most * (2 * random.uniform() - 1);
      return p;
    });
  });
}

// The rows of step t: every epoch goes through all points once, in an order of its own.
export function batchRows(seed, t, n, batch, stream = ORDER) {
  const steps = Math.ceil(n / batch), epoch = Math.floor(t / steps), first = (t % steps) * batch;
  return permutation(draws(stream, seed, epoch), n).slice(first, first + batch);
}
