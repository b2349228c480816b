// The arithmetic of the laboratories, in double precision: each operation, and right below it its way back.
// A tensor is { shape, data }, row after row in one Float64Array. Images are (channels, rows, columns), one at a time;
// what is linear takes one row of numbers or several. Lines are short: "How the laboratories compute" shows them.

export const size = (shape) => shape.reduce((a, b) => a * b, 1);
export const tensor = (shape, data = new Float64Array(size(shape))) => ({ shape, data });

// Nested lists as a tensor, and back.
export function fromLists(lists) {
  const shape = [];
  for (let part = lists; Array.isArray(part); part = part[0]) shape.push(part.length);
  return tensor(shape, Float64Array.from(lists.flat(Infinity)));
}

export function toLists({ shape, data }) {
  if (shape.length < 2) return [...data];
  const [count, ...rest] = shape, step = size(rest);
  return Array.from({ length: count }, (_, k) => toLists(tensor(rest, data.subarray(k * step, (k + 1) * step))));
}

const pair = (value) => (Array.isArray(value) ? value : [value, value]);

// How many windows fit along one side.
export const places = (length, kernel, stride = 1, padding = 0, dilation = 1) =>
  Math.floor((length + 2 * padding - dilation * (kernel - 1) - 1) / stride) + 1;

// --- Convolution -----------------------------------------------------------------------------------------------------

// y[o, i, j] = b[o] + Σ w[o, c, u, v] · x[c, row, column], where
// row = stride i + dilation u − padding, and the column likewise.
export function conv2d(x, w, b, options = {}) {
  const [O] = w.shape, y = tensor([O, ...outputSize(x, w, options)]);
  const map = y.data.length / O;
  for (let o = 0; b && o < O; o++) {
    y.data.fill(b.data[o], o * map, (o + 1) * map);
  }
  products(x, w, options, (tap, out, from, step, count) => {
    const weight = w.data[tap];
    for (let k = 0; k < count; k++) {
      y.data[out + k] += weight * x.data[from + k * step];
    }
  });
  return y;
}

// Each product has two factors; each factor gets dy times the
// other one, and adds up what arrives.
export function conv2dBackward(dy, x, w, options = {}) {
  const [O] = w.shape, map = dy.data.length / O;
  const dx = tensor(x.shape), dw = tensor(w.shape), db = tensor([O]);
  products(x, w, options, (tap, out, from, step, count) => {
    const weight = w.data[tap];
    let sum = 0;
    for (let k = 0; k < count; k++) {
      const d = dy.data[out + k], at = from + k * step;
      dx.data[at] += d * weight;
      sum += d * x.data[at];
    }
    dw.data[tap] += sum;
  });
  dy.data.forEach((d, out) => { db.data[Math.floor(out / map)] += d; });
  return { dx, dw, db };
}

// Visit every product of a convolution, a row of them at a time: the
// weight at `tap` times `count` inputs, `step` apart from `from` on,
// for the outputs from `out` on. Padding is left out: it is 0.
function products(x, w, options, visit) {
  const [O, C, K, L] = w.shape, [, H, W] = x.shape;
  const { stride = 1, padding = 0, dilation = 1 } = options;
  const [[s, t], [p, q], [d, e]] = [stride, padding, dilation].map(pair);
  const [rows, columns] = outputSize(x, w, options);
  for (let tap = 0; tap < w.data.length; tap++) {
    const v = tap % L, u = Math.floor(tap / L) % K;
    const c = Math.floor(tap / (K * L)) % C;
    const o = Math.floor(tap / (C * K * L));
    // The first window's column, and the windows whose column exists.
    const left = v * e - q, first = Math.max(Math.ceil(-left / t), 0);
    const last = Math.min(Math.floor((W - 1 - left) / t), columns - 1);
    for (let i = 0; i < rows && first <= last; i++) {
      const row = i * s + u * d - p;
      if (row < 0 || row >= H) continue;
      const out = (o * rows + i) * columns + first;
      const from = (c * H + row) * W + first * t + left;
      visit(tap, out, from, t, last - first + 1);
    }
  }
}

function outputSize(x, w, { stride = 1, padding = 0, dilation = 1 }) {
  const [s, p, d] = [stride, padding, dilation].map(pair);
  return [0, 1].map((axis) => places(
    x.shape[axis + 1], w.shape[axis + 2], s[axis], p[axis], d[axis]));
}

// --- Pooling ---------------------------------------------------------------------------------------------------------

// The largest number of each window, and where it was: the first of
// equals, row by row. Padding never wins.
export function maxPool2d(x, kernel, options = {}) {
  const { y, windows } = pooled(x, kernel, options);
  const where = new Int32Array(y.data.length).fill(-1);
  windows((out, from) => {
    if (where[out] < 0 || x.data[from] > x.data[where[out]]) {
      where[out] = from;
    }
  });
  where.forEach((from, out) => { y.data[out] = x.data[from]; });
  return { y, where };
}

// The whole gradient of a window goes to its largest number.
export function maxPool2dBackward(dy, x, where) {
  const dx = tensor(x.shape);
  dy.data.forEach((d, out) => { dx.data[where[out]] += d; });
  return dx;
}

// The mean of each window; zeros of the padding count.
export function avgPool2d(x, kernel, options = {}) {
  const { y, windows, area } = pooled(x, kernel, options);
  windows((out, from) => { y.data[out] += x.data[from] / area; });
  return y;
}

// Each of the numbers of a window gets an equal share.
export function avgPool2dBackward(dy, x, kernel, options = {}) {
  const dx = tensor(x.shape);
  const { windows, area } = pooled(x, kernel, options);
  windows((out, from) => { dx.data[from] += dy.data[out] / area; });
  return dx;
}

// An empty output, and a visit to every number under every window.
function pooled(x, kernel, { stride = null, padding = 0 }) {
  const [C, H, W] = x.shape, [K, L] = pair(kernel);
  const [s, t] = pair(stride ?? kernel), [p, q] = pair(padding);
  const rows = places(H, K, s, p), columns = places(W, L, t, q);
  const y = tensor([C, rows, columns]);
  const windows = (visit) => y.data.forEach((_, out) => {
    const c = Math.floor(out / (rows * columns));
    const top = (Math.floor(out / columns) % rows) * s - p;
    const left = (out % columns) * t - q;
    const bottom = Math.min(top + K, H), right = Math.min(left + L, W);
    for (let i = Math.max(top, 0); i < bottom; i++) {
      for (let j = Math.max(left, 0); j < right; j++) {
        visit(out, (c * H + i) * W + j);
      }
    }
  });
  return { y, windows, area: K * L };
}

// --- Linear ----------------------------------------------------------------------------------------------------------

// y[n, o] = b[o] + Σ w[o, i] · x[n, i]
export function linear(x, w, b) {
  const [O, I] = w.shape, N = x.data.length / I;
  const y = tensor([...x.shape.slice(0, -1), O]);
  for (let n = 0; n < N; n++) for (let o = 0; o < O; o++) {
    let sum = b ? b.data[o] : 0;
    for (let i = 0; i < I; i++) {
      sum += w.data[o * I + i] * x.data[n * I + i];
    }
    y.data[n * O + o] = sum;
  }
  return y;
}

export function linearBackward(dy, x, w) {
  const [O, I] = w.shape, N = x.data.length / I;
  const dx = tensor(x.shape), dw = tensor(w.shape), db = tensor([O]);
  for (let n = 0; n < N; n++) for (let o = 0; o < O; o++) {
    const d = dy.data[n * O + o];
    db.data[o] += d;
    for (let i = 0; i < I; i++) {
      dx.data[n * I + i] += d * w.data[o * I + i];
      dw.data[o * I + i] += d * x.data[n * I + i];
    }
  }
  return { dx, dw, db };
}

// --- Activations -----------------------------------------------------------------------------------------------------

export const relu = (x) => tensor(x.shape, x.data.map(
  (v) => Math.max(v, 0)));
export const reluBackward = (dy, x) => tensor(x.shape, dy.data.map(
  (d, k) => (x.data[k] > 0 ? d : 0)));

export const tanh = (x) => tensor(x.shape, x.data.map(Math.tanh));
export const tanhBackward = (dy, x) => tensor(x.shape, dy.data.map(
  (d, k) => d * (1 - Math.tanh(x.data[k]) ** 2)));

export const sigmoid = (x) => tensor(x.shape, x.data.map(
  (v) => 1 / (1 + Math.exp(-v))));
export const sigmoidBackward = (dy, x) => {
  const y = sigmoid(x).data;
  return tensor(x.shape, dy.data.map((d, k) => d * y[k] * (1 - y[k])));
};

// --- Loss ------------------------------------------------------------------------------------------------------------

// Each row as probabilities. The largest is taken off first, so that
// no exponential overflows.
export function softmax(x) {
  const y = tensor(x.shape), K = x.shape.at(-1);
  for (let at = 0; at < x.data.length; at += K) {
    const row = x.data.subarray(at, at + K), most = largestOf(row);
    const powers = row.map((v) => Math.exp(v - most));
    const sum = powers.reduce((a, b) => a + b);
    y.data.set(powers.map((v) => v / sum), at);
  }
  return y;
}

const largestOf = (row) => row.reduce((a, b) => Math.max(a, b));

// The mean of −log(the probability of the right class) over the rows;
// `targets` has a class for each.
export function crossEntropy(x, targets) {
  const K = x.shape.at(-1);
  const losses = targets.map((target, n) => {
    const row = x.data.subarray(n * K, (n + 1) * K), most = largestOf(row);
    const sum = row.reduce((total, v) => total + Math.exp(v - most), 0);
    return most + Math.log(sum) - row[target];
  });
  return losses.reduce((a, b) => a + b) / targets.length;
}

// The probabilities, minus 1 at the right class, over the number of rows.
export function crossEntropyBackward(x, targets) {
  const dx = softmax(x), K = x.shape.at(-1), N = targets.length;
  targets.forEach((target, n) => { dx.data[n * K + target] -= 1; });
  return tensor(dx.shape, dx.data.map((d) => d / N));
}
