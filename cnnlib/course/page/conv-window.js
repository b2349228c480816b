// Chapter 9: slide a 3×3 window over a small image and see every multiplication.
import { grid, largest, LINE, panel, row, table, text, tint } from "./draw.js";
import { outputs, taps } from "./windows.js";
import { number } from "./words.js";

export function numbers({ image, kernel, padding, stride, dilation, step }, { images }) {
  const small = images[image], size = small.length + 2 * padding;
  const x = table(size, size, (i, j) => small[i - padding]?.[j - padding] ?? 0);
  const side = outputs(small.length, 3, { stride, padding, dilation });
  const products = (i, j) => table(3, 3, (u, v) => kernel[u][v] * x[i * stride + u * dilation][j * stride + v * dilation]);
  const y = table(side, side, (i, j) => products(i, j).flat().reduce((sum, product) => sum + product));
  step = Math.min(step, side * side - 1);
  return { x, y, step, products: products(Math.floor(step / side), step % side) };
}

export function draw({ x, y, products, kernel, step, padding, stride, dilation }) {
  const side = y.length, i = Math.floor(step / side), j = step % side, total = number(y[i][j]);
  const window = taps([i, j], [3, 3], { stride, dilation }).map(({ p, q }) => [p, q]);  // places in the padded input
  return {
    html: row(input(x, window, padding, dilation), multiplied(x, kernel.flat(), products.flat(), window, total), output(y, step)),
    caption: `Window ${step + 1} of ${side * side}: the nine products add up to ${total}, the output at row ${i}, ` +
      `column ${j}. Rows of the output: ⌊(6 + 2·${padding} − ${dilation}·(3 − 1) − 1) / ${stride}⌋ + 1 = ${side}, ` +
      "and as many columns.",
    limits: { step: side * side - 1 },
  };
}

function input(x, window, padding, dilation) {
  const size = x.length, head = padding ? `input, padded by ${padding}` : "input";
  const inside = (p) => padding <= p && p < size - padding;
  return grid(head, `${head}: ${size} by ${size} numbers, nine of them under the window, ${dilation} apart`, x, {
    wide: 32, framed: window, dashed: ' stroke-dasharray="2 3"',
    pale: (k) => !inside(Math.floor(k / size)) || !inside(k % size),
  });
}

function multiplied(x, weights, products, window, total) {
  const most = largest(products);
  const cells = window.map(([i, j], k) => {
    const left = 76 * (k % 3), top = 46 * Math.floor(k / 3);
    return `<rect x="${left}" y="${top}" width="76" height="46" ${tint(products[k], most)} stroke="${LINE}"/>` +
      text(left + 38, top + 18, 13, `${number(x[i][j])} × ${number(weights[k])}`) +
      text(left + 38, top + 37, 14, number(products[k]), ' font-weight="700"');
  });
  cells.push(text(114, 162, 15, `sum = ${total}`, ' font-weight="700"'));
  const label = `nine products of an input and a weight, which add up to ${total}`;
  return panel("input × weight", 228, 170, label, cells.join(""));
}

function output(y, step) {
  const side = y.length;
  return grid("output", `output: ${side} by ${side} numbers`, y, {
    framed: [[Math.floor(step / side), step % side]], pale: (k) => k > step, set: (k) => `step:${k}`,
  });
}
