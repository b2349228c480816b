// Chapter 10: a convolution forward and back, one window at a time; dx and dw accumulate.
import { grid, range, row, table } from "./draw.js";
import { outputs, taps } from "./windows.js";
import { number } from "./words.js";

const WEIGHTS = table(3, 3, (u, v) => [u, v]).flat();

export function numbers({ step, stride, rule, kernel: w }, { x, dy: upstream }) {
  const side = outputs(5, 3, { stride }), count = side * side;
  const dy = table(side, side, (i, j) => upstream[i][j]);
  const y = table(side, side, (i, j) => taps([i, j], [3, 3], { stride })
    .reduce((sum, { u, v, p, q }) => sum + w[u][v] * x[p][q], 0));
  step = Math.min(step, 2 * count - 1);
  const windows = Math.max(step + 1 - count, 0);
  const gradients = accumulate(rule, windows, { x, w, dy, stride }), right = accumulate("+=", windows, { x, w, dy, stride });
  const wrong = ["dx", "dw"].map((name) =>
    gradients[name].flat().filter((value, k) => value !== right[name].flat()[k]).length);
  return { step, y, dy, ...gradients, wrong };
}

// At another stride the pass goes on, at the same window or at the last.
export function follow(before, { stride }) {
  const [was, now] = [before.stride, stride].map((s) => outputs(5, 3, { stride: s }) ** 2);
  return was === now ? {} : { step: Math.min(before.step % was, now - 1) + (before.step >= was ? now : 0) };
}

function accumulate(rule, windows, { x, w, dy, stride }) {
  const dx = table(5, 5, () => 0);
  let dw = table(3, 3, () => 0);
  for (const k of range(windows)) {
    const i = Math.floor(k / dy.length), j = k % dy.length;
    if (rule === "=") dw = table(3, 3, () => 0);
    for (const { u, v, p, q } of taps([i, j], [3, 3], { stride })) {
      dx[p][q] = (rule === "=" ? 0 : dx[p][q]) + dy[i][j] * w[u][v];
      dw[u][v] += dy[i][j] * x[p][q];
    }
  }
  return { dx, dw };
}

export function draw({ step, stride, rule, kernel, y, dy, dx, dw, wrong }, { x }) {
  const side = y.length, count = side * side, back = step >= count, k = step % count, i = Math.floor(k / side), j = k % side;
  const window = taps([i, j], [3, 3], { stride }).map(({ p, q }) => [p, q]);
  const third = { pale: (n) => n > k, set: (n) => `step:${n + (back ? count : 0)}` };
  const place = `window ${k + 1} of ${count}`;
  return {
    html: row(
      cells("input x", x, window), cells("kernel w", kernel, WEIGHTS),
      back ? cells("upstream dy", dy, [[i, j]], third) : cells("output y", y, [[i, j]], third),
      cells("dx so far", dx, back ? window : []), cells("dw so far", dw, back ? WEIGHTS : [])),
    caption: back ? `Backward, ${place}, where dy = ${backward(rule, number(dy[i][j]), dx, wrong)}`
      : `Forward, ${place}: the nine products add up to ${number(y[i][j])}, the output at row ${i}, ` +
        `column ${j}. No gradient yet: the rule counts from step ${count + 1} on.`,
    limits: { step: 2 * count - 1 },
    off: back ? [] : ["rule"],  // no gradient yet, no rule for it
  };
}

function cells(head, values, framed, more = {}) {
  return grid(head, `${head}: ${values.length} by ${values[0].length} numbers, ${framed.length} of them outlined`, values,
    { framed, ...more });
}

function backward(rule, g, dx, wrong) {
  return `${g}: dx ${rule} ${g} × w inside the outline, and dw ${rule} ${g} × the outlined part of x. ` + (rule === "="
    ? `Terms were overwritten: ${wrong[0]} of 25 numbers of dx and ${wrong[1]} of 9 of dw are wrong by now.`
    : `The middle pixel has dx = ${number(dx[2][2])} by now.`);
}
