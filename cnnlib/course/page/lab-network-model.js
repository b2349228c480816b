// A network in the page: a chain of layers as cnnlib prints it, run forward and back on the core's operations.
// A layer is { kind, … options, name, shape }; those with weights also get w and b, tensors.
import { avgPool2d, avgPool2dBackward, maxPool2d, maxPool2dBackward } from "./core.js";
import { conv2d, conv2dBackward, linear, linearBackward } from "./core.js";
import { relu, reluBackward, size, tanh, tanhBackward, tensor } from "./core.js";

// Each kind of layer: forward gives y (and where the largest were), backward dx from dy and what forward saw.
const KINDS = {
  conv: {
    forward: (x, layer) => ({ y: conv2d(x, layer.w, layer.b, layer) }),
    backward: (dy, { x, layer }) => conv2dBackward(dy, x, layer.w, layer).dx,
  },
  relu: { forward: (x) => ({ y: relu(x) }), backward: (dy, { x }) => reluBackward(dy, x) },
  tanh: { forward: (x) => ({ y: tanh(x) }), backward: (dy, { x }) => tanhBackward(dy, x) },
  maxpool: {
    forward: (x, layer) => maxPool2d(x, layer.kernel, layer),
    backward: (dy, { x, where }) => maxPool2dBackward(dy, x, where),
  },
  avgpool: {
    forward: (x, layer) => ({ y: avgPool2d(x, layer.kernel, layer) }),
    backward: (dy, { x, layer }) => avgPool2dBackward(dy, x, layer.kernel, layer),
  },
  flatten: {
    forward: (x) => ({ y: tensor([x.data.length], x.data) }),
    backward: (dy, { x }) => tensor(x.shape, dy.data),
  },
  linear: {
    forward: (x, layer) => ({ y: linear(x, layer.w, layer.b) }),
    backward: (dy, { x, layer }) => linearBackward(dy, x, layer.w).dx,
  },
};

// What every layer from `first` on makes of x: [{ layer, x, y, where }].
export function forward(layers, x, first = 0) {
  const steps = [];
  for (const layer of layers.slice(first)) {
    const step = { layer, x, ...KINDS[layer.kind].forward(x, layer) };
    steps.push(step);
    x = step.y;
  }
  return steps;
}

// The gradient of one score with respect to the input and to every layer's output: steps + 1 tensors.
export function gradients(steps, target) {
  const scores = steps.at(-1).y, dy = tensor(scores.shape);
  dy.data[target] = 1;
  const found = [dy];
  for (const step of [...steps].reverse()) found.unshift(KINDS[step.layer.kind].backward(found[0], step));
  return found;
}

// --- Weights ---------------------------------------------------------------------------------------------------------

// Layers with weights from one run of bytes: for each layer with a `shape`, w and then b.
export function unpack(layers, bytes, dtype) {
  const all = new (dtype === "float64" ? Float64Array : Float32Array)(bytes.buffer, bytes.byteOffset);
  let at = 0;
  const take = (shape) => tensor(shape, Float64Array.from(all.subarray(at, at += size(shape))));
  return layers.map((layer) => (layer.shape
    ? { ...layer, w: take(layer.shape), b: layer.bias ? take([layer.shape[0]]) : null } : layer));
}

// The same network before training, as PyTorch and cnnlib begin: uniform within ±1/√fan_in, always the same draw.
export function untrained(layers, seed = 1) {
  const next = uniform(seed);
  return layers.map((layer) => {
    if (!layer.shape) return layer;
    const bound = 1 / Math.sqrt(size(layer.shape.slice(1)));
    const drawn = (shape) => tensor(shape, tensor(shape).data.map(() => bound * (2 * next() - 1)));
    return { ...layer, w: drawn(layer.shape), b: layer.bias ? drawn([layer.shape[0]]) : null };
  });
}

// Numbers from 0 to 1, the same ones for a seed everywhere (mulberry32).
function uniform(seed) {
  return () => {
    seed = (seed + 0x6d2b79f5) | 0;
    let t = Math.imul(seed ^ (seed >>> 15), 1 | seed);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

// The network with some filters switched off: their weights and biases are 0. `off` holds [layer, filter].
export function damaged(layers, off) {
  return layers.map((layer, k) => {
    const filters = off.filter(([at]) => at === k).map(([, filter]) => filter);
    if (!filters.length) return layer;
    const without = ({ shape, data }) => {
      const step = data.length / shape[0];
      return tensor(shape, data.map((v, n) => (filters.includes(Math.floor(n / step)) ? 0 : v)));
    };
    return { ...layer, w: without(layer.w), b: layer.b && without(layer.b) };
  });
}
